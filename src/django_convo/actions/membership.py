"""One's own state in a conversation: how far one has read, and what is muted, archived or pinned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo import events
from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import AbstractConversation, Participant, get_conversation_model, get_message_model
from django_convo.types import Hint, HintKind, NotifyLevel

from .base import UNSET, Unset, action, lock_conversation, tell_own_state


def mark_read(*, actor: Any, conversation: AbstractConversation, seq: int | None = None) -> Participant:
    """Move the read pointer forward to the message `seq`, or to the end; returns the row with its new counts.

    Never moves back, and beyond the end is the end. To the end takes no lock where nothing mentions the actor: its one
    UPDATE goes from figures that were read together, and only if the row still has them. Otherwise, and to the middle,
    the conversation is locked and recounted, in a transaction of its own: an UPDATE that finds another row keeps its
    lock, and a conversation is locked before its participants. Raises Denied (not a participant), NotFound. Emits no
    event: it is one's own.
    """
    participant = _read_without_lock(actor, conversation, seq)
    return participant or _read_with_lock(actor, conversation, seq)


@action
def _read_without_lock(actor: Any, conversation: AbstractConversation, seq: int | None) -> Participant | None:
    """Move to the end if that can be done by comparing; returns None where it cannot."""
    participant = _own_row_with_counters(actor, conversation)
    current = participant.conversation
    if seq is not None and seq < current.last_seq:
        return None
    if participant.last_read_seq >= current.last_seq:
        return participant
    if participant.mention_count:
        return None
    # A send, an edit or a deletion that changes a count changes it in this row for those who are behind: then the
    # figures are no longer those of the same moment.
    moved = Participant.objects.filter(
        pk=participant.pk,
        last_read_seq=participant.last_read_seq,
        read_count_seq=participant.read_count_seq,
        mention_count=0,
    ).change(last_read_seq=current.last_seq, read_count_seq=current.count_seq, last_delivered_seq=current.last_seq)
    if not moved:
        return None
    _tell_pointer(HintKind.READ, participant, current.last_seq)
    return _own_row_with_counters(actor, conversation)


@action
def _read_with_lock(actor: Any, conversation: AbstractConversation, seq: int | None) -> Participant:
    return _move_pointer(actor, conversation, seq, is_forward=True)


@action
def mark_delivered(*, actor: Any, conversation: AbstractConversation, seq: int) -> Participant:
    """Note that the messages up to `seq` have reached the actor; returns the row. Takes no lock.

    Never moves back, and beyond the end is the end. Raises Denied (not a participant), NotFound. Emits no event.
    """
    participant = _own_row_with_counters(actor, conversation)
    target = min(seq, participant.conversation.last_seq)
    rows = Participant.objects.filter(pk=participant.pk, last_delivered_seq__lt=target)
    if participant.last_delivered_seq < target and rows.change(last_delivered_seq=target):
        _tell_pointer(HintKind.DELIVERED, participant, target)
        return _own_row_with_counters(actor, conversation)
    return participant


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
        tell_own_state(participant)
        participant = _own_row(actor, conversation)
    return participant


def _read_counters(conversation: AbstractConversation) -> AbstractConversation:
    """Return the row as it is now, without a lock; both counters come from one version of it."""
    row = get_conversation_model()._default_manager.live().filter(pk=conversation.pk).first()
    if row is None:
        raise NotFound
    return row


def _own_row_with_counters(actor: Any, conversation: AbstractConversation) -> Participant:
    """Return one's own row and its conversation as one statement sees them: figures of the same moment."""
    rows = Participant.objects.select_related("conversation").filter(conversation=conversation.pk, user=actor)
    participant = rows.filter(conversation__deleted_at=None).first()
    if participant is None:
        _read_counters(conversation)
        raise Denied
    return participant


def _own_row(actor: Any, conversation: AbstractConversation) -> Participant:
    participant = Participant.objects.filter(conversation=conversation.pk, user=actor).first()
    if participant is None:
        raise Denied
    return participant


def _move_pointer(actor: Any, conversation: AbstractConversation, seq: int | None, *, is_forward: bool) -> Participant:
    """Set the pointer, to the end without a `seq`, and recount what is unread behind it, while nobody can send."""
    row = lock_conversation(conversation)
    participant = Participant.objects.select_for_update().filter(conversation=row.pk, user=actor).first()
    if participant is None:
        raise Denied
    target = row.last_seq if seq is None else min(seq, row.last_seq)
    if target == participant.last_read_seq or (is_forward and target < participant.last_read_seq):
        return participant
    waiting = get_message_model()._default_manager.filter(
        conversation=row.pk, seq__gt=target, seq__gte=participant.visible_from_seq
    )
    participant.last_read_seq = target
    participant.read_count_seq = row.count_seq - waiting.counted(actor).count()
    participant.mention_count = waiting.mentioning(actor).count()
    participant.last_delivered_seq = max(participant.last_delivered_seq, target)
    participant.save(
        update_fields=["last_read_seq", "read_count_seq", "last_delivered_seq", "mention_count", "updated_at"],
    )
    _tell_pointer(HintKind.READ, participant, target)
    return participant


def _tell_pointer(kind: HintKind, participant: Participant, seq: int) -> None:
    """Tell one's other devices, and those who see how far the participants have read."""
    tell_own_state(participant)
    hint = Hint(kind=kind, conversation_id=participant.conversation_id, user_id=participant.user_id, number=seq)
    events.hint(hint, using=str(participant._state.db))
