"""The inbox: one's own conversations in order, each with one's own participant row in the same statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.utils import timezone

from django_convo.models import Participant
from django_convo.policy import get_policy
from django_convo.policy.sanctions import SANCTION_MARK, sanction_mark
from django_convo.types import ConversationKind

if TYPE_CHECKING:
    from datetime import datetime

    from django.contrib.contenttypes.models import ContentType

    from django_convo.models import AbstractConversation

INBOX_ORDER: Final = ("-is_pinned", "-last_message_at", "-pk")
CHANNEL_ORDER: Final = ("-last_message_at", "-pk")
# Where `own` and `visible` leave the actor's participant row; `remember` moves it on.
_MEMBERSHIP: Final = "actor_membership"
_DRAFT: Final = "actor_draft"
_RELATED: tuple[str, ...] = ("created_by", "subject_type", _MEMBERSHIP, _DRAFT)


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxFilters:
    """What to keep of the inbox; None keeps both. Archived conversations are out unless they are asked for."""

    kind: str | None = None
    unread: bool | None = None
    archived: bool = False
    pinned: bool | None = None
    # The primary key of a user who takes part too.
    participant: Any | None = None
    subject_type: ContentType | None = None
    subject_id: str | None = None


def visible(actor: Any) -> QuerySet[AbstractConversation]:
    """Return what the actor may know of, each with the actor's own participant row and draft in the same query.

    Either is None where there is none.
    """
    return (
        get_policy()
        .visible_conversations(actor)
        .annotate(
            **{
                _MEMBERSHIP: FilteredRelation("convo_participant", condition=Q(convo_participant__user=actor)),
                _DRAFT: FilteredRelation("convo_draft", condition=Q(convo_draft__user=actor)),
                SANCTION_MARK: sanction_mark(actor),
            }
        )
        .select_related(*_RELATED)
    )


def own(actor: Any, wanted: Q | None = None) -> QuerySet[AbstractConversation]:
    """Return the visible conversations of which the actor is a participant.

    Conditions on the participant row (`actor_membership__…`) go into `wanted`: Django gives each further `filter()`
    on a relation to many a join of its own. Annotations share the join.
    """
    return visible(actor).filter(Q(actor_membership__user=actor) & (wanted or Q()))


def inbox(actor: Any, *, filters: InboxFilters | None = None) -> QuerySet[AbstractConversation]:
    """Return one's own conversations, pinned first, then by latest activity; page it by `INBOX_ORDER`."""
    is_pinned = Case(
        When(actor_membership__pinned_at__isnull=False, then=Value(True)),
        default=Value(False),
        output_field=BooleanField(),
    )
    return own(actor, _wanted(filters or InboxFilters())).annotate(is_pinned=is_pinned).order_by(*INBOX_ORDER)


def open_channels(actor: Any) -> QuerySet[AbstractConversation]:
    """Return the channels that the actor has not joined and might, by latest activity; page it by `CHANNEL_ORDER`."""
    # Asked as NOT EXISTS: of "the joined row is NULL", PostgreSQL expects one row and plans accordingly.
    joined = Participant.objects.filter(conversation=OuterRef("pk"), user=actor)
    return (
        visible(actor).filter(~Exists(joined), kind=ConversationKind.CHANNEL, closed_at=None).order_by(*CHANNEL_ORDER)
    )


def is_archived(now: datetime) -> Q:
    """Return the filter for rows of `own` that are out of the inbox: `Participant.is_archived` in SQL."""
    is_old = Q(actor_membership__archived_at__gte=F("last_message_at"))
    return Q(actor_membership__archived_at__isnull=False) & (is_old | Q(actor_membership__muted_until__gt=now))


def is_unarchived(now: datetime) -> Q:
    """Return the opposite of `is_archived`, in full: SQL's NOT of a comparison with NULL keeps nothing."""
    has_news = Q(actor_membership__archived_at__lt=F("last_message_at"))
    return Q(actor_membership__archived_at__isnull=True) | (has_news & is_heard(now))


def is_heard(now: datetime) -> Q:
    """Return the filter for rows of `own` that are not muted at the moment."""
    return Q(actor_membership__muted_until__isnull=True) | Q(actor_membership__muted_until__lte=now)


def _wanted(filters: InboxFilters) -> Q:
    now = timezone.now()
    wanted = is_archived(now) if filters.archived else is_unarchived(now)
    if filters.kind is not None:
        wanted &= Q(kind=filters.kind)
    if filters.unread is not None:
        unread = Q(count_seq__gt=F("actor_membership__read_count_seq"))
        wanted &= unread if filters.unread else ~unread
    if filters.pinned is not None:
        wanted &= Q(actor_membership__pinned_at__isnull=not filters.pinned)
    if filters.participant is not None:
        others = Participant.objects.filter(conversation=OuterRef("pk"), user=filters.participant)
        wanted &= Q(Exists(others))
    if filters.subject_type is not None:
        wanted &= Q(subject_type=filters.subject_type)
    if filters.subject_id is not None:
        wanted &= Q(subject_id=filters.subject_id)
    return wanted


def remember(actor: Any, conversations: Iterable[AbstractConversation]) -> None:
    """Let rows of `own` and `visible` know the actor's membership, which they were read with."""
    for conversation in conversations:
        if _MEMBERSHIP in conversation.__dict__:
            participant = conversation.__dict__[_MEMBERSHIP]
            participant.own_draft = conversation.__dict__.get(_DRAFT)
            conversation.remember_membership(actor, participant)
