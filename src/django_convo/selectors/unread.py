"""What waits for a user, over all of their conversations."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Final

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.utils import timezone

from django_convo.policy import powers_of

from .inbox import is_heard, is_unarchived, own, own_bound
from .kept import bound_now, kept

_HAS_UNREAD: Final = Q(count_seq__gt=F("actor_membership__read_count_seq"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """How many conversations hold something unread, how many messages that is, and how many mentions."""

    conversations: int
    messages: int
    mentions: int


_NAMES: Final = tuple(field.name for field in fields(Unread))


def unread(actor: Any) -> Unread:
    """Return the badge: one query, from counters, however many messages there are.

    What is archived does not count. What is muted counts for its mentions only.
    """
    now = timezone.now()
    if powers_of(actor) is None:
        return Unread(**own(actor, _waits(now)).aggregate(**_totals(now)))
    (row,) = _badge().read(actor=actor.pk, now=now)
    return Unread(**dict(zip(_NAMES, row, strict=True)))


@kept
def _badge() -> QuerySet[Any, Any]:
    now = bound_now()
    # One group of all rows: `aggregate` would run at once.
    rows = own_bound(_waits(now)).annotate(all_=Value(1)).order_by().values("all_")
    return rows.annotate(**_totals(now)).values_list(*_NAMES)


def _waits(now: Any) -> Q:
    return is_unarchived(now) & (_HAS_UNREAD | Q(actor_membership__mention_count__gt=0))


def _totals(now: Any) -> dict[str, Any]:
    waiting = F("count_seq") - F("actor_membership__read_count_seq")
    is_counted = _HAS_UNREAD & is_heard(now)
    return {
        "conversations": Count("pk", filter=is_counted),
        "messages": Sum(waiting, filter=is_counted, default=0),
        "mentions": Sum("actor_membership__mention_count", default=0),
    }
