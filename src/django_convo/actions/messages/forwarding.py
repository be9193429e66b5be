"""Forwarding messages."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from django.db import router, transaction

from django_convo.actions.attachments import discard
from django_convo.actions.base import action, lock_conversation
from django_convo.exceptions import NotFound
from django_convo.files import StoredFiles
from django_convo.models import AbstractConversation, AbstractMessage, Attachment, get_message_model
from django_convo.policy import authorize, capabilities, get_policy

from .content import check_client_id
from .copying import copy_attachments
from .editing import message_deleted
from .sending import find_by_client_id, write_message

# All that the copy says of where it comes from: its readers may not know the other conversation.
FORWARDED: Final = {"forwarded": True}


def forward_message(
    *, actor: Any | None, message: AbstractMessage, conversation: AbstractConversation, client_id: str | None = None
) -> AbstractMessage:
    """Send what a message says, and copies of its files, to another conversation; locks that one.

    A send like any other: hooks, slow mode, sanctions and blocks are asked, `client_id` makes it repeatable. Mentions
    (also names in the body), reactions and what it answers stay behind. Files are copied before anything is locked.

    Raises as `send_message`, Denied (`message_deleted`) and NotFound where the actor cannot see the message. Emits
    `message.created`.
    """
    check_client_id(client_id)
    source = _find_source(actor, message)
    digest = None if client_id is None else _digest(source)
    if client_id is not None and (repeated := find_by_client_id(actor, conversation, client_id, digest)):
        return repeated
    if source.is_deleted:
        raise message_deleted()
    authorize(actor, capabilities.MESSAGE_SEND, conversation=conversation)
    copies, stored = copy_attachments(_files_of(source), actor)
    try:
        sent = _send(actor, source, conversation, client_id, digest, copies, stored)
    except BaseException as error:
        discard(stored, copies, error)
        raise
    if not sent.was_created:
        stored.remove()
    return sent


def find_repeated_forward(
    *, actor: Any | None, message: AbstractMessage, conversation: AbstractConversation, client_id: str
) -> AbstractMessage | None:
    """Return the message that an earlier, equal `forward_message` with this `client_id` made, or None; reads only.

    Raises Conflict (`client_id_reused`) where the earlier request differed.
    """
    check_client_id(client_id)
    return find_by_client_id(actor, conversation, client_id, _digest(message))


@action
def _send(
    actor: Any | None,
    source: AbstractMessage,
    conversation: AbstractConversation,
    client_id: str | None,
    digest: str | None,
    copies: Sequence[Attachment],
    stored: StoredFiles,
) -> AbstractMessage:
    row = lock_conversation(conversation)
    if client_id is not None and (repeated := find_by_client_id(actor, row, client_id, digest)):
        return repeated
    # As it is now: copying files takes a while.
    source = _find_source(actor, source)
    if source.is_deleted:
        raise message_deleted()
    using = router.db_for_write(Attachment)
    if copies:
        Attachment.objects.using(using).bulk_create(copies)
        transaction.on_commit(stored, using=using)
    return write_message(
        actor,
        row,
        body=source.message_body,
        client_id=client_id,
        digest=digest,
        attachments=copies,
        metadata=dict(FORWARDED),
        is_naming=False,
    )


def _find_source(actor: Any | None, message: AbstractMessage) -> AbstractMessage:
    """Return the message as it is now, through what the actor may read."""
    rows: Any = get_message_model()._default_manager if actor is None else get_policy().visible_messages(actor)
    found: AbstractMessage | None = rows.filter(pk=message.pk, conversation=message.conversation_id).first()
    if found is None:
        raise NotFound
    return found


def _files_of(message: AbstractMessage) -> list[Attachment]:
    rows = Attachment.objects.filter(message=message.pk, conversation=message.conversation_id)
    return list(rows.order_by("position"))


def _digest(message: AbstractMessage) -> str:
    """Return by what a repeated request is told from another: the message, whatever it says by now."""
    return hashlib.sha256(f"forward {message.pk}".encode()).hexdigest()
