"""Frames: events of the log as clients get them, rendered from the rows as they are now.

A frame states results, never differences, so that applying one twice or late changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from rest_framework import serializers

from django_convo.models import AbstractConversation, AbstractMessage, Event
from django_convo.selectors.frames import concerned_messages, concerned_users
from django_convo.selectors.messages import is_by_power

from .base import rendered, stamp, user_key
from .users import UserCardSerializer, card

# What a conversation's JSON holds for one viewer, or what the frames that follow would contradict.
_NOT_IN_FRAMES: Final = frozenset(
    {
        "participants",
        "last_message",
        "last_message_at",
        "last_seq",
        "count_seq",
        "event_seq",
        "unread_count",
        "mention_count",
        "membership",
        "capabilities",
    }
)

_ABOUT_MESSAGES: Final = frozenset({"message", "reaction"})


class FrameSerializer(serializers.Serializer[Any]):
    """One event of a conversation; one that the viewer may not see has only type, conversation and number.

    `data` is `{"message"}` for `message.*`, with `{"thread_root": {"message_id", "seq", "reply_count"}}` in a thread;
    `{"message_id", "emoji", "user", "reactions"}` for `reaction.*`; `{"conversation"}` for `conversation.*`, with
    `oldest_seq` where messages with lower numbers were pruned; and `{"user_id", "user", "role", "participant_count"}`
    for `participant.*`.
    """

    type = serializers.CharField()
    conversation_id = serializers.UUIDField()
    event_seq = serializers.IntegerField()
    seq = serializers.IntegerField(required=False, allow_null=True)
    count_seq = serializers.IntegerField(required=False)
    actor = UserCardSerializer(required=False, allow_null=True)
    at = serializers.DateTimeField(required=False)
    data = serializers.DictField(required=False)  # type: ignore[assignment]
    client_id = serializers.CharField(required=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class SharedFrame:
    """An event as everyone gets it who may see it, and the message that it is about, of which that is asked.

    No frame: there is nothing to see for anybody.
    """

    event: Event
    frame: dict[str, Any] | None
    message: AbstractMessage | None

    @property
    def hidden(self) -> dict[str, Any]:
        """The event as those get it who may not see it."""
        return _hidden(self.event)

    @property
    def own(self) -> dict[str, Any] | None:
        """The event as the message's sender gets it, where that is not what everyone gets."""
        client_id = None if self.message is None else self.message.client_id
        return None if client_id is None or self.frame is None else {**self.frame, "client_id": client_id}


def render_shared_frames(
    events: Sequence[Event], *, conversations: Mapping[UUID, AbstractConversation]
) -> list[SharedFrame]:
    """Return the events as frames for nobody in particular; at most four queries, however many there are.

    What depends on the viewer is left out: files stand under their address without a signature.
    """
    context = {"request": SimpleNamespace(user=AnonymousUser())}
    messages = _messages(events, None)
    users = _users(events, messages)
    shown = []
    for event in events:
        frame = _frame(event, conversations[event.conversation_id], messages, users, context)
        message = messages.get(UUID(event.payload["message_id"])) if _is_about_message(event) else None
        shown.append(SharedFrame(event=event, frame=frame, message=message))
    return shown


