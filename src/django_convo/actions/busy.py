"""What a database says when others are in the way."""

from __future__ import annotations

from typing import Final

from django.db import OperationalError

# PostgreSQL: serialization failure, deadlock, lock timeout. MariaDB: deadlock, lock wait timeout, and (from 11.6 on)
# a row that changed since the snapshot.
_BUSY_STATES: Final = {"40001", "40P01", "55P03"}
_BUSY_ERRORS: Final = {1213, 1205, 1020}
_BUSY_TEXTS: Final = ("database is locked", "database table is locked")
# MariaDB: too many connections, in all and of this user. PostgreSQL's have a text alone where nobody is connected yet.
_FULL_ERRORS: Final = {1040, 1203, 1226}
_FULL_TEXTS: Final = ("too many clients already", "remaining connection slots", "too many connections for")


def is_busy(error: OperationalError) -> bool:
    """Say whether the database refused only because of other writers, so that trying again may succeed."""
    cause = error.__cause__
    if getattr(cause, "sqlstate", None) in _BUSY_STATES:
        return True
    number = error.args[0] if error.args else None
    return number in _BUSY_ERRORS or any(text in str(error) for text in _BUSY_TEXTS)


def is_crowded_out(error: OperationalError) -> bool:
    """Say whether no connection was to be had, so that nothing was asked of the database: pool or server were full."""
    cause = error.__cause__
    if type(cause).__module__.partition(".")[0] == "psycopg_pool":
        return True
    number = error.args[0] if error.args else None
    return number in _FULL_ERRORS or any(text in str(error) for text in _FULL_TEXTS)
