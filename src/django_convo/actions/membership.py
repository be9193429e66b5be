"""One's own state in a conversation: how far one has read, and what is muted, archived or pinned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import AbstractConversation, Participant, get_conversation_model, get_message_model
from django_convo.types import NotifyLevel

from .base import UNSET, Unset, action, lock_conversation


@action
def mark_read(*, actor: Any, conversation: AbstractConversation, seq: int | None = None) -> Participant:
    """Move the read pointer forward to the message `seq`, or to the end; returns the row with its new counts.

    Never moves back, and beyond the end is the end. To the end takes no lock: its one UPDATE only goes forward from
    figures read together, and whoever changes a count meanwhile changes it for those who are behind. To the middle
    locks the conversation and recounts. Raises Denied (not a participant), NotFound. Emits no event: it is one's own.
    """
    current = _read_counters(conversation)
    if seq is not None and seq < current.last_seq:
        return _move_pointer(actor, conversation, seq, is_forward=True)
    participant = _own_row(actor, conversation)
    moved = (
        Participant.objects.filter(pk=participant.pk, last_read_seq__lt=current.last_seq).change(
            last_read_seq=current.last_seq, read_count_seq=current.count_seq, last_delivered_seq=current.last_seq
        )
        if participant.last_read_seq < current.last_seq
        else 0
    )
    return _own_row(actor, conversation) if moved else participant


@action
def mark_unread(*, actor: Any, conversation: AbstractConversation, seq: int) -> Participant:
    """Make the message `seq` the first unread one; returns the row with its new counts. Locks and recounts.

    Messages before it count as read; beyond the end is the end. Raises Denied (not a participant), Invalid
    (`invalid_seq`), NotFound. Emits no event.
    """
    if seq < 1:
        raise Invalid("invalid_seq", _("Messages are numbered from 1."), field="seq")
    return _move_pointer(actor, conversation, seq - 1, is_forward=False)


@action
def update_membership(
    *,
    actor: Any,
    conversation: AbstractConversation,
    archived: bool | Unset = UNSET,
    pinned: bool | Unset = UNSET,
    muted_until: datetime | Unset | None = UNSET,
    notify: str | Unset = UNSET,
) -> Participant:
    """Archive, pin, mute or set the notify level for oneself; returns the row. Emits no event: it is one's own.

    An archived conversation is back with its next message, unless it is muted. Raises Denied (not a participant),
    Invalid (`invalid_notify`), NotFound.
    """
    if not isinstance(notify, Unset) and notify not in NotifyLevel.values:
        raise Invalid("invalid_notify", _("Notify about all, mentions or none."), field="notify")
    row = _read_counters(conversation)
    participant = _own_row(actor, conversation)
    now = timezone.now()
    wanted: dict[str, Any] = {}
    if not isinstance(archived, Unset):
        # Not before the last message, even where the machine that sent it has a clock that is ahead.
        wanted["archived_at"] = max(now, row.last_message_at) if archived else None
    if not isinstance(pinned, Unset):
        wanted["pinned_at"] = (participant.pinned_at or now) if pinned else None
    if not isinstance(muted_until, Unset):
        wanted["muted_until"] = muted_until
    if not isinstance(notify, Unset):
        wanted["notify"] = notify
    changed = {name: value for name, value in wanted.items() if getattr(participant, name) != value}
    if changed:
        Participant.objects.filter(pk=participant.pk).change(**changed)
        participant = _own_row(actor, conversation)
    return participant


def _read_counters(conversation: AbstractConversation) -> AbstractConversation:
    """Return the row as it is now, without a lock; both counters come from one version of it."""
    row = get_conversation_model()._default_manager.live().filter(pk=conversation.pk).first()
    if row is None:
        raise NotFound
    return row


def _own_row(actor: Any, conversation: AbstractConversation) -> Participant:
    participant = Participant.objects.filter(conversation=conversation.pk, user=actor).first()
    if participant is None:
        raise Denied
    return participant


def _move_pointer(actor: Any, conversation: AbstractConversation, target: int, *, is_forward: bool) -> Participant:
    """Set the pointer and recount what is unread behind it, while nobody can send."""
    row = lock_conversation(conversation)
    participant = Participant.objects.select_for_update().filter(conversation=row.pk, user=actor).first()
    if participant is None:
        raise Denied
    target = min(target, row.last_seq)
    if target == participant.last_read_seq or (is_forward and target < participant.last_read_seq):
        return participant
    unread = (
        get_message_model()
        ._default_manager.counted(actor)
        .filter(conversation=row.pk, seq__gt=target, seq__gte=participant.visible_from_seq)
        .count()
    )
    participant.last_read_seq = target
    participant.read_count_seq = row.count_seq - unread
    participant.last_delivered_seq = max(participant.last_delivered_seq, target)
    participant.save(
        update_fields=["last_read_seq", "read_count_seq", "last_delivered_seq", "updated_at"],
    )
    return participant
