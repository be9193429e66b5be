"""Changing, closing and deleting conversations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from django_convo.actions.audit import is_by_power, record
from django_convo.actions.base import (
    UNSET,
    Change,
    Unset,
    action,
    as_json,
    clean_metadata,
    clean_text,
    lock_conversation,
)
from django_convo.conf import settings
from django_convo.exceptions import Invalid
from django_convo.models import AbstractConversation
from django_convo.policy import authorize, capabilities, direct_is_fixed
from django_convo.types import AuditAction, EventType


@action
def update_conversation(
    *,
    actor: Any | None,
    conversation: AbstractConversation,
    title: str | Unset = UNSET,
    topic: str | Unset = UNSET,
    metadata: Mapping[str, Any] | Unset = UNSET,
    slow_mode_seconds: int | Unset = UNSET,
) -> AbstractConversation:
    """Change title, topic, metadata or slow mode; only what differs is written. Locks the conversation.

    `slow_mode_seconds` is how long everybody but moderators waits between two messages, up to
    `CONVO_SLOW_MODE_MAX_SECONDS`; 0 for no wait. Raises Denied (`direct_is_fixed` for the title of a direct), Invalid
    (`invalid_slow_mode`, …), NotFound. Emits `conversation.updated`.
    """
    row = lock_conversation(conversation)
    if row.is_direct and not isinstance(title, Unset):
        raise direct_is_fixed()
    authorize(actor, capabilities.UPDATE, conversation=row)
    wanted: dict[str, Any] = {}
    if not isinstance(title, Unset):
        wanted["title"] = clean_text(row, "title", title)
    if not isinstance(topic, Unset):
        wanted["topic"] = clean_text(row, "topic", topic)
    if not isinstance(metadata, Unset):
        wanted["metadata"] = clean_metadata(metadata)
    if not isinstance(slow_mode_seconds, Unset):
        wanted["slow_mode_seconds"] = _clean_pause(slow_mode_seconds)
    changed = {name: value for name, value in wanted.items() if as_json(value) != as_json(getattr(row, name))}
    if changed:
        change = Change(row, actor)
        change.set(**changed)
        change.emit(EventType.CONVERSATION_UPDATED, fields=sorted(changed))
        change.write()
    return row


@action
def close(*, actor: Any | None, conversation: AbstractConversation) -> AbstractConversation:
    """Close: nothing may be sent or added until it is reopened. Locks; Denied, NotFound; `conversation.closed`."""
    row = lock_conversation(conversation)
    authorize(actor, capabilities.CLOSE, conversation=row)
    if not row.is_closed:
        change = Change(row, actor)
        by_power = is_by_power(actor, capabilities.CLOSE, row)
        change.set(closed_at=change.now)
        change.emit(EventType.CONVERSATION_CLOSED)
        change.write()
        if by_power:
            record(actor, AuditAction.CONVERSATION_CLOSED, conversation=row)
    return row


@action
def reopen(*, actor: Any | None, conversation: AbstractConversation) -> AbstractConversation:
    """Open a closed conversation again. Locks; Denied, NotFound; `conversation.reopened`."""
    row = lock_conversation(conversation)
    authorize(actor, capabilities.CLOSE, conversation=row)
    if row.is_closed:
        change = Change(row, actor)
        by_power = is_by_power(actor, capabilities.CLOSE, row)
        change.set(closed_at=None)
        change.emit(EventType.CONVERSATION_REOPENED)
        change.write()
        if by_power:
            record(actor, AuditAction.CONVERSATION_REOPENED, conversation=row)
    return row


@action
def delete_conversation(*, actor: Any | None, conversation: AbstractConversation) -> None:
    """Make the conversation a tombstone that is not found by anyone; `convo_prune` removes its rows later.

    Locks; Denied (`direct_is_fixed`), NotFound; emits `conversation.deleted`.
    """
    row = lock_conversation(conversation)
    authorize(actor, capabilities.DELETE, conversation=row)
    by_power = is_by_power(actor, capabilities.DELETE, row)
    change = Change(row, actor)
    change.set(deleted_at=change.now)
    change.emit(EventType.CONVERSATION_DELETED)
    change.write()
    if by_power:
        record(actor, AuditAction.CONVERSATION_DELETED, conversation=row)


def _clean_pause(seconds: int) -> int:
    longest = settings.SLOW_MODE_MAX_SECONDS
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds <= longest:
        text = _("Slow mode is a number of seconds from 0 to %(longest)d.") % {"longest": longest}
        raise Invalid("invalid_slow_mode", text, field="slow_mode_seconds")
    return seconds
