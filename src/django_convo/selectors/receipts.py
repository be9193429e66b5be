"""Receipts: how far each participant has read, and who has read a message."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import BooleanField, Case, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Denied
from django_convo.models import Block

from .people import participants

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage, Participant

# In the order of joining.
RECEIPT_ORDER: Final = ("pk",)
# Where `receipt_mark` stands: whether the actor is shown how far a participant has read.
RECEIPT_MARK: Final = "receipt_mark"


def has_receipts(conversation: AbstractConversation) -> bool:
    """Say whether the participants see how far the others have read: `CONVO_READ_RECEIPTS`, and not too many."""
    return settings.READ_RECEIPTS and conversation.participant_count <= settings.LARGE_CONVERSATION


def apart_from(actor: Any) -> Q:
    """Return the condition for rows of participants whom the actor has blocked, or who have blocked the actor."""
    blocked = Block.objects.filter(blocker=actor, blocked=OuterRef("user"))
    blocking = Block.objects.filter(blocker=OuterRef("user"), blocked=actor)
    return Q(Exists(blocked)) | Q(Exists(blocking))


def told_in(actor: Any, conversations: Iterable[AbstractConversation]) -> list[UUID]:
    """Return the ids of those conversations in which the actor sees the pointers of the other: one's own directs."""
    return [
        item.pk
        for item in conversations
        if item.is_direct and has_receipts(item) and item.membership_of(actor) is not None
    ]


def receipt_mark(actor: Any, is_told: Q) -> Case:
    """Return the annotation by which rows of participants know whether the actor sees their pointers.

    It is True where this is told, False there for somebody whom a block keeps apart, and None elsewhere.
    """
    return Case(
        When(is_told & apart_from(actor), then=Value(False)),
        When(is_told, then=Value(True)),
        output_field=BooleanField(null=True),
    )


def receipts(actor: Any, conversation: AbstractConversation) -> QuerySet[Participant]:
    """Return the participants with their pointers; page them by `RECEIPT_ORDER`.

    Between two, none across a block. Among more, a block changes nothing: who is left out would tell of it. Raises
    Denied (`receipts_off`).
    """
    if not has_receipts(conversation):
        raise Denied("receipts_off", _("It is not told here who has read what."))
    rows = participants(conversation)
    return rows.filter(~apart_from(actor)) if conversation.participant_count <= 2 else rows


def readers(actor: Any, conversation: AbstractConversation, message: AbstractMessage) -> QuerySet[Participant]:
    """Return who has read a message of the conversation, without its sender; page them by `RECEIPT_ORDER`.

    Raises Denied (`receipts_off`).
    """
    read = receipts(actor, conversation).filter(last_read_seq__gte=message.seq, visible_from_seq__lte=message.seq)
    return read.exclude(user=message.sender_id)
