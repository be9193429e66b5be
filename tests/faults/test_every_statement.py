"""Every action, stopped at each of its statements in turn, leaves nothing; called again, it is whole.

And after a commit that nobody heard of, all of it is there. An action that is not in the table fails the first test.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cache, partial
from itertools import count
from typing import Any

import pytest
from django.core.files.storage import storages
from django.db import Error, connection, transaction
from django.utils import timezone

from django_convo import actions, events
from django_convo.actions import maintenance
from django_convo.exceptions import NotFound
from django_convo.models import Event, ScheduledMessage
from django_convo.policy import capabilities
from django_convo.testing import recorded_events
from tests.faults import deeds
from tests.faults.deeds import DEEDS, MAINTENANCE, Deed, World, action_of
from tests.faults.injected import (
    BUSY,
    Fault,
    Injector,
    answer_lost,
    commit_refused,
    commit_unheard,
    connection_broken,
    statement_refused,
)
from tests.faults.rows import FILES, Shape, assert_whole, shape_of, stored
from tests.people import make_user

pytestmark = [pytest.mark.exhaustive, pytest.mark.django_db(transaction=True)]

# What differs from database to database is how a transaction is ended, and the send in one statement; the rest of the
# table is asked on SQLite, and everywhere with CONVO_EVERY_FAULT.
EVERYWHERE = {
    "create_attachment",
    "create_conversation",
    "delete_user",
    "forward_message",
    "mark_read",
    "send_due_message",
    "send_message",
    "send_message words",
}
ALL = {
    name: prepare
    for name, prepare in (DEEDS | MAINTENANCE).items()
    if connection.vendor == "sqlite" or name in EVERYWHERE or "CONVO_EVERY_FAULT" in os.environ
}
WHOLE = sorted(name for name in ALL if action_of(name) not in deeds.IN_STEPS)
IN_STEPS = sorted(name for name in ALL if action_of(name) in deeds.IN_STEPS)
# Beyond any statement: with this, nothing happens, and what is met is counted.
NEVER = 10**9
# Of those that go in many steps, at how many places they are stopped.
PLACES = 12


@pytest.fixture(autouse=True)
def _powers(settings: Any) -> None:
    settings.CONVO_ROLES = {"admin": [capabilities.VIEW_ANY]}


@pytest.fixture(autouse=True)
def _storage(settings: Any) -> None:
    """Begin with an empty storage, whatever other tests have left in theirs."""
    settings.STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
    assert storages["default"].listdir("") == ([], [])


@contextmanager
def heard() -> Iterator[list[Any]]:
    """Give a list of all that whoever delivers, and the host's subscribers, are told."""

    def receive(hint: Any, **kwargs: Any) -> None:
        told.append(hint)

    with recorded_events() as recorded:
        told: list[Any] = recorded  # type: ignore[assignment]
        events.hinted.connect(receive)
        try:
            yield told
        finally:
            events.hinted.disconnect(receive)


def attempt(deed: Deed, inject: Callable[[], Any]) -> tuple[Fault, list[Any], Error | None]:
    """Carry the deed out under a fault; returns that, who was told of what, and what was raised."""
    raised: Error | None = None
    with heard() as told, inject() as fault:
        try:
            deed()
        except Error as error:
            raised = error
    return fault, told, raised


@cache
def undisturbed(name: str) -> tuple[Shape, int, int]:
    """Return what the action changes where nothing is in its way, and how many statements and commits it takes."""
    deed = ALL[name](World())
    before = stored()
    with statement_refused(NEVER) as statements, commit_refused(NEVER) as commits:
        deed()
    return shape_of(before, stored()), statements.met, commits.met


def assert_told_what_is_there(told: list[Any]) -> None:
    there = set(Event.objects.values_list("pk", flat=True))
    assert {item.pk for item in told if isinstance(item, Event)} <= there


def test_every_action_is_in_the_table() -> None:
    assert {action_of(name) for name in DEEDS} == set(actions.__all__) - deeds.READS
    assert set(MAINTENANCE) == set(maintenance.__all__) - deeds.MAINTENANCE_READS


@pytest.mark.parametrize("name", WHOLE)
def test_fault_leaves_nothing_and_a_retry_completes(name: str) -> None:
    whole, _, commits = undisturbed(name)
    assert bool(whole) == (action_of(name) not in deeds.WRITES_NO_ROW)
    _stop_everywhere(name, statement_refused, whole)
    # Within a transaction that is rolled back, an answer that is lost is the next statement that is refused.
    _stop_everywhere(name, commit_refused if commits else answer_lost, whole)


@pytest.mark.skipif(
    connection.vendor != "postgresql",
    reason="a file of the process's own does not break off; MySQLdb takes what it closed itself for a mistake of ours",
)
@pytest.mark.parametrize("name", ["create_attachment", "forward_message", "send_message", "send_message words"])
def test_connection_that_breaks_leaves_nothing_and_a_retry_completes(name: str) -> None:
    _stop_everywhere(name, connection_broken, undisturbed(name)[0])


