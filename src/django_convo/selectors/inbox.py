"""The inbox: one's own conversations in order, each with one's own participant row in the same statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import connections
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    DateTimeField,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.utils import timezone

from django_convo.models import Participant
from django_convo.policy import get_policy, powers_of
from django_convo.policy.sanctions import SANCTION_MARK, sanction_mark
from django_convo.policy.sight import conversations_left, conversations_shown, not_hidden
from django_convo.types import ConversationKind

from .kept import Bound, bound_actor, bound_id, bound_now, kept
from .keyset import beyond, cut, keyset_rows, turned
from .lookups import is_one_of

if TYPE_CHECKING:
    from django.contrib.contenttypes.models import ContentType

    from django_convo.models import AbstractConversation

INBOX_ORDER: Final = ("-is_pinned", "-last_message_at", "-pk")
CHANNEL_ORDER: Final = ("-last_message_at", "-pk")
# Where `own` and `visible` leave the actor's participant row; `remember` moves it on.
_MEMBERSHIP: Final = "actor_membership"
_DRAFT: Final = "actor_draft"
_BARE: tuple[str, ...] = (_MEMBERSHIP,)
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


# Which filters hold a value, and how it is bound; the others are part of the statement.
_BOUND: Final[dict[str, Callable[[], Bound]]] = {
    "kind": lambda: Bound("kind", CharField()),
    "participant": lambda: bound_actor("participant"),
    "subject_type": lambda: Bound("subject_type", BigIntegerField()),
    "subject_id": lambda: Bound("subject_id", CharField()),
}


def visible(actor: Any) -> QuerySet[AbstractConversation]:
    """Return what the actor may know of, each with the actor's own participant row and draft in the same query.

    Either is None where there is none.
    """
    return _with_own_state(get_policy().visible_conversations(actor), actor)


def find_visible(actor: Any, conversation_id: UUID) -> AbstractConversation | None:
    """Return one of `visible`, or None; one query."""
    powers = powers_of(actor)
    if powers is None:
        return visible(actor).filter(pk=conversation_id).first()
    rows = _one_visible(powers).read(actor=actor.pk, now=timezone.now(), conversation=conversation_id)
    return rows[0] if rows else None


def find_visible_bare(actor: Any, conversation_id: UUID) -> AbstractConversation | None:
    """Return what `find_visible` does without what only a conversation's JSON takes; the membership is remembered."""
    powers = powers_of(actor)
    if powers is None:
        conversation = find_visible(actor, conversation_id)
        remember(actor, [conversation] if conversation is not None else [])
        return conversation
    rows = _one_visible_bare(powers).read(actor=actor.pk, now=timezone.now(), conversation=conversation_id)
    for row in rows:
        row.remember_membership(actor, row.__dict__.get(_MEMBERSHIP))
    return rows[0] if rows else None


@kept
def _one_visible(powers: frozenset[str]) -> QuerySet[AbstractConversation]:
    user, now = bound_actor(), bound_now()
    rows = _with_own_state(conversations_shown(user, powers, now), user, now)
    return rows.filter(pk=bound_id("conversation"))


@kept
def _one_visible_bare(powers: frozenset[str]) -> QuerySet[AbstractConversation]:
    user, now = bound_actor(), bound_now()
    rows = _with_membership(conversations_left(user, now), user).select_related(*_BARE)
    shown = not_hidden(powers, is_own=Q(actor_membership__user=user))
    return rows.filter(shown, pk=bound_id("conversation"))


def own(actor: Any, wanted: Q | None = None) -> QuerySet[AbstractConversation]:
    """Return the visible conversations of which the actor is a participant.

    Conditions on the participant row (`actor_membership__…`) go into `wanted`: Django gives each further `filter()`
    on a relation to many a join of its own. Annotations share the join.
    """
    return visible(actor).filter(Q(actor_membership__user=actor) & (wanted or Q()))


def own_bound(wanted: Q) -> QuerySet[AbstractConversation]:
    """Return `own` by the package's own policy, to be kept: of the `actor` and at the moment that are bound to it."""
    user, now = bound_actor(), bound_now()
    rows = _with_own_state(conversations_left(user, now), user, now)
    return rows.filter(Q(actor_membership__user=user) & wanted)


def own_part(
    wanted: Q, *, by: dict[str, Any], after: Q, order: Sequence[str], limit: int
) -> QuerySet[AbstractConversation]:
    """Return the first of `own_bound` in an order that is also by annotations, of which `after` may speak.

    They are chosen before anything else is read, so that what a page shows beside its rows is joined to them, and not
    to all that one has.
    """
    user, now = bound_actor(), bound_now()
    rows = _with_membership(conversations_left(user, now), user).filter(Q(actor_membership__user=user) & wanted)
    part = rows.annotate(**by).filter(after).order_by(*order)[:limit]
    if not connections[part.db].features.allow_sliced_subqueries_with_in:
        return _with_state(part, user, now)
    chosen = _with_membership(part.model._default_manager.all(), user)
    keys = part.values("pk")
    is_postgres = connections[part.db].vendor == "postgresql"
    is_chosen = is_one_of("pk", Subquery(keys)) if is_postgres else Q(pk__in=keys)
    chosen = chosen.filter(Q(actor_membership__user=user), is_chosen)
    return _with_state(chosen, user, now).annotate(**by).order_by(*order)


