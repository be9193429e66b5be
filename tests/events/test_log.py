from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from django_convo import actions, events
from django_convo.models import Event
from tests.people import log_of, make_group


def test_each_change_is_numbered_in_its_own_conversation(group: Any, channel: Any, ada: Any) -> None:
    for conversation in (group, channel, group):
        actions.send_message(actor=ada, conversation=conversation, body="x")
    assert [row.event_seq for row in Event.objects.filter(conversation=group.pk).order_by("pk")] == [1, 2, 3]
    assert [row.event_seq for row in Event.objects.filter(conversation=channel.pk).order_by("pk")] == [1, 2]


def test_one_action_may_write_several_events_in_order(group: Any, ada: Any) -> None:
    actions.leave(actor=ada, conversation=group)
    assert [entry[0] for entry in log_of(group)] == [
        "conversation.created",
        "participant.removed",
        "participant.updated",
    ]


@pytest.mark.parametrize("event_seq", [0, 1])
def test_the_database_refuses_a_number_twice_or_below_one(group: Any, event_seq: int) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.create(conversation_id=group.pk, event_seq=event_seq, type="conversation.updated")


def test_payloads_never_hold_what_people_wrote(ada: Any, bob: Any) -> None:
    group = make_group(ada, bob, title="private title", topic="private topic", metadata={"private": "data"})
    actions.send_message(actor=ada, conversation=group, body="private body", metadata={"private": "data"})
    actions.update_conversation(actor=ada, conversation=group, title="private too", metadata={"private": "again"})
    actions.add_participant(actor=ada, conversation=group, user=bob)
    assert "private" not in str([entry[3] for entry in log_of(group)])


def test_subscribing_to_what_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"message\.created"):
        events.subscribe("message.craeted", print)
