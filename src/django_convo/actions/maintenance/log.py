"""Removing events and departures that are older than the retention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import router
from django.db.models import F, Q

from django_convo.actions.base import action
from django_convo.models import Departure, Event

from .removing import remove_rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """How far a walk through the log, in the order of its index, has come."""

    created_at: datetime
    pk: int


@action
def prune_events(*, before: datetime, after: Position | None, limit: int) -> tuple[int, Position | None]:
    """Delete events older than `before` among the `limit` rows that follow `after`; the newest of each log stays.

    Oldest first, so that what remains of each log has no gap. Returns how many went, and where to go on, or None at
    the end. Emits no event.
    """
    using = router.db_for_write(Event)
    rows = Event.objects.using(using).filter(created_at__lt=before)
    if after is not None:
        rows = rows.filter(
            Q(created_at__gt=after.created_at) | Q(created_at=after.created_at, pk__gt=after.pk),
            created_at__gte=after.created_at,
        )
    page = list(
        rows.annotate(is_older=Q(event_seq__lt=F("conversation__event_seq")))
        .order_by("created_at", "pk")
        .values_list("pk", "created_at", "is_older")[:limit]
    )
    expired = [pk for pk, _, is_older in page if is_older]
    Event.objects.using(using).filter(pk__in=expired).delete()
    if len(page) < limit:
        return len(expired), None
    pk, created_at, _ = page[-1]
    return len(expired), Position(created_at=created_at, pk=pk)


@action
def prune_departures(*, before: datetime, limit: int) -> int:
    """Delete at most `limit` departures older than `before`; returns how many. Emits no event."""
    using = router.db_for_write(Departure)
    rows = Departure.objects.using(using).filter(left_at__lt=before).order_by("pk")
    return remove_rows(Departure, list(rows.values_list("pk", flat=True)[:limit]), using)
