"""Deleting messages, and undoing that."""

from __future__ import annotations

from typing import Any

from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.actions.audit import record
from django_convo.actions.base import Change, action
from django_convo.conf import settings
from django_convo.exceptions import Denied
from django_convo.models import AbstractMessage, MessageRevision, Participant, PinnedMessage
from django_convo.policy import authorize, capabilities
from django_convo.types import AuditAction, EventType, MessageKind

from .changing import count_reply, keep_revision, lock_message, write_columns
from .editing import authorize_speaking_again
from .mentions import count_mentions, named_in


@action
def delete_message(*, actor: Any | None, message: AbstractMessage) -> AbstractMessage:
    """Leave a tombstone: the number stays, what was said, its revisions and files are unreadable at once. Locks.

    By the sender or a moderator; also in a closed conversation. What it said is kept for `restore_message` until
    `convo_prune` removes it. It counts as unread for nobody any more, and is pinned no longer. A message that is
    deleted already stays as it is.

    Raises Denied, NotFound. Emits `message.deleted`, which carries no body.
    """
    row, found = lock_message(actor, message, is_moderating=True)
    is_own = actor is not None and found.sender_id == actor.pk
    capability = capabilities.MESSAGE_DELETE if is_own else capabilities.MESSAGE_DELETE_ANY
    authorize(actor, capability, conversation=row, message=found)
    if found.is_deleted:
        return found
    change = Change(row, actor)
    keep_revision(found, actor, change.now)
    write_columns(found, deleted_at=change.now, deleted_by=actor, message_body="", metadata={})
    _count(found, -1)
    PinnedMessage.objects.filter(message=found.pk, conversation=row.pk).delete()
    change.emit(EventType.MESSAGE_DELETED, seq=found.seq, message_id=str(found.pk))
    change.write()
    if actor is not None and not is_own:
        record(actor, AuditAction.MESSAGE_DELETED, user_id=found.sender_id, conversation=row, message=found)
    return found


@action
def restore_message(*, actor: Any | None, message: AbstractMessage) -> AbstractMessage:
    """Undo a deletion within `CONVO_UNDO_WINDOW`; only whoever deleted, or the host. Locks the conversation.

    One's own message comes back as one is sent: not into a closed conversation, not while muted. Reactions, mentions
    and files are there again; a pin is not. A message that is not deleted stays as it is.

    Raises Denied (`undo_window_over`), NotFound. Emits `message.restored`.
    """
    row, found = lock_message(actor, message, is_moderating=True)
    is_own = actor is not None and found.sender_id == actor.pk
    if is_own:
        authorize_speaking_again(actor, row, found)
    else:
        authorize(actor, capabilities.MESSAGE_DELETE_ANY, conversation=row, message=found)
    if not found.is_deleted:
        return found
    if actor is not None and found.deleted_by_id != actor.pk:
        raise Denied
    change = Change(row, actor)
    kept = MessageRevision.objects.filter(message=found.pk, conversation=row.pk).order_by("-number").first()
    is_late = found.deleted_at is None or timezone.now() - found.deleted_at > settings.UNDO_WINDOW
    if kept is None or is_late:
        raise Denied("undo_window_over", _("It is too late to restore this message."))
    write_columns(found, deleted_at=None, deleted_by=None, message_body=kept.message_body, metadata=kept.metadata)
    kept.delete()
    _count(found, +1)
    change.emit(EventType.MESSAGE_RESTORED, seq=found.seq, message_id=str(found.pk))
    change.write()
    if actor is not None and not is_own:
        record(actor, AuditAction.MESSAGE_RESTORED, user_id=found.sender_id, conversation=row, message=found)
    return found


def _count(message: AbstractMessage, step: int) -> None:
    """Count the message in (+1) or out (-1), for those who may see it and have not read so far."""
    if message.kind == MessageKind.USER:
        behind = Participant.objects.filter(conversation=message.conversation_id).behind(message.seq)
        behind.exclude(user=message.sender_id).change(read_count_seq=F("read_count_seq") - step)
    count_mentions(message, named_in(message).keys, step)
    count_reply(message, step)
