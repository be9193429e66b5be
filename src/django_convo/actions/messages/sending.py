"""Sending messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import router
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.actions.attachments import attach, find_unsent
from django_convo.actions.base import Change, action, clean_metadata
from django_convo.exceptions import Conflict
from django_convo.models import AbstractConversation, AbstractMessage, Participant, get_message_model
from django_convo.models.rows import insert, update
from django_convo.policy import authorize, capabilities, powers_of
from django_convo.policy.sanctions import Standing
from django_convo.selectors.extras import remember_extras
from django_convo.selectors.kept import Bound, bound_actor, bound_id, kept
from django_convo.types import EventType, MessageKind

from .at_once import send_at_once
from .content import AttachmentReference, MessageReference, check_client_id, clean_body, digest_of, find_referenced
from .hooks import OutgoingMessage, run_hooks
from .mentions import count_mentions, find_named, write_mentions
from .pace import refuse_too_soon
from .standing import lock_to_send


def send_message(
    *,
    actor: Any | None,
    conversation: AbstractConversation,
    body: str = "",
    client_id: str | None = None,
    reply_to: MessageReference | None = None,
    thread_root: MessageReference | None = None,
    attachments: Sequence[AttachmentReference] = (),
    mentions: Sequence[Any] = (),
    metadata: Mapping[str, Any] | None = None,
) -> AbstractMessage:
    """Send a message; locks the conversation, whose next `seq` it takes.

    `actor=None` is the host itself: a system message, no policy asked, counted by nobody. A `client_id` (1 to 64
    characters) that this sender has used in this conversation answers with the message of then, whatever has become of
    it, before anything else is asked; `message.was_created` tells the two apart. `attachments` are the actor's own
    uploads that were not sent yet; `mentions` are users or their keys, or `actions.EVERYONE`. The number of statements
    does not depend on the number of participants.

    Raises Denied (`conversation_closed`, `muted`, `banned`, what a hook says), Invalid, InvalidReference (`reply_to`,
    `thread_root`, `attachments`, `mentions`: not there or not the actor's to use), Conflict (`client_id_reused` for a
    different message), TooSoon (`slow_mode`), NotFound. Emits `message.created`.
    """
    return send_to(
        conversation.pk,
        lambda: conversation,
        actor=actor,
        client_id=client_id,
        body=body,
        reply_to=reply_to,
        thread_root=thread_root,
        attachments=attachments,
        mentions=mentions,
        metadata=metadata,
    )


def send_to(
    conversation_id: UUID,
    find: Callable[[], AbstractConversation],
    *,
    actor: Any | None,
    client_id: str | None,
    body: str,
    reply_to: MessageReference | None,
    thread_root: MessageReference | None,
    attachments: Sequence[AttachmentReference],
    mentions: Sequence[Any],
    metadata: Mapping[str, Any] | None,
) -> AbstractMessage:
    """Send as `send_message` does, to a conversation that is read only where it takes more than its id.

    The statement that sends asks by itself whether the actor takes part. `find` reads the conversation, and raises
    what somebody is told who may not know of it.
    """
    if actor is not None and powers_of(actor) is None:
        # What a host's policy shows is known to nobody else: to what it hides, nothing is sent.
        find()
    check_client_id(client_id)
    plain: dict[str, Any] = {"body": body, "reply_to": reply_to, "metadata": clean_metadata(metadata)}
    other: dict[str, Any] = {"thread_root": thread_root, "attachments": attachments, "mentions": mentions}
    digest = digest_of(**plain, **other) if client_id is not None else None
    if not any(other.values()):
        sent = send_at_once(actor, conversation_id, client_id=client_id, digest=digest, **plain)
        if sent is not None:
            return sent
    return _send_locked(actor, find(), client_id=client_id, digest=digest, **plain, **other)


@action
def _send_locked(
    actor: Any | None,
    conversation: AbstractConversation,
    *,
    client_id: str | None,
    digest: str | None,
    **content: Any,
) -> AbstractMessage:
    """Find what an earlier request has sent, or send: the conversation is locked while it is asked who may."""
    row, standing = lock_to_send(actor, conversation)
    if client_id is not None and (repeated := find_by_client_id(actor, row, client_id, digest)):
        return repeated
    return write_message(actor, row, client_id=client_id, digest=digest, standing=standing, **content)


def write_message(
    actor: Any | None,
    row: AbstractConversation,
    *,
    body: str,
    client_id: str | None,
    digest: str | None,
    metadata: dict[str, Any],
    reply_to: MessageReference | None = None,
    thread_root: MessageReference | None = None,
    attachments: Sequence[AttachmentReference] = (),
    mentions: Sequence[Any] = (),
    is_naming: bool = True,
    standing: Standing | None = None,
) -> AbstractMessage:
    """Check and write a message that no earlier request has sent, into the conversation that the caller has locked.

    Without `is_naming`, a name in the body mentions nobody: the words are somebody else's.
    """
    clean = clean_body(body, is_blank_allowed=bool(attachments))
    authorize(actor, capabilities.MESSAGE_SEND, conversation=row, standing=standing)
    if actor is not None:
        refuse_too_soon(actor, row)
        outgoing = run_hooks(OutgoingMessage(actor=actor, conversation=row, body=clean, metadata=metadata))
        clean = clean_body(outgoing.body, is_blank_allowed=bool(attachments))
        metadata = clean_metadata(outgoing.metadata)
    answered, root = find_referenced(actor, row.pk, reply_to=reply_to, thread_root=thread_root)
    named = find_named(actor, row, mentions, clean if is_naming else "")
    files = find_unsent(actor, attachments)
    change = Change(row, actor)
    is_counted = actor is not None
    change.set(last_seq=row.last_seq + 1, count_seq=row.count_seq + is_counted)
    message = get_message_model()(
        sender=actor,
        message_body=clean,
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
    message.reply_to, message.thread_root = answered, root
    insert(message, using=router.db_for_write(type(message), instance=message))
    attach(message, files)
    write_mentions(message, named.in_order)
    count_mentions(message, named.keys, +1)
    if root is not None:
        type(message)._default_manager.filter(pk=root.pk, conversation=row.pk).update(reply_count=F("reply_count") + 1)
    change.set(last_message_id=message.pk, last_message_at=message.sent_at)
    change.emit(EventType.MESSAGE_CREATED, seq=message.seq, message_id=str(message.pk))
    change.write()
    if actor is not None:
        _move_to_end(actor, row, using=str(message._state.db))
        # What was remembered for the check stands behind the message that it allowed.
        row.forget_memberships()
    remember_extras(message, attachments=files, mentioned=[*named.users.values(), *([None] if named.everyone else [])])
    message.was_created = True
    return message


def _move_to_end(actor: Any, row: AbstractConversation, *, using: str) -> None:
    """Move the sender's pointer to the end: one's own message is read."""
    values = {
        "last_read_seq": row.last_seq,
        "read_count_seq": row.count_seq,
        "last_delivered_seq": row.last_seq,
        "mention_count": 0,
        "updated_at": timezone.now(),
    }
    update(Participant, {"conversation": row.pk, "user": actor.pk}, values, using=using)


def find_repeated(
    *,
    actor: Any | None,
    conversation: AbstractConversation,
    client_id: str,
    body: str = "",
    reply_to: MessageReference | None = None,
    thread_root: MessageReference | None = None,
    attachments: Sequence[AttachmentReference] = (),
    mentions: Sequence[Any] = (),
    metadata: Mapping[str, Any] | None = None,
) -> AbstractMessage | None:
    """Return the message that an earlier, equal send with this `client_id` made, or None; reads only.

    Raises Conflict (`client_id_reused`) where the earlier send differed.
    """
    check_client_id(client_id)
    digest = digest_of(
        body=body,
        reply_to=reply_to,
        thread_root=thread_root,
        attachments=attachments,
        mentions=mentions,
        metadata=clean_metadata(metadata),
    )
    return find_by_client_id(actor, conversation, client_id, digest)


def find_by_client_id(
    actor: Any | None, conversation: AbstractConversation, client_id: str, digest: str | None
) -> AbstractMessage | None:
    """Return the message that this `client_id` has made here, or None; Conflict where the request of then differed."""
    given = {"conversation": conversation.pk, "client_id": client_id}
    found = _sent_by_host().read(**given) if actor is None else _sent_by_actor().read(actor=actor.pk, **given)
    if not found:
        return None
    message = found[0]
    if message.client_digest != digest:
        raise Conflict("client_id_reused", _("This client_id was used for a different message."))
    message.conversation = conversation
    message.was_created = False
    return message


@kept
def _sent_by_actor() -> QuerySet[AbstractMessage]:
    return _sent_with_client_id(MessageKind.USER).filter(sender=bound_actor())


@kept
def _sent_by_host() -> QuerySet[AbstractMessage]:
    # Without the kind, the host would find those of users who are gone.
    return _sent_with_client_id(MessageKind.SYSTEM).filter(sender=None)


def _sent_with_client_id(kind: MessageKind) -> QuerySet[AbstractMessage]:
    model = get_message_model()
    client_id = Bound("client_id", model._meta.get_field("client_id"))
    rows = model._default_manager.select_related("sender", "reply_to", "reply_to__sender")
    return rows.filter(conversation=bound_id("conversation"), client_id=client_id, kind=kind)
