"""The audit log: writing down each act of power, in the transaction of the act."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django_convo.models import AbstractConversation, AbstractMessage, AuditEntry, Participant
from django_convo.policy import allows, capabilities
from django_convo.policy.roles import conversation_capabilities
from django_convo.types import AuditAction

from .base import action, json_key

# A list over all conversations names so many of those that it showed; the entry says how many there were.
MOST_NAMED: Final = 200


def record(
    actor: Any,
    action: AuditAction,
    *,
    user_id: Any = None,
    conversation: AbstractConversation | None = None,
    message: AbstractMessage | None = None,
    **detail: Any,
) -> AuditEntry:
    """Write an entry in the caller's transaction; `detail` holds ids and small facts, never a body.

    The user's key stands in the detail too: the column is emptied when the account goes.
    """
    if user_id is not None:
        detail["user"] = json_key(user_id)
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        user_id=user_id,
        conversation_id=None if conversation is None else conversation.pk,
        message_id=None if message is None else message.pk,
        detail=detail,
    )


def is_by_power(
    actor: Any | None, capability: str, conversation: AbstractConversation, *, rank: int | None = None
) -> bool:
    """Say whether the actor may do this only by `conversation.moderate_any`, which is an act of power.

    A participant whose role allows it acts as one, unless it takes a higher `rank` than theirs. Asked before anything
    is written: what is remembered of members is void after it.
    """
    if actor is None or not allows(actor, capabilities.MODERATE_ANY):
        return False
    participant = conversation.membership_of(actor)
    if participant is None or capability not in conversation_capabilities(participant.role):
        return True
    return rank is not None and participant.rank < rank


def record_view(
    *,
    actor: Any,
    conversations: Sequence[AbstractConversation] = (),
    messages: Sequence[AbstractMessage] = (),
) -> AuditEntry | None:
    """Write down that the actor was shown these by `conversation.view_any`, where that is what it took; one entry.

    It names the conversation and, where that is all, the message; of several conversations its detail lists the first.
    Nothing is written, and nothing asked, for who has not that capability, nor for what they see as a participant.
    Takes no lock; emits nothing.
    """
    # Before there is a transaction: nobody else's reading pays for one.
    if not (conversations or messages) or not allows(actor, capabilities.VIEW_ANY):
        return None
    return _record_view(actor, conversations, messages)


@action
def _record_view(
    actor: Any, conversations: Sequence[AbstractConversation], messages: Sequence[AbstractMessage]
) -> AuditEntry | None:
    shown = _foreign(actor, conversations, messages)
    keys = list(dict.fromkeys(conversation_id for conversation_id, _ in shown))
    if not keys:
        return None
    detail: dict[str, Any] = {}
    if len(keys) > 1:
        detail = {"conversations": [str(key) for key in keys[:MOST_NAMED]], "count": len(keys)}
    only_message = shown[0][1] if len(shown) == 1 else None
    return AuditEntry.objects.create(
        actor=actor,
        action=AuditAction.CONVERSATION_VIEWED if only_message is None else AuditAction.MESSAGE_VIEWED,
        conversation_id=keys[0] if len(keys) == 1 else None,
        message_id=only_message,
        detail=detail,
    )


def _foreign(
    actor: Any, conversations: Sequence[AbstractConversation], messages: Sequence[AbstractMessage]
) -> list[tuple[Any, Any]]:
    """Return the keys of conversation and message, or None, of what the actor sees by power alone.

    That is what lies in no conversation of theirs, or was said before they came, also where it is only quoted.
    """
    keys = {item.pk for item in conversations} | {item.conversation_id for item in messages}
    rows = Participant.objects.filter(user=actor, conversation__in=keys)
    begins = dict(rows.values_list("conversation", "visible_from_seq"))
    found: list[tuple[Any, Any]] = [(item.pk, None) for item in conversations if item.pk not in begins]
    for item in messages:
        for message in (item, _quoted(item)):
            if message is not None and message.seq < begins.get(item.conversation_id, message.seq + 1):
                found.append((item.conversation_id, message.pk))
                # A quote of somebody else's conversation is part of the message.
                break
    return found


def _quoted(message: Any) -> AbstractMessage | None:
    """Return what a message shows of the one that it answers, as `selectors.messages.readable` has it."""
    quoted: AbstractMessage | None = message.reply_to if getattr(message, "reply_is_visible", False) else None
    return quoted
