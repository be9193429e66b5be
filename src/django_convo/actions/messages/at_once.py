"""Sending in one statement, where the database can and the host has nothing to say in between."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db import IntegrityError, NotSupportedError, OperationalError, connections, router, transaction
from django.utils import timezone

from django_convo import events
from django_convo.actions.busy import is_busy
from django_convo.conf import settings
from django_convo.exceptions import ConvoError
from django_convo.models import (
    AbstractConversation,
    AbstractMessage,
    Block,
    Event,
    Participant,
    Sanction,
    get_conversation_model,
    get_message_model,
)
from django_convo.models.conversations import ConversationQuerySet
from django_convo.models.rows import is_found_plainly, is_saved_plainly
from django_convo.policy import Policy, capabilities, get_policy
from django_convo.policy.roles import conversation_roles_with, site_capabilities
from django_convo.selectors.extras import remember_extras
from django_convo.types import EventType, MessageKind

from .content import MessageReference, clean_body, find_referenced
from .mentions import has_names
from .one_statement import COLUMN, EVENT_KEY, NUMBERED, send_statement

# Databases that speak like PostgreSQL and turned out not to know the statement.
_without: set[str] = set()


def send_at_once(
    actor: Any | None,
    conversation_id: UUID,
    *,
    body: object,
    client_id: str | None,
    digest: str | None,
    reply_to: MessageReference | None,
    metadata: dict[str, Any],
) -> AbstractMessage | None:
    """Send a message of words alone, or return None where it takes the longer way, for whatever reason.

    Nothing has been written then. One statement, and one before it for an answer; it commits by itself, or belongs to
    the caller's transaction. Nothing is refused here: the longer way finds out why, and says so.
    """
    using = router.db_for_write(get_conversation_model())
    roles = _roles_of(actor)
    if not roles or using in _without or not _is_ordinary(using):
        return None
    try:
        clean = clean_body(body)
        answered, _ = find_referenced(actor, conversation_id, reply_to=reply_to, thread_root=None)
    except ConvoError:
        return None
    if has_names(clean):
        return None
    message = get_message_model()(
        sender=actor,
        message_body=clean,
        kind=MessageKind.USER,
        client_id=client_id,
        client_digest=digest,
        metadata=metadata,
    )
    message.reply_to = answered
    connection = connections[using]
    is_within = connection.in_atomic_block or not connection.get_autocommit()
    try:
        with transaction.atomic(using=using) if is_within else nullcontext():
            return _written(message, actor, conversation_id, roles, using)
    except IntegrityError:
        # Somebody was quicker with the same `client_id`; or something of the host's, which says so again.
        return None
    except NotSupportedError:
        _without.add(using)
        return None
    except OperationalError as error:
        if is_within or not is_busy(error):
            raise
        return None


def _written(
    message: AbstractMessage, actor: Any, conversation_id: UUID, roles: frozenset[str], using: str
) -> AbstractMessage | None:
    client_id, answered = message.client_id, message.reply_to
    payload = {"message_id": str(message.pk)}
    statement = send_statement(using, roles, is_repeatable=client_id is not None, is_answer=answered is not None)
    rows = statement.read(
        conversation=conversation_id,
        actor=actor.pk,
        now=timezone.now(),
        message_id=message.pk,
        client_id=client_id,
        reply_to=None if answered is None else answered.pk,
        payload=payload,
        **_columns(message, using),
    )
    if not rows:
        return None
    row: Any = rows[0]
    message.conversation = row
    message.seq, message.count_seq, message.sent_at = row.last_seq, row.count_seq, row.last_message_at
    message._state.adding, message._state.db = False, using
    message.was_created = True
    remember_extras(message, attachments=(), mentioned=())
    event = Event(
        pk=row.__dict__.pop(EVENT_KEY),
        event_seq=row.event_seq,
        type=EventType.MESSAGE_CREATED,
        actor=actor,
        seq=row.last_seq,
        payload=payload,
        created_at=row.changed_at,
    )
    event.conversation = row
    event._state.adding, event._state.db = False, using
    events.publish([event], using=using)
    return message


def _columns(message: AbstractMessage, using: str) -> dict[str, Any]:
    """Return what the row of the message holds, as the driver is given it."""
    connection = connections[using]
    return {
        COLUMN + field.attname: field.get_db_prep_save(field.pre_save(message, add=True), connection)
        for field in message._meta.concrete_fields
        if field.attname not in NUMBERED
    }


def _roles_of(actor: Any | None) -> frozenset[str]:
    """Return with which roles in a conversation the actor may send by the package's own policy; none by another."""
    if actor is None or type(get_policy()).can is not Policy.can:
        return frozenset()
    if capabilities.MESSAGE_SEND not in site_capabilities(actor):
        return frozenset()
    return conversation_roles_with(capabilities.MESSAGE_SEND)


def _is_ordinary(using: str) -> bool:
    """Say whether nobody else has to be asked: no hook, no receiver of signals, no model that saves itself."""
    message_model = get_message_model()
    if settings.MESSAGE_HOOKS or connections[using].vendor != "postgresql":
        return False
    written = (message_model, Event, Participant, Sanction, Block)
    if django_settings.DATABASE_ROUTERS and any(router.db_for_write(model) != using for model in written):
        return False
    return _is_found_live(get_conversation_model()) and is_saved_plainly(message_model)


def _is_found_live(model: type[AbstractConversation]) -> bool:
    manager: Any = model._default_manager
    return is_found_plainly(model) and manager._queryset_class.live is ConversationQuerySet.live