def render_frames(
    events: Sequence[Event], *, conversations: Mapping[UUID, AbstractConversation], context: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the events as frames for the user of `context["request"]`; at most four queries, however many.

    They are the messages, what those show, who is named there, and who acted without having sent any. `conversations`
    holds each event's conversation, with the viewer's membership known. A user or an actor who is gone is null.
    """
    viewer = context["request"].user
    messages = {
        key: message
        for key, message in _messages(events, viewer).items()
        if not is_by_power(viewer, conversations[message.conversation_id], message.seq)
    }
    users = _users(events, messages)
    frames = []
    for event in events:
        frame = _frame(event, conversations[event.conversation_id], messages, users, context)
        if frame is None:
            frames.append(_hidden(event))
            continue
        message = messages.get(UUID(event.payload["message_id"])) if _is_about_message(event) else None
        if message is not None and message.sender_id == viewer.pk and message.client_id is not None:
            frame["client_id"] = message.client_id
        frames.append(frame)
    return frames


def _is_about_message(event: Event) -> bool:
    return event.type.partition(".")[0] in _ABOUT_MESSAGES


def _frame(
    event: Event,
    conversation: AbstractConversation,
    messages: Mapping[UUID, Any],
    users: Mapping[Any, Any],
    context: Mapping[str, Any],
) -> dict[str, Any] | None:
    """Return the event as a frame, or None where it is not to be seen."""
    data = _data(event, conversation, messages, users, context)
    if data is None:
        return None
    return {
        "type": event.type,
        "conversation_id": str(event.conversation_id),
        "event_seq": event.event_seq,
        "seq": event.seq,
        "count_seq": conversation.count_seq,
        "actor": card(users.get(event.actor_id)),
        "at": stamp(event.created_at),
        "data": data,
    }


def _hidden(event: Event) -> dict[str, Any]:
    return {"type": "hidden", "conversation_id": str(event.conversation_id), "event_seq": event.event_seq}


def _data(
    event: Event,
    conversation: AbstractConversation,
    messages: Mapping[UUID, Any],
    users: Mapping[Any, Any],
    context: Mapping[str, Any],
) -> dict[str, Any] | None:
    """Return what the frame states, or None where the viewer may not see it."""
    noun = event.type.partition(".")[0]
    if noun in _ABOUT_MESSAGES:
        message = messages.get(UUID(event.payload["message_id"]))
        if message is None:
            return None
        shown = _message(message, context)
        return _reaction(event, shown, users) if noun == "reaction" else {"message": shown, **_thread(message)}
    if noun == "participant":
        return {
            "user_id": event.payload["user"],
            "user": card(users.get(user_key(event.payload["user"]))),
            "role": event.payload.get("role"),
            "participant_count": conversation.participant_count,
        }
    stated = {"oldest_seq": event.payload["oldest_seq"]} if "oldest_seq" in event.payload else {}
    return {"conversation": _conversation(conversation, context), **stated}


def _message(message: Any, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the REST shape without what depends on the viewer, and with what is quoted as a reference alone."""
    shown: dict[str, Any] = rendered("message", message, context=dict(context))
    # Stands beside `data`, in the frames of its sender.
    shown.pop("client_id", None)
    quoted = message.reply_to if message.reply_to_id is not None else None
    shown["reply_to"] = None if quoted is None else {"message_id": str(quoted.pk), "seq": quoted.seq}
    shown["reactions"] = [{"emoji": item["emoji"], "count": item["count"]} for item in shown["reactions"]]
    return shown


def _reaction(event: Event, message: Mapping[str, Any], users: Mapping[Any, Any]) -> dict[str, Any]:
    """Return all reactions of the message, and which of them has come or gone."""
    return {
        "message_id": message["message_id"],
        "emoji": event.payload["emoji"],
        "user": card(users.get(user_key(event.payload["user"]))),
        "reactions": message["reactions"],
    }


def _thread(message: Any) -> dict[str, Any]:
    """Return how many answers the thread of the message has, where it is in one."""
    if message.thread_root_id is None:
        return {}
    root = message.thread_root
    return {"thread_root": {"message_id": str(root.pk), "seq": root.seq, "reply_count": root.reply_count}}


def _conversation(conversation: AbstractConversation, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the REST shape without what depends on the viewer."""
    bare: Any = copy(conversation)
    bare.first_participants, bare.last_message, bare.viewer_capabilities = [], None, frozenset()
    # Not asked for either: the copy forgets what it shares, and nobody in particular takes no part.
    bare.forget_memberships()
    bare.remember_membership(context["request"].user, None)
    shown: dict[str, Any] = rendered("conversation", bare, context=dict(context))
    return {name: value for name, value in shown.items() if name not in _NOT_IN_FRAMES}


def _messages(events: Iterable[Event], viewer: Any | None) -> dict[UUID, Any]:
    """Read the messages concerned, as far as the viewer may; without one, all of them."""
    concerned = [event for event in events if _is_about_message(event)]
    return concerned_messages(
        viewer, {UUID(event.payload["message_id"]): event.conversation_id for event in concerned}
    )


def _users(events: Iterable[Event], messages: Mapping[UUID, Any]) -> dict[Any, Any]:
    """Read who acted and who was acted upon."""
    keys = set()
    for event in events:
        keys |= {event.actor_id, user_key(event.payload.get("user"))}
    keys.discard(None)
    return concerned_users(keys, messages.values())
