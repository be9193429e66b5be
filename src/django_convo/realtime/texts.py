"""Frames that are no event, and how every frame becomes text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django_convo.api.base import encoded, rendered, stamp
from django_convo.api.membership import counts
from django_convo.api.users import card
from django_convo.conf import settings
from django_convo.models import AbstractConversation, Participant


def frame(kind: str, conversation_id: UUID | None = None, **rest: Any) -> str:
    """Return a frame as text."""
    place = {} if conversation_id is None else {"conversation_id": str(conversation_id)}
    return encoded({"type": kind, **place, **rest})


def context_of(user: Any) -> dict[str, Any]:
    """Return what serializers are told of the viewer, where there is no request of HTTP."""
    return {"request": SimpleNamespace(user=user)}


def membership_updated(row: Participant, user: Any) -> str:
    """Return one's own state; `row` has its conversation and its draft."""
    conversation = row.conversation
    data = {"membership": rendered("membership", row, context=context_of(user)), **counts(conversation, row)}
    return frame("membership.updated", row.conversation_id, count_seq=conversation.count_seq, data=data)


def conversation_joined(conversation: AbstractConversation, user: Any) -> str:
    """Return the whole of a conversation, which was decorated for the user."""
    shown = rendered("conversation", conversation, context=context_of(user))
    return frame(
        "conversation.joined",
        conversation.pk,
        count_seq=conversation.count_seq,
        data={"conversation": shown},
    )


def conversation_left(conversation_id: UUID) -> str:
    """Return that one sees the conversation no longer."""
    return frame("conversation.left", conversation_id, data={})


def typing(conversation_id: UUID, user: Any, is_typing: bool) -> str:
    """Return that somebody types, or no longer does."""
    return frame("typing", conversation_id, data={"user": card(user), "is_typing": is_typing})


def pointer(kind: str, conversation_id: UUID, user: Any, seq: int) -> str:
    """Return how far somebody has read (`read`), or how far messages have reached them (`delivered`)."""
    return frame(kind, conversation_id, data={"user": card(user), "seq": seq})


def presence(user: Any, is_online: bool, last_seen: Any) -> str:
    """Return whether somebody is there, and since when not."""
    return frame("presence", data={"user": card(user), "online": is_online, "last_seen": stamp(last_seen)})


def resumed(limited: Collection[UUID], cursor: str | None) -> str:
    """Return that all that was missed has been said, but for the conversations that have to be reloaded."""
    return frame("resumed", limited=sorted(str(key) for key in limited), cursor=cursor, epoch=settings.EPOCH)


def answer(kind: str, request: Mapping[str, Any], **rest: Any) -> str:
    """Return an answer to what a client has said, with its `id` where it gave one."""
    named = {"id": request["id"]} if "id" in request else {}
    return frame(kind, **named, **rest)
