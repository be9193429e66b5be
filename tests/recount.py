"""What must be true of a conversation's rows at any time, counted anew from the messages themselves."""

from __future__ import annotations

from typing import Any

from django_convo.models import Event, Mention, Participant, get_conversation_model, get_message_model


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


def mentions_by_definition(participant: Participant, messages: list[Any], named: dict[Any, set[Any]]) -> int:
    """Count live messages by others that name the participant or everyone, after the read pointer, within sight."""
    return sum(
        1
        for message in messages
        if message.deleted_at is None
        and message.sender_id != participant.user_id
        and named.get(message.pk, set()) & {participant.user_id, None}
        and message.seq > participant.last_read_seq
        and message.seq >= participant.visible_from_seq
    )


def assert_counts(key: Any, *, oldest: int = 1, refreshed_at: Any = None) -> None:
    """Assert that every counter of the conversation equals a recount of its rows, from the number `oldest` on.

    `refreshed_at` is when `refresh_access` moved it, which writes no event.
    """
    conversation = get_conversation_model()._default_manager.get(pk=key)
    messages = list(get_message_model()._default_manager.filter(conversation=key).order_by("seq"))
    participants = list(Participant.objects.filter(conversation=key))
    events = list(Event.objects.filter(conversation=key).order_by("event_seq"))

    assert [message.seq for message in messages] == list(range(oldest, conversation.last_seq + 1))
    assert [event.event_seq for event in events] == list(range(1, conversation.event_seq + 1))
    assert [event.seq for event in events if event.type == "message.created"] == list(
        range(1, conversation.last_seq + 1)
    )
    counted = messages[0].count_seq - (messages[0].kind == "user") if oldest > 1 else 0
    assert conversation.count_seq == counted + sum(message.kind == "user" for message in messages)
    for message in messages:
        counted += message.kind == "user"
        assert message.count_seq == counted
    assert [item.sent_at for item in messages] == sorted(item.sent_at for item in messages)
    if messages:
        assert conversation.last_message_id == messages[-1].pk
        assert conversation.last_message_at == messages[-1].sent_at
    changes = [events[-1].created_at] if refreshed_at is None else [events[-1].created_at, refreshed_at]
    assert conversation.changed_at == max(changes)

    replies: dict[Any, int] = {}
    for message in messages:
        if message.thread_root_id is not None and message.deleted_at is None:
            replies[message.thread_root_id] = replies.get(message.thread_root_id, 0) + 1
        if message.deleted_at is not None:
            assert (message.message_body, message.metadata) == ("", {})
    assert {message.pk: message.reply_count for message in messages if message.reply_count} == replies

    named: dict[Any, set[Any]] = {}
    for message_id, user_id in Mention.objects.filter(conversation=key).values_list("message_id", "user_id"):
        named.setdefault(message_id, set()).add(user_id)
    assert conversation.participant_count == len(participants)
    for participant in participants:
        stored = conversation.count_seq - participant.read_count_seq
        assert stored == unread_by_definition(participant, messages), participant
        assert participant.mention_count == mentions_by_definition(participant, messages, named), participant
        assert participant.last_read_seq <= conversation.last_seq
        assert participant.visible_from_seq >= oldest
        assert participant.joined_event_seq <= conversation.event_seq


def assert_has_owner(key: Any) -> None:
    """Assert that a group or channel that was made with an owner still has one, or is closed."""
    conversation = get_conversation_model()._default_manager.get(pk=key)
    owners = Participant.objects.filter(conversation=key, role="owner").count()
    assert owners >= 1 or conversation.closed_at is not None
