"""Scheduling messages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from django_convo.actions.attachments import find_unsent
from django_convo.actions.base import action, clean_metadata, json_key, lock_conversation
from django_convo.actions.messages.content import (
    AttachmentReference,
    MessageReference,
    check_client_id,
    clean_body,
    digest_of,
    find_referenced,
)
from django_convo.actions.messages.mentions import find_named
from django_convo.conf import settings
from django_convo.exceptions import Conflict, Invalid, InvalidReference
from django_convo.models import AbstractConversation, ScheduledMessage, get_message_model
from django_convo.policy import authorize, capabilities
from django_convo.types import ScheduledStatus

from .moments import EPOCH, check_moment, refuse_past


@action
def schedule_message(
    *,
    actor: Any,
    conversation: AbstractConversation,
    send_at: datetime,
    body: str = "",
    client_id: str | None = None,
    reply_to: MessageReference | None = None,
    thread_root: MessageReference | None = None,
    attachments: Sequence[AttachmentReference] = (),
    mentions: Sequence[Any] = (),
    metadata: Mapping[str, Any] | None = None,
) -> ScheduledMessage:
    """Keep a message until it is due; locks the conversation, so that a `client_id` is used once.

    What a send checks is checked now, and all of it again when it is due; slow mode and hooks are asked only then.
    A `client_id` that has scheduled something here answers with that, whatever has become of it (`was_created`), and
    is that of the message too. Files that are named stay the actor's unsent uploads until then.

    Raises as `send_message`, and Invalid (`invalid_send_at`, `send_at_past`, `send_at_too_late`,
    `too_many_scheduled`). Emits no event: it is one's own.
    """
    check_client_id(client_id)
    check_moment(send_at)
    clean_meta = clean_metadata(metadata)
    content: dict[str, Any] = {
        "body": body,
        "reply_to": reply_to,
        "thread_root": thread_root,
        "attachments": attachments,
        "mentions": mentions,
        "metadata": clean_meta,
    }
    digest = None if client_id is None else _digest(send_at, content)
    row = lock_conversation(conversation)
    if client_id is not None and (repeated := _find(actor, row, client_id, digest)):
        return repeated
    refuse_past(send_at)
    clean = clean_body(body, is_blank_allowed=bool(attachments))
    authorize(actor, capabilities.MESSAGE_SEND, conversation=row)
    find_referenced(actor, row.pk, reply_to=reply_to, thread_root=thread_root)
    find_named(actor, row, mentions, clean)
    files = _find_files(actor, attachments)
    scheduled = ScheduledMessage(
        conversation_id=row.pk,
        sender=actor,
        message_body=clean,
        metadata=clean_meta,
        reply_to_id=_key(reply_to),
        thread_root_id=_key(thread_root),
        attachment_ids=[str(key) for key in files],
        mentioned=named_as_json(mentions),
        client_id=client_id,
        client_digest=digest,
        send_at=send_at,
        due_at=send_at,
    )
    scheduled.save(force_insert=True)
    scheduled.was_created = True
    return scheduled


def find_repeated_schedule(
    *,
    actor: Any,
    conversation: AbstractConversation,
    client_id: str,
    send_at: datetime,
    body: str = "",
    reply_to: MessageReference | None = None,
    thread_root: MessageReference | None = None,
    attachments: Sequence[AttachmentReference] = (),
    mentions: Sequence[Any] = (),
    metadata: Mapping[str, Any] | None = None,
) -> ScheduledMessage | None:
    """Return what an earlier, equal `schedule_message` with this `client_id` made, or None; reads only.

    Raises Conflict (`client_id_reused`) where the earlier request differed.
    """
    check_client_id(client_id)
    check_moment(send_at)
    content: dict[str, Any] = {
        "body": body,
        "reply_to": reply_to,
        "thread_root": thread_root,
        "attachments": attachments,
        "mentions": mentions,
        "metadata": clean_metadata(metadata),
    }
    return _find(actor, conversation, client_id, _digest(send_at, content))


def files_waiting(actor: Any) -> set[str]:
    """Return the keys of the files of what the actor has waiting.

    Raises Invalid (`too_many_scheduled`) where nothing more may wait.
    """
    waiting = ScheduledMessage.objects.filter(sender=actor, status=ScheduledStatus.PENDING)
    files = list(waiting.values_list("attachment_ids", flat=True))
    if len(files) >= settings.MAX_SCHEDULED:
        raise Invalid("too_many_scheduled", _("Too many of your messages are scheduled already."))
    return {key for keys in files for key in keys}


def named_as_json(mentions: Sequence[Any]) -> list[Any]:
    """Return the mentions as the column keeps them, each once."""
    keys = [item if isinstance(item, str) else json_key(getattr(item, "pk", item)) for item in mentions]
    return list(dict.fromkeys(keys))


def _find_files(actor: Any, attachments: Sequence[AttachmentReference]) -> list[UUID]:
    """Return the keys of the actor's uploads that nothing else waits to send; InvalidReference."""
    reserved = files_waiting(actor)
    files = [item.pk for item in find_unsent(actor, attachments)]
    if not reserved.isdisjoint(map(str, files)):
        raise InvalidReference(field="attachments")
    return files


def _digest(send_at: datetime, content: Mapping[str, Any]) -> str:
    """Return by what a repeated request is told from another: also one that sends at once is another."""
    moment = send_at - (EPOCH if send_at.tzinfo is not None else EPOCH.replace(tzinfo=None))
    return hashlib.sha256(f"{moment} {digest_of(**content)}".encode()).hexdigest()


def _find(
    actor: Any, conversation: AbstractConversation, client_id: str, digest: str | None
) -> ScheduledMessage | None:
    within = {"conversation": conversation.pk, "sender": actor, "client_id": client_id}
    scheduled = ScheduledMessage.objects.filter(**within).first()
    is_another = (
        get_message_model()._default_manager.filter(**within).exists()
        if scheduled is None
        else scheduled.client_digest != digest
    )
    if is_another:
        raise Conflict("client_id_reused", _("This client_id was used for a different message."))
    return scheduled


def _key(reference: MessageReference | None) -> Any:
    return getattr(reference, "pk", reference)
