"""Pinned messages: what a conversation keeps in view for everyone."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Invalid
from django_convo.models import AbstractMessage, PinnedMessage
from django_convo.policy import authorize, capabilities
from django_convo.types import EventType

from .base import Change, action
from .messages.changing import lock_message
from .messages.editing import message_deleted


@action
def pin_message(*, actor: Any | None, message: AbstractMessage) -> AbstractMessage:
    """Pin a message for everyone, or leave it as it is where it is pinned already. Locks the conversation.

    A conversation has at most `CONVO_MAX_PINS`. Raises Denied (`message_deleted`, `conversation_closed`), Invalid
    (`too_many_pins`), NotFound. Emits `message.pinned`.
    """
    row, found = lock_message(actor, message)
    authorize(actor, capabilities.MESSAGE_PIN, conversation=row, message=found)
    if found.is_deleted:
        raise message_deleted()
    pins = PinnedMessage.objects.filter(conversation=row.pk)
    if pins.filter(message=found.pk).exists():
        return found
    if pins.count() >= settings.MAX_PINS:
        raise Invalid("too_many_pins", _("The conversation has too many pinned messages. Unpin another one."))
    change = Change(row, actor)
    PinnedMessage.objects.create(conversation_id=row.pk, message_id=found.pk, pinned_by=actor, pinned_at=change.now)
    change.emit(EventType.MESSAGE_PINNED, seq=found.seq, message_id=str(found.pk))
    change.write()
    return found


@action
def unpin_message(*, actor: Any | None, message: AbstractMessage) -> AbstractMessage:
    """Take the pin off a message, whoever pinned it; nothing happens where there is none. Locks the conversation.

    Raises Denied (`conversation_closed`), NotFound. Emits `message.unpinned`.
    """
    row, found = lock_message(actor, message)
    authorize(actor, capabilities.MESSAGE_PIN, conversation=row, message=found)
    removed, _rows = PinnedMessage.objects.filter(message=found.pk, conversation=row.pk).delete()
    if removed:
        change = Change(row, actor)
        change.emit(EventType.MESSAGE_UNPINNED, seq=found.seq, message_id=str(found.pk))
        change.write()
    return found
