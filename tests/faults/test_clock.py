"""The clock is set back between two sends: numbers and times keep their order, and whoever looks for news finds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.models import fields, get_conversation_model, get_message_model
from django_convo.selectors.connections import changed_conversations
from tests.recount import assert_counts

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = timedelta(hours=1)
Clock = Callable[[timedelta], None]


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    """Return what sets the clock, forward or back by so much from what it really is."""
    real, real_ns = timezone.now, __import__("time").time_ns

    def set_by(change: timedelta) -> None:
        monkeypatch.setattr(timezone, "now", lambda: real() + change)
        monkeypatch.setattr("time.time_ns", lambda: real_ns() + int(change.total_seconds() * 1e9))

    # Ids made while it is ahead stay ahead, as they must; the tests that follow are not to begin there.
    monkeypatch.setattr(fields, "_uuid7_last", fields._uuid7_last)
    yield set_by
    monkeypatch.undo()


@pytest.fixture
def client(ada: Any) -> APIClient:
    found = APIClient()
    found.force_authenticate(ada)
    return found


def stored(group: Any) -> Any:
    return get_conversation_model()._default_manager.get(pk=group.pk)


# Both ways of a send: words alone, and what locks the conversation on every database.
@pytest.mark.parametrize("is_naming", [False, True])
def test_order_is_that_of_the_numbers(set_clock: Clock, group: Any, ada: Any, is_naming: bool) -> None:
    bob = group.participants.exclude(pk=ada.pk).get()
    sent = []
    for minutes in (0, -60, 5, -120, -1):
        set_clock(timedelta(minutes=minutes))
        before = stored(group)
        sent.append(
            actions.send_message(actor=ada, conversation=group, body=f"{minutes}", mentions=[bob] if is_naming else [])
        )
        after = stored(group)
        assert after.last_message_at >= before.last_message_at
        assert after.changed_at >= before.changed_at
    assert [message.seq for message in sent] == [1, 2, 3, 4, 5]
    assert [message.sent_at for message in sent] == sorted(message.sent_at for message in sent)
    assert [message.pk for message in sent] == sorted(message.pk for message in sent)
    assert_counts(group.pk)
    actions.mark_read(actor=bob, conversation=group)
    actions.delete_message(actor=ada, message=sent[0])
    assert_counts(group.pk)
    keys = get_message_model()._default_manager.filter(conversation=group.pk).order_by("seq")
    assert [message.pk for message in keys] == [message.pk for message in sent]


def test_sweep_of_the_clock_that_was_set_back_finds_the_change(set_clock: Clock, group: Any, ada: Any) -> None:
    set_clock(-HOUR)
    # One sweep begins, then somebody sends, then the next reaches back to the one before.
    began = timezone.now()
    actions.send_message(actor=ada, conversation=group, body="hello")
    assert [found.conversation_id for found in changed_conversations(began - timedelta(seconds=2))] == [group.pk]


def sync(client: APIClient, cursor: str | None) -> Any:
    return client.post("/api/sync/", {} if cursor is None else {"cursor": cursor}, format="json")


def older(group: Any, age: timedelta) -> datetime:
    """Let everything in the group have happened so long ago."""
    moment = timezone.now() - age
    get_conversation_model()._default_manager.filter(pk=group.pk).update(changed_at=moment, last_message_at=moment)
    return moment


def test_cursor_from_ahead_of_the_clock_is_refused_rather_than_missing_what_changed(
    set_clock: Clock, client: APIClient, group: Any, ada: Any
) -> None:
    older(group, 3 * HOUR)
    cursor = sync(client, None).json()["cursor"]
    set_clock(-HOUR)
    actions.send_message(actor=ada, conversation=group, body="hello")
    response = sync(client, cursor)
    assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")
    again = sync(client, None).json()
    assert [row["last_message"]["message_body"] for row in again["conversations"]] == ["hello"]
    # The new one is of the clock as it is.
    assert sync(client, again["cursor"]).status_code == 200


def test_cursor_is_good_where_another_machine_is_a_little_ahead(
    set_clock: Clock, client: APIClient, group: Any, ada: Any
) -> None:
    cursor = sync(client, None).json()["cursor"]
    set_clock(-timedelta(seconds=30))
    actions.send_message(actor=ada, conversation=group, body="hello")
    response = sync(client, cursor)
    assert response.status_code == 200
    assert [row["last_message"]["message_body"] for row in response.json()["conversations"]] == ["hello"]
