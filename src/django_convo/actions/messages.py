"""Sending messages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Conflict, Invalid, InvalidReference
from django_convo.models import AbstractConversation, AbstractMessage, Participant, get_message_model
from django_convo.models.fields import is_storable_text
from django_convo.policy import authorize, capabilities, get_policy
from django_convo.types import EventType, MessageKind

from .base import Change, action, clean_metadata, lock_conversation

CLIENT_ID_MAX_LENGTH = 64


@action
def send_message(
    *,
    actor: Any | None,
    conversation: AbstractConversation,
    body: str,
    client_id: str | None = None,
    reply_to: AbstractMessage | UUID | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> AbstractMessage:
    """Send a message; locks the conversation, whose next `seq` it takes.

    `actor=None` is the host itself: a system message, no policy asked, counted by nobody. A `client_id` (1 to 64
    characters) that this sender has used in this conversation answers with the message of then, whatever has become of
    it, before anything else is asked; `message.was_created` tells the two apart. The number of statements does not
    depend on the number of participants.

    Raises Denied (`conversation_closed`), Invalid, InvalidReference (`reply_to` is not there or not visible), Conflict
    (`client_id_reused` for a different message), NotFound. Emits `message.created`.
    """
    _check_client_id(client_id)
    metadata = clean_metadata(metadata)
    digest = _digest(body, reply_to, metadata) if client_id is not None else None
    row = lock_conversation(conversation)
    if client_id is not None and (repeated := _find(actor, row, client_id, digest)):
        return repeated
    clean_body = _clean_body(body)
    authorize(actor, capabilities.MESSAGE_SEND, conversation=row)
    change = Change(row, actor)
    is_counted = actor is not None
    change.set(last_seq=row.last_seq + 1, count_seq=row.count_seq + is_counted)
    message = get_message_model()(
        sender=actor,
        message_body=clean_body,
        # Never before the message with the number below, even where two machines' clocks differ.
        sent_at=max(change.now, row.last_message_at),
        seq=row.last_seq,
        count_seq=row.count_seq,
        kind=MessageKind.USER if is_counted else MessageKind.SYSTEM,
        client_id=client_id,
        client_digest=digest,
        metadata=metadata,
    )
    message.conversation = row
    message.reply_to = _find_answered(actor, row, reply_to)
    message.save(force_insert=True)
    change.set(last_message_id=message.pk, last_message_at=message.sent_at)
    change.emit(EventType.MESSAGE_CREATED, seq=message.seq, message_id=str(message.pk))
    change.write()
    if actor is not None:
        # One's own message is read: the sender's pointer moves to the end with it.
        Participant.objects.using(message._state.db).filter(conversation=row.pk, user=actor).change(
            last_read_seq=row.last_seq, read_count_seq=row.count_seq, last_delivered_seq=row.last_seq
        )
        # What was remembered for the check stands behind the message that it allowed.
        row.forget_memberships()
    message.was_created = True
    return message


def find_repeated(
    *,
    actor: Any | None,
    conversation: AbstractConversation,
    body: str,
    client_id: str,
    reply_to: AbstractMessage | UUID | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> AbstractMessage | None:
    """Return the message that an earlier, equal send with this `client_id` made, or None; reads only.

    Raises Conflict (`client_id_reused`) where the earlier send differed.
    """
    _check_client_id(client_id)
    return _find(actor, conversation, client_id, _digest(body, reply_to, clean_metadata(metadata)))


def _find(
    actor: Any | None, conversation: AbstractConversation, client_id: str, digest: str | None
) -> AbstractMessage | None:
    # Without the kind, the host would find those of users who are gone.
    kind = MessageKind.SYSTEM if actor is None else MessageKind.USER
    message = (
        get_message_model()
        ._default_manager.select_related("sender", "reply_to", "reply_to__sender")
        .filter(conversation=conversation.pk, sender=actor, client_id=client_id, kind=kind)
        .first()
    )
    if message is None:
        return None
    if message.client_digest != digest:
        raise Conflict("client_id_reused", _("This client_id was used for a different message."))
    message.conversation = conversation
    message.was_created = False
    return message


def _digest(body: str, reply_to: AbstractMessage | UUID | None, metadata: Mapping[str, Any]) -> str:
    answered = reply_to.pk if isinstance(reply_to, AbstractMessage) else reply_to
    facts = [body, str(answered) if answered else None, metadata]
    # Keys are sorted, so that a client may order its JSON as it likes; surrogates pass, the body is checked later.
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_client_id(client_id: str | None) -> None:
    if client_id is None:
        return
    is_acceptable = (
        isinstance(client_id, str) and 1 <= len(client_id) <= CLIENT_ID_MAX_LENGTH and is_storable_text(client_id)
    )
    if not is_acceptable:
        raise Invalid("invalid_client_id", _("A client_id has 1 to 64 characters."), field="client_id")


def _clean_body(body: object) -> str:
    if not isinstance(body, str) or not is_storable_text(body):
        raise Invalid("invalid_text", _("This is not a text that can be stored."), field="message_body")
    if not body.strip():
        raise Invalid("blank", _("A message needs a body."), field="message_body")
    if len(body) > settings.MESSAGE_MAX_LENGTH:
        raise Invalid("text_too_long", _("The message is too long."), field="message_body")
    return body


def _find_answered(
    actor: Any | None, conversation: AbstractConversation, reply_to: AbstractMessage | UUID | None
) -> AbstractMessage | None:
    """Return the message that is answered, read through the actor: in this conversation, visible, not deleted."""
    if reply_to is None:
        return None
    key = reply_to.pk if isinstance(reply_to, AbstractMessage) else reply_to
    visible = get_policy().visible_messages(actor) if actor is not None else get_message_model()._default_manager.all()
    found = visible.select_related("sender").filter(conversation=conversation.pk, pk=key, deleted_at=None).first()
    if found is None:
        raise InvalidReference(field="reply_to")
    return found
