"""Rows that name another conversation than the message that they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import router
from django.db.models import F, Q

from django_convo.models import (
    Attachment,
    Mention,
    MessageRevision,
    PinnedMessage,
    Reaction,
    Report,
    SavedMessage,
    get_conversation_model,
)

_MODELS: Final[tuple[Any, ...]] = (Attachment, Mention, MessageRevision, PinnedMessage, Reaction, Report, SavedMessage)


@dataclass(frozen=True, kw_only=True, slots=True)
class Misplaced:
    """A row whose conversation is not that of its message, by which a distributed database would place it wrongly."""

    model: Any
    pk: Any
    stored: UUID | None
    counted: UUID

    def __str__(self) -> str:
        noun = self.model._meta.model_name
        return f"{noun} {self.pk} conversation: stored {self.stored}, its message says {self.counted}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """How far a walk through these rows has come: in which of the tables, and behind which key."""

    table: int = 0
    pk: Any = None


def find_misplaced(
    place: Place, *, limit: int, conversation_id: UUID | None = None
) -> tuple[list[Misplaced], int, Place | None]:
    """Look at the next `limit` rows; returns those misplaced, how many were looked at, and where to go on, or None."""
    model = _MODELS[place.table]
    rows = model._default_manager.using(router.db_for_write(get_conversation_model())).exclude(message=None)
    if place.pk is not None:
        rows = rows.filter(pk__gt=place.pk)
    if conversation_id is not None:
        rows = rows.filter(Q(conversation=conversation_id) | Q(message__conversation=conversation_id))
    page = list(
        rows.order_by("pk")
        .annotate(right=F("message__conversation"))
        .values_list("pk", "conversation_id", "right")[:limit]
    )
    found = [
        Misplaced(model=model, pk=key, stored=stored, counted=right) for key, stored, right in page if stored != right
    ]
    if len(page) == limit:
        return found, len(page), Place(table=place.table, pk=page[-1][0])
    following = place.table + 1
    return found, len(page), Place(table=following) if following < len(_MODELS) else None
