"""SQLite's one writer: who waits for it, how, and for how long."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection

from django_convo import actions
from django_convo.actions import base, turns
from django_convo.exceptions import TryAgain
from tests.people import bodies_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "sqlite", reason="Other databases let many write."),
]


@pytest.fixture
def other(group: Any) -> Iterator[sqlite3.Connection]:
    """Another process's connection, as far as SQLite knows, which writes."""
    with closing(sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)) as opened:
        opened.execute("BEGIN IMMEDIATE")
        yield opened


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Every pause between two questions; nobody sleeps."""
    found: list[float] = []
    monkeypatch.setattr(turns.time, "sleep", found.append)
    return found


def busy_timeout() -> int:
    [milliseconds] = connection.connection.execute("PRAGMA busy_timeout").fetchone()
    return int(milliseconds)


def test_pauses_do_not_grow(
    ada: Any, group: Any, other: sqlite3.Connection, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 50:
            other.execute("COMMIT")

    monkeypatch.setattr(turns.time, "sleep", sleep)
    actions.send_message(actor=ada, conversation=group, body="at last")

    assert bodies_of(group) == ["at last"]
    assert len(pauses) == 50
    assert max(pauses) < 0.04


def test_a_commit_waits_for_readers_as_ever(ada: Any, group: Any) -> None:
    connection.ensure_connection()
    before = busy_timeout()
    actions.send_message(actor=ada, conversation=group, body="hello")

    assert busy_timeout() == before > 0


def test_who_waits_too_long_is_to_try_again(
    ada: Any, group: Any, other: sqlite3.Connection, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection.ensure_connection()
    before = busy_timeout()
    now = iter(range(10**6))
    # A second goes by with each look at the clock.
    monkeypatch.setattr(turns.time, "monotonic", lambda: float(next(now)))
    with pytest.raises(TryAgain):
        actions.send_message(actor=ada, conversation=group, body="never")

    assert base.ATTEMPTS <= len(pauses) <= base.ATTEMPTS * (before / 1000 + 1)
    assert busy_timeout() == before
    other.execute("ROLLBACK")
    assert bodies_of(group) == []


def test_what_is_not_about_turns_is_raised(ada: Any, group: Any, pauses: list[float]) -> None:
    connection.ensure_connection()
    before = busy_timeout()
    connection.connection.execute("PRAGMA query_only = ON")
    try:
        with pytest.raises(Exception, match="readonly"):
            actions.send_message(actor=ada, conversation=group, body="never")
    finally:
        connection.connection.execute("PRAGMA query_only = OFF")

    assert (pauses, busy_timeout()) == ([], before)
