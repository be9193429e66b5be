"""Faults, put where a connection meets its database: at a statement, or at a COMMIT."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection

# What no retry is made for: whoever asked does not know what has become of it.
GONE = "server closed the connection unexpectedly"
# By which an action knows that others were in the way; SQLite's, which is known on every database.
BUSY = "database is locked"


@dataclass
class Fault:
    """What is to happen at a place, counted from 1; `met` places were come by, and it has `happened` or not yet."""

    number: int
    met: int = 0
    happened: bool = False

    def is_here(self) -> bool:
        """Count a place; say whether this is the one."""
        self.met += 1
        if self.met != self.number:
            return False
        self.happened = True
        return True


Injector = Callable[..., Any]


@contextmanager
def statement_refused(number: int, text: str = GONE) -> Iterator[Fault]:
    """The statement does not reach the database."""

    def refuse(execute: Any, *arguments: Any) -> Any:
        if fault.is_here():
            raise OperationalError(text)
        return execute(*arguments)

    fault = Fault(number)
    with connection.execute_wrapper(refuse):
        yield fault


@contextmanager
def answer_lost(number: int) -> Iterator[Fault]:
    """The database carries the statement out, and nobody hears of it."""

    def lose(execute: Any, sql: str, *arguments: Any) -> Any:
        answer = execute(sql, *arguments)
        # SQLite alone begins by a statement, within the process: nothing is lost on the way.
        if not sql.startswith("BEGIN") and fault.is_here():
            raise OperationalError(GONE)
        return answer

    fault = Fault(number)
    with connection.execute_wrapper(lose):
        yield fault


@contextmanager
def connection_broken(number: int) -> Iterator[Fault]:
    """The connection ends before the statement, and everything after it fails, the ROLLBACK too."""

    def break_off(execute: Any, *arguments: Any) -> Any:
        if fault.is_here():
            connection.connection.close()
        return execute(*arguments)

    fault = Fault(number)
    try:
        with connection.execute_wrapper(break_off):
            yield fault
    finally:
        if fault.happened:
            # As Django does between two requests with a connection that had errors.
            connection.close()


@contextmanager
def commit_refused(number: int, text: str = GONE) -> Iterator[Fault]:
    """COMMIT does not reach the database."""

    def refuse() -> None:
        if fault.is_here():
            raise OperationalError(text)
        commit()

    fault, commit = Fault(number), connection._commit
    connection._commit = refuse
    try:
        yield fault
    finally:
        del connection._commit


@contextmanager
def commit_unheard(number: int) -> Iterator[Fault]:
    """The database commits, and nobody hears of it."""

    def lose() -> None:
        commit()
        if fault.is_here():
            raise OperationalError(GONE)

    fault, commit = Fault(number), connection._commit
    connection._commit = lose
    try:
        yield fault
    finally:
        del connection._commit
