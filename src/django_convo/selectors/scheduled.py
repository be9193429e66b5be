"""What a user has scheduled."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from django_convo.exceptions import NotFound
from django_convo.models import ScheduledMessage
from django_convo.policy import not_banned

SCHEDULED_ORDER: Final = ("-send_at", "-pk")


def scheduled_of(actor: Any, *, status: str | None = None) -> QuerySet[ScheduledMessage]:
    """Return one's own scheduled messages; page them by `SCHEDULED_ORDER`."""
    rows = ScheduledMessage.objects.filter(not_banned(actor), sender=actor)
    return rows if status is None else rows.filter(status=status)


def find_scheduled(actor: Any, scheduled_id: UUID) -> ScheduledMessage:
    """Return one of one's own; raises NotFound."""
    row = scheduled_of(actor).filter(pk=scheduled_id).first()
    if row is None:
        raise NotFound
    return row