def inbox(actor: Any, *, filters: InboxFilters | None = None) -> QuerySet[AbstractConversation]:
    """Return one's own conversations, pinned first, then by latest activity; page it by `INBOX_ORDER`."""
    rows = own(actor, _wanted(filters or InboxFilters(), timezone.now()))
    return rows.annotate(is_pinned=_is_pinned()).order_by(*INBOX_ORDER)


def inbox_page(
    actor: Any,
    *,
    filters: InboxFilters,
    limit: int,
    position: Sequence[Any] | None = None,
    backwards: bool = False,
) -> tuple[list[AbstractConversation], bool]:
    """Return a page of `inbox` after the position, as `keyset_rows` does, and whether there are more; one query."""
    if powers_of(actor) is None:
        rows = inbox(actor, filters=filters)
        return keyset_rows(rows, order=INBOX_ORDER, limit=limit, position=position, backwards=backwards)
    given = tuple(name for name in _BOUND if getattr(filters, name) is not None)
    flags = InboxFilters(unread=filters.unread, archived=filters.archived, pinned=filters.pinned)
    statement = _inbox_part(flags, given, position is not None, backwards, limit + 1)
    values: dict[str, Any] = {name: getattr(filters, name) for name in given}
    if filters.subject_type is not None:
        values["subject_type"] = filters.subject_type.pk
    values |= {f"place{number}": value for number, value in enumerate(position or ())}
    found = statement.read(actor=actor.pk, now=timezone.now(), **values)
    return cut(found, limit=limit, backwards=backwards)


@kept
def _inbox_part(
    flags: InboxFilters, given: tuple[str, ...], has_position: bool, backwards: bool, limit: int
) -> QuerySet[AbstractConversation]:
    values: dict[str, Any] = {name: _BOUND[name]() for name in given}
    after = Q()
    if has_position:
        place = (Bound("place0", BooleanField()), Bound("place1", DateTimeField()), bound_id("place2"))
        after = beyond(INBOX_ORDER, place, backwards=backwards)
    return own_part(
        _wanted(replace(flags, **values), bound_now()),
        by={"is_pinned": _is_pinned()},
        after=after,
        order=turned(INBOX_ORDER, backwards),
        limit=limit,
    )


def open_channels(actor: Any) -> QuerySet[AbstractConversation]:
    """Return the channels that the actor has not joined and might, by latest activity; page it by `CHANNEL_ORDER`."""
    # Asked as NOT EXISTS: of "the joined row is NULL", PostgreSQL expects one row and plans accordingly.
    joined = Participant.objects.filter(conversation=OuterRef("pk"), user=actor)
    return (
        visible(actor).filter(~Exists(joined), kind=ConversationKind.CHANNEL, closed_at=None).order_by(*CHANNEL_ORDER)
    )


def is_archived(now: Any) -> Q:
    """Return the filter for rows of `own` that are out of the inbox: `Participant.is_archived` in SQL."""
    is_old = Q(actor_membership__archived_at__gte=F("last_message_at"))
    return Q(actor_membership__archived_at__isnull=False) & (is_old | Q(actor_membership__muted_until__gt=now))


def is_unarchived(now: Any) -> Q:
    """Return the opposite of `is_archived`, in full: SQL's NOT of a comparison with NULL keeps nothing."""
    has_news = Q(actor_membership__archived_at__lt=F("last_message_at"))
    return Q(actor_membership__archived_at__isnull=True) | (has_news & is_heard(now))


def is_heard(now: Any) -> Q:
    """Return the filter for rows of `own` that are not muted at the moment."""
    return Q(actor_membership__muted_until__isnull=True) | Q(actor_membership__muted_until__lte=now)


def _wanted(filters: InboxFilters, now: Any) -> Q:
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


def _with_own_state(
    rows: QuerySet[AbstractConversation], user: Any, now: Any = None
) -> QuerySet[AbstractConversation]:
    return _with_state(_with_membership(rows, user), user, now)


def _with_state(rows: QuerySet[AbstractConversation], user: Any, now: Any) -> QuerySet[AbstractConversation]:
    """Add to rows that have the membership what else of one's own is shown of them."""
    draft = FilteredRelation("convo_draft", condition=Q(convo_draft__user=user))
    return rows.annotate(**{_DRAFT: draft, SANCTION_MARK: sanction_mark(user, now)}).select_related(*_RELATED)


def _with_membership(rows: QuerySet[AbstractConversation], user: Any) -> QuerySet[AbstractConversation]:
    relation = FilteredRelation("convo_participant", condition=Q(convo_participant__user=user))
    return rows.annotate(**{_MEMBERSHIP: relation})


def _is_pinned() -> Case:
    is_pinned = When(actor_membership__pinned_at__isnull=False, then=Value(True))
    return Case(is_pinned, default=Value(False), output_field=BooleanField())


def remember(actor: Any, conversations: Iterable[AbstractConversation]) -> None:
    """Let rows of `own` and `visible` know the actor's membership, which they were read with."""
    for conversation in conversations:
        if _MEMBERSHIP in conversation.__dict__:
            participant = conversation.__dict__[_MEMBERSHIP]
            participant.own_draft = conversation.__dict__.get(_DRAFT)
            conversation.remember_membership(actor, participant)
