"""`convo_prune` removes what is past its retention, and nothing else."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError
from django.utils import timezone

from django_convo import actions
from django_convo.actions import maintenance
from django_convo.exceptions import NotFound
from django_convo.models import (
    AbstractConversation,
    Departure,
    Event,
    Participant,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.differences import find_differences
from tests.people import make_group, make_user

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=31)


def prune(**options: Any) -> str:
    output = io.StringIO()
    call_command("convo_prune", stdout=output, **options)
    return output.getvalue()


def talk(messages: int = 4) -> AbstractConversation:
    owner = make_user()
    conversation = make_group(owner, make_user())
    for number in range(messages):
        actions.send_message(actor=owner, conversation=conversation, body=f"message {number}")
    return conversation


def age(rows: Any, column: str = "created_at") -> None:
    rows.update(**{column: timezone.now() - LONG_AGO})


def numbers(conversation: AbstractConversation) -> list[int]:
    rows = Event.objects.filter(conversation=conversation.pk).order_by("event_seq")
    return list(rows.values_list("event_seq", flat=True))


@pytest.mark.parametrize("batch_size", [1, 2, 1000])
def test_prune_removes_old_events(batch_size: int) -> None:
    conversation, other = talk(), talk()
    age(Event.objects.filter(event_seq__lte=3))

    assert prune(batch_size=batch_size).startswith("Removed 6 events")

    assert numbers(conversation) == numbers(other) == [4, 5]
    assert find_differences([conversation.pk, other.pk]) == []


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_prune_keeps_the_newest_event_of_each_log_however_old(batch_size: int) -> None:
    conversations = [talk(number) for number in range(3)]
    age(Event.objects.all())

    prune(batch_size=batch_size)

    assert [numbers(conversation) for conversation in conversations] == [[1], [2], [3]]
    actions.send_message(actor=None, conversation=conversations[0], body="later")
    assert numbers(conversations[0]) == [1, 2]


def test_prune_that_is_stopped_halfway_leaves_no_gap() -> None:
    conversation = talk()
    now = timezone.now()
    for number in numbers(conversation):
        Event.objects.filter(event_seq=number).update(created_at=now - timedelta(days=50 - number))

    removed, position = maintenance.prune_events(before=now, after=None, limit=2)

    assert (removed, position is None) == (2, False)
    assert numbers(conversation) == [3, 4, 5]
    assert find_differences([conversation.pk]) == []


def test_prune_refuses_a_conversation_that_is_live() -> None:
    conversation = talk()

    with pytest.raises(NotFound):
        maintenance.prune_conversation(conversation_id=conversation.pk, limit=10)

    assert get_message_model()._default_manager.filter(conversation=conversation.pk).count() == 4


def test_prune_keeps_what_is_within_the_retention(settings: Any) -> None:
    conversation = talk()
    age(Event.objects.all())
    settings.CONVO_EVENT_RETENTION = timedelta(days=32)

    assert prune() == "Removed 0 events, 0 departures, 0 conversations.\n"
    assert numbers(conversation) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_prune_removes_old_departures(batch_size: int) -> None:
    conversation = talk()
    early, late, more = make_user(), make_user(), make_user()
    for user in (early, late, more):
        actions.add_participant(actor=None, conversation=conversation, user=user)
        actions.leave(actor=user, conversation=conversation)
    age(Departure.objects.filter(user__in=[early, more]), "left_at")

    assert "2 departures" in prune(batch_size=batch_size)

    assert [row.user_id for row in Departure.objects.all()] == [late.pk]


@pytest.mark.parametrize("batch_size", [1, 2, 1000])
def test_prune_removes_every_row_of_a_conversation_deleted_long_ago(batch_size: int) -> None:
    gone, kept = talk(), talk()
    user = make_user()
    actions.add_participant(actor=None, conversation=gone, user=user)
    actions.leave(actor=user, conversation=gone)
    answered = get_message_model()._default_manager.filter(conversation=gone.pk).first()
    actions.send_message(actor=None, conversation=gone, body="an answer", reply_to=answered)
    actions.delete_conversation(actor=None, conversation=gone)
    age(get_conversation_model()._default_manager.filter(pk=gone.pk), "deleted_at")

    assert "1 conversations" in prune(batch_size=batch_size)

    for model in (get_message_model(), Event, Participant, Departure):
        assert not model._default_manager.filter(conversation=gone.pk).exists()
    assert [row.pk for row in get_conversation_model()._default_manager.all()] == [kept.pk]
    assert get_message_model()._default_manager.filter(conversation=kept.pk).count() == 4
    assert find_differences([kept.pk]) == []


def test_prune_keeps_a_conversation_deleted_lately() -> None:
    conversation = talk()
    actions.delete_conversation(actor=None, conversation=conversation)

    prune()

    assert get_conversation_model()._default_manager.filter(pk=conversation.pk).exists()
    assert get_message_model()._default_manager.filter(conversation=conversation.pk).count() == 4


def test_prune_goes_on_after_a_conversation_that_the_host_protects(monkeypatch: pytest.MonkeyPatch) -> None:
    protected, other = talk(), talk()
    for conversation in (protected, other):
        actions.delete_conversation(actor=None, conversation=conversation)
    age(get_conversation_model()._default_manager.all(), "deleted_at")
    prune_conversation = maintenance.prune_conversation

    def refuse(*, conversation_id: Any, limit: int) -> bool:
        if conversation_id == protected.pk:
            raise ProtectedError("An invoice points at it.", set())
        return prune_conversation(conversation_id=conversation_id, limit=limit)

    monkeypatch.setattr(maintenance, "prune_conversation", refuse)
    errors = io.StringIO()

    assert "1 conversations" in prune(stderr=errors)

    assert errors.getvalue() == f"Kept conversation {protected.pk}: An invoice points at it.\n"
    assert [row.pk for row in get_conversation_model()._default_manager.all()] == [protected.pk]


@pytest.mark.parametrize("batch_size", [0, -1])
def test_prune_refuses_a_batch_of_nothing(batch_size: int) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        prune(batch_size=batch_size)
