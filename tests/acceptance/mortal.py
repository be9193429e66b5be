"""The example project's WSGI application, whose process dies where the request says: `X-Die: before 3`.

Killed as by the kernel, so that nothing is tidied up: `before` or `after` the so manieth statement of the request, or
`commit`, which is told apart because no statement of a cursor's makes it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from example.wsgi import application as example


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer, or die."""
    when, _, place = environ.get("HTTP_X_DIE", "").partition(" ")
    if not place:
        return example(environ, start_response)
    with _dying_at_commit(when) if place == "commit" else connection.execute_wrapper(_Death(when, int(place))):
        return example(environ, start_response)


class _Death:
    """Counts the statements of a request."""

    def __init__(self, when: str, number: int) -> None:
        self.when, self.left = when, number

    def __call__(self, execute: Any, *arguments: Any) -> Any:
        self.left -= 1
        if self.left == 0 and self.when == "before":
            _die()
        answer = execute(*arguments)
        if self.left == 0:
            _die()
        return answer


@contextmanager
def _dying_at_commit(when: str) -> Iterator[None]:
    commit = connection._commit

    def die() -> None:
        if when == "after":
            commit()
        _die()

    connection._commit = die
    try:
        yield
    finally:
        del connection._commit


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
