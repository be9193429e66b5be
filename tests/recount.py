"""What must be true of a conversation's rows at any time, counted anew from the messages themselves."""

from __future__ import annotations

from typing import Any

from django_convo.models import Event, Participant, get_conversation_model, get_message_model


def unread_by_definition(participant: Participant, messages: list[Any]) -> int:
    """Count live user messages by others, after the read pointer, within what the participant may see."""
    return sum(
        1
        for message in messages
        if message.kind == "user"
        and message.deleted_at is None
        and message.sender_id != participant.user_id
        and message.seq > participant.last_read_seq
        and message.seq >= participant.visible_from_seq
    )


def assert_counts(key: Any) -> None:
    """Assert that every counter of the conversation equals a recount of its rows."""
    conversation = get_conversation_model()._default_manager.get(pk=key)
    messages = list(get_message_model()._default_manager.filter(conversation=key).order_by("seq"))
    participants = list(Participant.objects.filter(conversation=key))
    events = list(Event.objects.filter(conversation=key).order_by("event_seq"))

    assert [message.seq for message in messages] == list(range(1, conversation.last_seq + 1))
    assert [event.event_seq for event in events] == list(range(1, conversation.event_seq + 1))
    assert [event.seq for event in events if event.type == "message.created"] == [item.seq for item in messages]
    assert conversation.count_seq == sum(message.kind == "user" for message in messages)
    counted = 0
    for message in messages:
        counted += message.kind == "user"
        assert message.count_seq == counted
    assert [item.sent_at for item in messages] == sorted(item.sent_at for item in messages)
    if messages:
        assert conversation.last_message_id == messages[-1].pk
        assert conversation.last_message_at == messages[-1].sent_at
    assert conversation.changed_at == events[-1].created_at

    assert conversation.participant_count == len(participants)
    for participant in participants:
        stored = conversation.count_seq - participant.read_count_seq
        assert stored == unread_by_definition(participant, messages), participant
        assert participant.last_read_seq <= conversation.last_seq
        assert participant.joined_event_seq <= conversation.event_seq


def assert_has_owner(key: Any) -> None:
    """Assert that a group or channel that was made with an owner still has one, or is closed."""
    conversation = get_conversation_model()._default_manager.get(pk=key)
    owners = Participant.objects.filter(conversation=key, role="owner").count()
    assert owners >= 1 or conversation.closed_at is not None