def _stop_everywhere(name: str, inject: Injector, whole: Shape) -> None:
    """Stop the action at the first place, at the second, and so on; where there is none left, it completes."""
    deed = ALL[name](World())
    before = stored()
    for number in count(1):
        fault, told, raised = attempt(deed, partial(inject, number))
        shape = shape_of(before, stored())
        if not fault.happened:
            break
        where = (inject.__name__, number)
        assert raised is not None, where
        assert told == [], where
        if shape and inject is answer_lost:
            # It has committed by itself.
            assert (shape, name) == (whole, "send_message words")
            deed()
            shape = shape_of(before, stored())
            break
        assert shape == {}, where
    assert shape == whole, inject.__name__
    assert_told_what_is_there(told)
    assert_whole()


@pytest.mark.parametrize("name", WHOLE)
def test_commit_that_nobody_heard_of_leaves_all(name: str) -> None:
    whole, _, commits = undisturbed(name)
    deed = ALL[name](World())
    before = stored()
    shape: Shape = {}
    for number in range(1, commits + 1):
        fault, told, raised = attempt(deed, partial(commit_unheard, number))
        assert fault.happened, number
        assert raised is not None, number
        assert told == [], number
        shape = shape_of(before, stored())
        if shape:
            break
    # Files that nothing names any more stay behind: whoever would remove them has not heard that they may.
    assert _without_removed_files(shape) == (_without_removed_files(whole) if commits else {})
    assert_whole()


@pytest.mark.parametrize("name", sorted(name for name in ALL if action_of(name) in deeds.REPEATABLE))
def test_retry_with_the_same_client_id_makes_one(name: str) -> None:
    whole, _, commits = undisturbed(name)
    deed = ALL[name](World())
    before = stored()
    attempt(deed, partial(commit_unheard if commits else answer_lost, commits or 1))
    for _again in range(2):
        assert shape_of(before, stored()) == whole
        deed()
    assert shape_of(before, stored()) == whole
    assert_whole()


@pytest.mark.parametrize("name", WHOLE)
def test_fault_within_the_callers_transaction_leaves_what_is_the_callers(name: str) -> None:
    _, statements, _ = undisturbed(name)
    deed = ALL[name](World())
    before = stored()
    with heard() as told, transaction.atomic():
        host_row = make_user("host")
        fault, _, raised = attempt(deed, partial(statement_refused, statements))
    assert fault.happened
    assert raised is not None
    assert shape_of(before, stored()) == {type(host_row)._meta.label: (1, 0, ())}
    assert told == []
    before = stored()
    with heard() as told, transaction.atomic():
        deed()
        assert told == []
    assert_told_what_is_there(told)
    assert_whole()


@pytest.mark.parametrize("name", sorted(name for name in ALL if action_of(name) not in deeds.WRITES_NO_ROW))
def test_who_loses_against_other_writers_begins_anew(name: str) -> None:
    whole, _, commits = undisturbed(name)
    deed = ALL[name](World())
    before = stored()
    # At the end, when everything that an attempt leaves in memory is there.
    with heard() as told, commit_refused(commits, BUSY) if commits else statement_refused(1, BUSY) as fault:
        deed()
    assert fault.happened
    assert shape_of(before, stored()) == whole
    assert_told_what_is_there(told)
    assert_whole()


@pytest.mark.parametrize("inject", [statement_refused, commit_refused, commit_unheard])
@pytest.mark.parametrize("name", IN_STEPS)
def test_what_goes_in_steps_is_right_after_each_and_goes_on(name: str, inject: Injector) -> None:
    whole, statements, commits = undisturbed(name)
    # Everything within a step is one, as above: a few places in each of many steps.
    last = statements if inject is statement_refused else commits
    for number in range(1, last + 1, max(1, last // PLACES)):
        deed = ALL[name](World())
        before = stored()
        fault, told, _raised = attempt(deed, partial(inject, number))
        assert fault.happened, number
        assert_told_what_is_there(told)
        assert_whole()
        # As after the pause that follows an attempt.
        ScheduledMessage.objects.filter(status="pending", attempts__gt=0).update(due_at=timezone.now() - timedelta(1))
        with suppress(NotFound):
            # Where all of it was done, nobody is there any more.
            deed()
        assert _rows(shape_of(before, stored())) == _rows(whole), number
        assert_whole()


def _without_removed_files(shape: Shape) -> Shape:
    return {label: rows for label, rows in shape.items() if label != FILES or rows[0]}


def _rows(shape: Shape) -> Any:
    """Return how many rows came and went: which attempt it was stands in a column."""
    return {
        label: (came, went, len(changed)) for label, (came, went, changed) in _without_removed_files(shape).items()
    }
