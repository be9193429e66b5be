"""What makes up having been away: a cursor of then, and things that happened long ago."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from django_convo.api.sync import write_cursor
from django_convo.models import Event, Participant, get_conversation_model
from django_convo.selectors import Position


def cursor_of(user: Any, **before: float) -> str:
    """Return a cursor of a moment that is as long ago."""
    return write_cursor(user, Position(since=timezone.now() - timedelta(**before)))


def age(*conversations: Any) -> None:
    """Let all that has happened have happened ten minutes ago, before the minute by which a resumption repeats.

    Whoever takes part has done so for an hour.
    """
    before = timezone.now() - timedelta(minutes=10)
    joined_at = before - timedelta(minutes=50)
    Event.objects.filter(conversation__in=conversations).update(created_at=before)
    Participant.objects.filter(conversation__in=conversations).update(joined_at=joined_at, updated_at=before)
    get_conversation_model()._default_manager.filter(pk__in=[row.pk for row in conversations]).update(
        changed_at=before
    )
    for row in conversations:
        row.refresh_from_db()
