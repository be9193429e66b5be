"""SQLite's one writer: whoever waits for it asks again after the same pause as everybody else.

SQLite by itself asks ever more seldom, up to a tenth of a second, so that whoever has just come is before those who
have waited long: of 32 who write at once, one waited for five seconds.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from django.db import OperationalError, connections, transaction

from .busy import is_busy

# As long as a dozen short writes. Asking five times as often takes most of the time from the one who writes.
_PAUSE_SECONDS: Final = 0.02


@contextmanager
def transaction_in_turn(using: str) -> Iterator[None]:
    """Run the block in a transaction that it does not share; on SQLite wait for its beginning as others do.

    Raises OperationalError as Django does, after the `timeout` of the database's OPTIONS.
    """
    connection = connections[using]
    with ExitStack() as stack:
        if connection.vendor == "sqlite":
            _begin(stack, connection)
        else:
            stack.enter_context(transaction.atomic(using=using))
        yield


def _begin(stack: ExitStack, connection: Any) -> None:
    connection.ensure_connection()
    raw = connection.connection
    # Of this connection, whoever has set it.
    [patience] = raw.execute("PRAGMA busy_timeout").fetchone()
    deadline = time.monotonic() + patience / 1000
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                stack.enter_context(transaction.atomic(using=connection.alias))
            except OperationalError as error:
                if not is_busy(error) or time.monotonic() >= deadline:
                    raise
            else:
                return
            time.sleep(random.uniform(0.5, 1.5) * _PAUSE_SECONDS)  # nosec B311  # noqa: S311 - no secret
    finally:
        # Reading at the same time may hold a commit up, for which SQLite waits as ever.
        raw.execute(f"PRAGMA busy_timeout = {patience}")
