"""What whoever delivers has to know: who takes part where, from when on, and what changed without a word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from django_convo.models import Block, Draft, Participant, get_conversation_model
from django_convo.policy import get_policy

from .kept import Among, bound_actor, kept, length_of

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What one participant may see of one conversation, and when their own state last changed."""

    conversation_id: UUID
    user_id: Any
    visible_from_seq: int
    joined_event_seq: int
    updated_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Membership:
    """A conversation in which a user takes part, as it stands when they connect."""

    sight: Sight
    event_seq: int
    membership_version: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Changed:
    """A conversation that changed since a moment, deleted or not."""

    conversation_id: UUID
    event_seq: int
    membership_version: int


def memberships(user: Any) -> list[Membership]:
    """Return every conversation in which the user takes part and that the policy shows; one query."""
    visible = get_policy().visible_conversations(user).values("pk")
    rows = Participant.objects.filter(user=user, conversation__in=visible)
    names = ("conversation__event_seq", "conversation__membership_version", *_SIGHT)
    return [
        Membership(sight=_sight(row), event_seq=event_seq, membership_version=version)
        for event_seq, version, *row in rows.values_list(*names)
    ]


def sights(conversation_ids: Collection[UUID], user_ids: Collection[Any]) -> list[Sight]:
    """Return what these users see of these conversations, where they take part; one query for 500 users."""
    found = []
    for keys in _parts(user_ids):
        rows = Participant.objects.filter(conversation__in=conversation_ids, user__in=keys)
        found += [_sight(row) for row in rows.values_list(*_SIGHT)]
    return found


def changed_conversations(since: datetime) -> list[Changed]:
    """Return the conversations that changed from a moment on; one query, by the index on `changed_at`."""
    rows = get_conversation_model()._default_manager.filter(changed_at__gte=since)
    return [
        Changed(conversation_id=key, event_seq=event_seq, membership_version=version)
        for key, event_seq, version in rows.values_list("pk", "event_seq", "membership_version")
    ]


def changed_sights(user_ids: Collection[Any], since: datetime) -> list[Sight]:
    """Return the rows of these users that changed from a moment on; one query for 500 users."""
    found = []
    for keys in _parts(user_ids):
        rows = Participant.objects.filter(user__in=keys, updated_at__gte=since)
        found += [_sight(row) for row in rows.values_list(*_SIGHT)]
    return found


def own_rows(pairs: Collection[tuple[UUID, Any]]) -> list[Participant]:
    """Return the rows of these conversations and users, each with its conversation and its draft; two queries."""
    conversations, users = {key for key, _ in pairs}, {key for _, key in pairs}
    lengths = length_of(conversations), length_of(users)
    values = {"conversation": list(conversations), "user": list(users)}
    found = [row for row in _participants_of(*lengths).read(**values) if (row.conversation_id, row.user_id) in pairs]
    drafts = _drafts_of(*lengths).read(**values) if found else []
    known = {(draft.conversation_id, draft.user_id): draft for draft in drafts}
    for row in found:
        row.own_draft = known.get((row.conversation_id, row.user_id))
    return found


@kept
def _participants_of(conversations: int, users: int) -> QuerySet[Participant]:
    return Participant.objects.filter(_within(conversations, users)).select_related("conversation")


@kept
def _drafts_of(conversations: int, users: int) -> QuerySet[Draft]:
    return Draft.objects.filter(_within(conversations, users))


def _within(conversations: int, users: int) -> Q:
    keys: dict[str, Any] = {"user__pk__in": [bound_actor("user", place) for place in range(users)]}
    return Q(Among("conversation", "conversation", conversations), **keys)


def kept_apart(user_id: Any, others: Collection[Any]) -> set[Any]:
    """Return those of the others between whom and the user a block stands, whoever set it; one query."""
    if not others:
        return set()
    rows = Block.objects.between(user_id, list(others)).values_list("blocker_id", "blocked_id")
    return {key for pair in rows for key in pair if key != user_id}


def companions(user: Any, conversation_id: UUID, *, most: int) -> dict[Any, Any]:
    """Return the other participants by key, where the user takes part, sees it, and they are at most so many.

    Two queries.
    """
    rows = Participant.objects.filter(
        conversation=conversation_id, conversation__deleted_at=None, conversation__participant_count__lte=most
    )
    visible = get_policy().visible_conversations(user).values("pk")
    if not rows.filter(user=user, conversation__in=visible).exists():
        return {}
    return {row.user_id: row.user for row in rows.exclude(user=user).select_related("user")}


def small_conversations(user_ids: Collection[Any], *, most: int) -> dict[Any, dict[UUID, int]]:
    """Return, of each user, the conversations of at most so many in which they take part, and how often who takes part
    there has changed (`membership_version`); one query.
    """
    rows = Participant.objects.filter(
        user__in=user_ids, conversation__participant_count__lte=most, conversation__deleted_at=None
    )
    found: dict[Any, dict[UUID, int]] = {key: {} for key in user_ids}
    for key, conversation_id, version in rows.values_list(
        "user_id", "conversation_id", "conversation__membership_version"
    ):
        found[key][conversation_id] = version
    return found


def participants_of(conversation_ids: Collection[UUID]) -> dict[UUID, set[Any]]:
    """Return who takes part in each of these conversations; one query."""
    rows = Participant.objects.filter(conversation__in=conversation_ids)
    found: dict[UUID, set[Any]] = {key: set() for key in conversation_ids}
    for conversation_id, key in rows.values_list("conversation_id", "user_id"):
        found[conversation_id].add(key)
    return found


def all_kept_apart(user_ids: Collection[Any]) -> dict[Any, set[Any]]:
    """Return, of each user, everybody between whom and them a block stands, whoever set it; one query."""
    rows = Block.objects.filter(Q(blocker__in=user_ids) | Q(blocked__in=user_ids))
    found: dict[Any, set[Any]] = {key: set() for key in user_ids}
    for pair in rows.values_list("blocker_id", "blocked_id"):
        for key, other in (pair, pair[::-1]):
            if key in found:
                found[key].add(other)
    return found


_SIGHT = ("conversation_id", "user_id", "visible_from_seq", "joined_event_seq", "updated_at")


def _sight(row: Sequence[Any]) -> Sight:
    conversation_id, user_id, visible_from_seq, joined_event_seq, updated_at = row
    return Sight(
        conversation_id=conversation_id,
        user_id=user_id,
        visible_from_seq=visible_from_seq,
        joined_event_seq=joined_event_seq,
        updated_at=updated_at,
    )


def _parts(keys: Iterable[Any]) -> Iterable[list[Any]]:
    """Split keys so that no statement has more parameters than a database takes."""
    listed = list(keys)
    return (listed[start : start + _AT_ONCE] for start in range(0, len(listed), _AT_ONCE))
