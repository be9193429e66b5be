"""A message, as the pages show it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Final

from django.utils.safestring import SafeString
from django.utils.timezone import now

from django_convo.conf import settings
from django_convo.selectors.extras import ReactionCount, extras_of
from django_convo.types import MessageKind

from .bodies import render_body
from .files import FileRow, file_row
from .ids import NIL
from .people import NOBODY, Person, person_of

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

_NEVER: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """The message that another one answers; `is_seen` is False where the viewer may not read it."""

    is_seen: bool
    message_id: str = ""
    seq: int = 0
    sender: Person | None = None
    excerpt: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRow:
    """What is shown of a message. In one that `is_template`, every part is to be there, and empty."""

    message_id: str
    conversation_id: str
    seq: int = 0
    kind: str = MessageKind.USER.value
    sender: Person | None = None
    body: SafeString | str = ""
    text: str = ""
    sent_at: datetime = _NEVER
    edited_at: datetime | None = None
    client_id: str = ""
    quote: Quote | None = None
    thread_root: str = ""
    reply_count: int = 0
    attachments: Sequence[FileRow] = ()
    reactions: Sequence[ReactionCount] = ()
    # How far an own message has come in a direct: "sent", "delivered" or "read".
    ticks: str = ""
    is_own: bool = False
    is_pinned: bool = False
    is_deleted: bool = False
    is_restorable: bool = False
    is_template: bool = False

    @property
    def is_system(self) -> bool:
        return self.kind == MessageKind.SYSTEM

    @property
    def is_open(self) -> bool:
        """Whether there is anything to do with it."""
        return not (self.is_deleted or self.is_system)


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """How far the other one of a direct has come."""

    read: int = 0
    delivered: int = 0
    is_shown: bool = False

    def ticks_of(self, seq: int) -> str:
        """Return how far a message of one's own has come."""
        if not self.is_shown:
            return ""
        if self.read >= seq:
            return "read"
        return "delivered" if self.delivered >= seq else "sent"


def message_rows(
    actor: Any, messages: Iterable[Any], *, conversation: AbstractConversation | None = None
) -> list[MessageRow]:
    """Return what is shown of messages that `selectors.decorate_messages` has seen; no query.

    With the conversation, once `selectors.decorate` has seen it, also the ticks of one's own.
    """
    receipt = _receipt(actor, conversation)
    return [message_row(actor, message, receipt=receipt) for message in messages]


def message_row(actor: Any, message: Any, *, receipt: Receipt = Receipt()) -> MessageRow:
    """Return what is shown of one message."""
    extras = extras_of(message)
    is_own = message.sender_id is not None and message.sender_id == actor.pk
    return MessageRow(
        message_id=str(message.pk),
        conversation_id=str(message.conversation_id),
        seq=message.seq,
        kind=message.kind,
        sender=person_of(message.sender) if message.sender_id is not None else None,
        body=render_body(message.message_body, mentioned=extras.mentions, viewer=actor),
        text=message.message_body,
        sent_at=message.sent_at,
        edited_at=message.edited_at,
        client_id=(message.client_id or "") if is_own else "",
        quote=_quote(message),
        thread_root=str(message.thread_root_id or ""),
        reply_count=message.reply_count,
        attachments=[file_row(item) for item in extras.attachments],
        reactions=extras.reactions,
        ticks=receipt.ticks_of(message.seq) if is_own else "",
        is_own=is_own,
        is_pinned=message.is_pinned,
        is_deleted=message.is_deleted,
        is_restorable=_is_restorable(actor, message),
    )


def message_templates(conversation_id: Any) -> dict[str, MessageRow]:
    """Return the empty rows that a script clones, by the name of their template."""
    empty: dict[str, Any] = {
        "message_id": NIL,
        "conversation_id": str(conversation_id),
        "sender": NOBODY,
        "is_template": True,
    }
    full: dict[str, Any] = {
        **empty,
        "quote": Quote(is_seen=True, message_id=NIL, sender=NOBODY),
        "edited_at": _NEVER,
        "is_pinned": True,
    }
    return {
        "message": MessageRow(**full),
        "message-own": MessageRow(**full, is_own=True, ticks="sent"),
        "message-system": MessageRow(**empty | {"sender": None}, kind=MessageKind.SYSTEM.value),
        "message-deleted": MessageRow(**empty, is_deleted=True, is_restorable=True),
    }


def _receipt(actor: Any, conversation: Any) -> Receipt:
    if conversation is None or not conversation.is_direct:
        return Receipt()
    others = [row for row in conversation.first_participants if row.user_id != actor.pk]
    if len(others) != 1 or getattr(others[0], "receipt_mark", None) is not True:
        return Receipt()
    return Receipt(read=others[0].last_read_seq, delivered=others[0].last_delivered_seq, is_shown=True)


def _quote(message: Any) -> Quote | None:
    if message.reply_to_id is None:
        return None
    if not message.reply_is_visible:
        return Quote(is_seen=False)
    quoted = message.reply_to
    return Quote(
        is_seen=True,
        message_id=str(quoted.pk),
        seq=quoted.seq,
        sender=person_of(quoted.sender) if quoted.sender_id is not None else None,
        excerpt=quoted.excerpt,
    )


def _is_restorable(actor: Any, message: Any) -> bool:
    """Say whether to offer an undo; whether it may be, the action decides."""
    if message.deleted_at is None or message.deleted_by_id != actor.pk:
        return False
    return bool(message.deleted_at + settings.UNDO_WINDOW > now())
