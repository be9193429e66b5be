"""Whom to tell of a message by e-mail, push or otherwise, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from django_convo.models import Mention, Participant, Sanction, get_message_model
from django_convo.policy import get_policy
from django_convo.types import NotifyLevel, SanctionKind

from .receipts import apart_from

if TYPE_CHECKING:
    from django_convo.models import AbstractMessage

# Why somebody is told; of several reasons the first.
MENTION: Final = "mention"
REPLY: Final = "reply"
MESSAGE: Final = "message"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Somebody to tell, and why: `mention` (by name or as one of everyone), `reply` (to their message), `message`."""

    user: Any
    reason: str


def notify_recipients(message: AbstractMessage) -> list[Recipient]:
    """Return whom to tell of a message, in the order of joining; two queries, however many take part.

    Those who may see it, without its sender, who are neither deactivated nor banned, have not muted the conversation,
    and want to hear of it: `all` of every message, `mentions` of those that name them, `none` of nothing. A block
    between them and the sender keeps it from them. Nobody is told of a deleted message.
    """
    if message.is_deleted:
        return []
    told = [(row.user, _reason(row)) for row in _listening(message) if getattr(row.user, "is_active", True)]
    allowed = get_policy().audience(message.conversation, message, [user.pk for user, _ in told]) if told else set()
    return [Recipient(user=user, reason=reason) for user, reason in told if user.pk in allowed]


def _reason(row: Any) -> str:
    return MENTION if row.is_named else REPLY if row.is_answered else MESSAGE


def _listening(message: AbstractMessage) -> QuerySet[Any]:
    """Read the participants who want to hear of it, each with whether it names or answers them."""
    named = Mention.objects.filter(Q(user=OuterRef("user")) | Q(user=None), message=message.pk)
    answering: Any = message
    keys = [key for key in (answering.reply_to_id, answering.thread_root_id) if key is not None]
    answered = get_message_model()._default_manager.filter(pk__in=keys, sender=OuterRef("user"))
    banned = Sanction.objects.active().filter(
        Q(conversation=None) | Q(conversation=message.conversation_id), user=OuterRef("user"), kind=SanctionKind.BAN
    )
    rows = (
        Participant.objects.filter(conversation=message.conversation_id, visible_from_seq__lte=message.seq)
        .filter(conversation__deleted_at=None)
        .filter(Q(muted_until=None) | Q(muted_until__lte=timezone.now()))
        .filter(~Exists(banned))
        .select_related("user")
        .annotate(is_named=Exists(named), is_answered=Exists(answered))
        .filter(Q(notify=NotifyLevel.ALL) | Q(notify=NotifyLevel.MENTIONS, is_named=True))
        .order_by("pk")
    )
    if message.sender_id is None:
        return rows
    return rows.exclude(user=message.sender_id).filter(~apart_from(message.sender_id))
