"""Removing a file, also from the message that it was sent with."""

from __future__ import annotations

from typing import Any

from django_convo.actions.attachments import delete_files
from django_convo.actions.audit import record
from django_convo.actions.base import Change, action
from django_convo.exceptions import NotFound
from django_convo.models import Attachment
from django_convo.policy import authorize, capabilities
from django_convo.types import AuditAction, EventType

from .changing import lock_message


@action
def delete_attachment(*, actor: Any | None, attachment: Attachment) -> None:
    """Delete a file for good: one's own that was not sent, or, as a moderator, one that was. The message stays.

    Locks the conversation. Raises Denied, NotFound. Emits `message.updated` where it was shown.
    """
    found = Attachment.objects.select_related("message__conversation").filter(pk=attachment.pk).first()
    if found is None:
        raise NotFound
    if found.message is None:
        _delete_unsent(actor, found)
        return
    row, message = lock_message(actor, found.message, is_moderating=True)
    authorize(actor, capabilities.MESSAGE_DELETE_ANY, conversation=row, message=message)
    _delete(found, message=message.pk)
    if not message.is_deleted:
        change = Change(row, actor)
        change.emit(EventType.MESSAGE_UPDATED, seq=message.seq, message_id=str(message.pk))
        change.write()
    if actor is not None:
        record(
            actor,
            AuditAction.ATTACHMENT_DELETED,
            user_id=message.sender_id,
            conversation=row,
            message=message,
            attachment=str(found.pk),
        )


def _delete_unsent(actor: Any | None, attachment: Attachment) -> None:
    if actor is not None and attachment.uploader_id != actor.pk:
        raise NotFound
    _delete(attachment, message=None)


def _delete(attachment: Attachment, **expected: Any) -> None:
    """Delete the row, if it is still where it was found, and its files."""
    deleted, _ = Attachment.objects.filter(pk=attachment.pk, **expected).delete()
    if not deleted:
        raise NotFound
    delete_files([attachment])
