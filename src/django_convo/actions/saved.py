"""Saved messages: what a user keeps for themselves."""

from __future__ import annotations

from typing import Any

from django_convo.models import AbstractMessage, SavedMessage

from .base import action
from .messages.changing import lock_message
from .messages.editing import message_deleted


@action
def save_message(*, actor: Any, message: AbstractMessage) -> AbstractMessage:
    """Keep a message for oneself; nothing happens where it is kept already. Locks the conversation.

    Whoever sees a message may: it takes no capability, also where the conversation is closed. Raises Denied
    (`message_deleted`), NotFound. Emits no event: it is one's own.
    """
    row, found = lock_message(actor, message)
    if found.is_deleted:
        raise message_deleted()
    SavedMessage.objects.get_or_create(conversation_id=row.pk, message_id=found.pk, user=actor)
    return found


@action
def unsave_message(*, actor: Any, message: AbstractMessage) -> None:
    """Keep a message no longer, also one that the actor does not see any more. Takes no lock, emits no event."""
    SavedMessage.objects.filter(message=message.pk, conversation=message.conversation_id, user=actor).delete()
