"""What waits for a user, over all of their conversations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from .inbox import is_heard, is_unarchived, own


@dataclass(frozen=True, kw_only=True, slots=True)
class Unread:
    """How many conversations hold something unread, how many messages that is, and how many mentions."""

    conversations: int
    messages: int
    mentions: int


def unread(actor: Any) -> Unread:
    """Return the badge: one query, from counters, however many messages there are.

    What is archived does not count. What is muted counts for its mentions only.
    """
    now = timezone.now()
    waiting = F("count_seq") - F("actor_membership__read_count_seq")
    has_unread = Q(count_seq__gt=F("actor_membership__read_count_seq"))
    totals = own(actor, is_unarchived(now) & (has_unread | Q(actor_membership__mention_count__gt=0))).aggregate(
        conversations=Count("pk", filter=has_unread & is_heard(now)),
        messages=Sum(waiting, filter=has_unread & is_heard(now), default=0),
        mentions=Sum("actor_membership__mention_count", default=0),
    )
    return Unread(**totals)
