"""What a client has missed: conversations that changed, those that are gone, and the events in between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import DateTimeField, Q, QuerySet, UUIDField
from django.db.models.functions import Greatest
from django.utils import timezone

from django_convo.conf import settings
from django_convo.models import Departure, Participant
from django_convo.policy import powers_of

from .events import Log, read_logs
from .inbox import own, own_bound, own_part, remember
from .kept import Among, Bound, bound_actor, kept, length_of

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

# How far each pass reaches back behind the beginning of the one before it. A row carries the time at which its change
# began, on the clock of the machine that wrote it, but is seen only once it is committed: a slow transaction, or a
# clock that lags, would slip through. Repeating a minute costs little; a missed change stays missed.
OVERLAP: Final = timedelta(seconds=60)
# All events of one answer, as a multiple of what one conversation may have: 500 conversations, each a little behind,
# are cheaper to reload than to replay.
TOTAL_FACTOR: Final = 10
_CHANGED_ORDER: Final = ("moved_at", "pk")


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """Where a client stands: before a pass over what changed after `since`, or within one.

    `since` is None in the first pass, which covers everything. Within a pass, `started` says when it began, and
    `moved_at` and `conversation_id` name the last row of the page before.
    """

    since: datetime | None = None
    started: datetime | None = None
    moved_at: datetime | None = None
    conversation_id: UUID | None = None

    @property
    def is_expired(self) -> bool:
        """Say whether only starting anew misses nothing.

        Departures since then may have been pruned; or it lies ahead of the clock, which was set back: what has changed
        by now is older than that.
        """
        if self.since is None:
            return False
        now = timezone.now()
        return not now - settings.EVENT_RETENTION <= self.since <= now + OVERLAP


@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """One page of what changed; `conversations` are to be decorated, `logs` hold what can be replayed."""

    conversations: Sequence[AbstractConversation]
    known: Mapping[UUID, AbstractConversation]
    logs: Mapping[UUID, Log]
    limited: Sequence[UUID]
    removed: Sequence[UUID]
    position: Position
    more: bool


def changes(actor: Any, *, position: Position | None, heads: Mapping[UUID, int], limit: int) -> Changes:
    """Return the next page after the position, and what followed each of the heads; at most five queries.

    Without a position: the first page of everything. Repeats rather than misses; a client drops by `event_seq`.
    """
    here = position or Position()
    if here.started is None:
        here = replace(here, started=timezone.now())
    page = _page(actor, here, limit)
    more = len(page) > limit
    page = page[:limit]
    known = {item.pk: item for item in _known(actor, heads)}
    remember(actor, known.values())
    logs, limited = replay(actor, known, {key: head for key, head in heads.items() if key in known})
    removed = {key for key in heads if key not in known}
    if here.since is not None and here.moved_at is None:
        removed |= departed(actor, here.since - OVERLAP)
    return Changes(
        conversations=page,
        known=known,
        logs=logs,
        limited=limited,
        removed=sorted(removed),
        position=_next(here, page, more),
        more=more,
    )


def _page(actor: Any, position: Position, limit: int) -> list[Any]:
    """Read the rows after the position in the order in which they last changed, and one more."""
    values: dict[str, Any] = {}
    if position.since is not None:
        values["since"] = position.since - OVERLAP
    if position.moved_at is not None:
        values |= {"moved_at": position.moved_at, "key": position.conversation_id}
    if powers_of(actor) is None:
        wanted, moved_at, after = _changed(**values)
        rows = own(actor, wanted).annotate(moved_at=moved_at).filter(after)
        return list(rows.order_by(*_CHANGED_ORDER)[: limit + 1])
    return _page_of(tuple(values), limit).read(actor=actor.pk, now=timezone.now(), **values)


@kept
def _page_of(names: tuple[str, ...], limit: int) -> QuerySet[AbstractConversation]:
    columns: dict[str, Any] = {"since": DateTimeField(), "moved_at": DateTimeField(), "key": UUIDField()}
    wanted, moved_at, after = _changed(**{name: Bound(name, columns[name]) for name in names})
    return own_part(wanted, by={"moved_at": moved_at}, after=after, order=_CHANGED_ORDER, limit=limit + 1)


def _changed(*, since: Any = None, moved_at: Any = None, key: Any = None) -> tuple[Q, Greatest, Q]:
    """Return which rows have changed, when, and which of them come after the position."""
    wanted = after = Q()
    if since is not None:
        wanted = Q(changed_at__gte=since) | Q(actor_membership__updated_at__gte=since)
    moment = Greatest("changed_at", "actor_membership__updated_at", output_field=DateTimeField())
    if moved_at is not None:
        after = Q(moved_at__gt=moved_at) | Q(moved_at=moved_at, pk__gt=key)
    return wanted, moment, after


def _known(actor: Any, heads: Mapping[UUID, int]) -> Sequence[Any]:
    """Read those of the conversations that are the actor's own."""
    if not heads:
        return []
    if powers_of(actor) is None:
        return list(own(actor).filter(pk__in=heads))
    return _own_by_key(length_of(heads)).read(actor=actor.pk, now=timezone.now(), head=list(heads))


@kept
def _own_by_key(length: int) -> QuerySet[Any]:
    return own_bound(Q(Among("pk", "head", length)))


def _next(position: Position, page: Sequence[Any], more: bool) -> Position:
    """Return where the next request goes on: within this pass, or at the beginning of the next one.

    A row that changes during a pass moves to its end, so that a pass may show it twice, but never leaves it out.
    """
    if more:
        return replace(position, moved_at=page[-1].moved_at, conversation_id=page[-1].pk)
    return Position(since=position.started)


def replay(
    actor: Any, known: Mapping[UUID, AbstractConversation], heads: Mapping[UUID, int]
) -> tuple[dict[UUID, Log], list[UUID]]:
    """Read what follows the heads, those that are least behind first, as long as the answer stays bounded."""
    budget = settings.SYNC_MAX_EVENTS * TOTAL_FACTOR
    within: dict[UUID, int] = {}
    limited: list[UUID] = []
    for key in sorted(heads, key=lambda key: known[key].event_seq - heads[key]):
        behind = known[key].event_seq - heads[key]
        if behind > min(settings.SYNC_MAX_EVENTS, budget):
            limited.append(key)
        else:
            within[key] = heads[key]
            budget -= max(behind, 0)
    logs = read_logs(actor, known, within)
    limited += [key for key, log in logs.items() if log.limited]
    return {key: log for key, log in logs.items() if not log.limited}, sorted(limited)


def departed(actor: Any, since: datetime) -> set[UUID]:
    """Return what the actor has left since, and what was deleted around them."""
    return {key for (key,) in _gone_since().read(actor=actor.pk, since=since)}


@kept
def _gone_since() -> QuerySet[Any, Any]:
    user, since = bound_actor(), Bound("since", DateTimeField())
    left = Departure.objects.filter(user=user, left_at__gte=since).values_list("conversation_id")
    deleted = Participant.objects.filter(user=user, conversation__deleted_at__gte=since)
    return left.union(deleted.values_list("conversation_id"))
