"""Removing conversations that were deleted longer ago than the retention."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import router

from django_convo.actions.base import action
from django_convo.exceptions import NotFound
from django_convo.models import (
    Departure,
    Draft,
    Event,
    Participant,
    Report,
    ScheduledMessage,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.expired import expired_conversations

from .removing import remove_messages, remove_rows

_WALKED_AT_ONCE: Final = 1_000
# The newest messages first: answers go before what they answer.
_CHILDREN: Final[tuple[tuple[Any, str], ...]] = (
    (ScheduledMessage, "pk"),
    (Draft, "pk"),
    (Event, "pk"),
    (Departure, "pk"),
    (Participant, "pk"),
)


def walk_expired_conversations(*, before: datetime) -> Iterator[UUID]:
    """Walk through the ids of conversations that were deleted before then, without a cursor that stays open."""
    expired = expired_conversations(before).order_by("pk")
    batch = list(expired.values_list("pk", flat=True)[:_WALKED_AT_ONCE])
    while batch:
        yield from batch
        batch = list(expired.filter(pk__gt=batch[-1]).values_list("pk", flat=True)[:_WALKED_AT_ONCE])


@action
def prune_conversation(*, conversation_id: UUID, limit: int) -> bool:
    """Delete at most `limit` rows of a deleted conversation, messages first; says whether all is gone.

    Nobody else writes to a tombstone. A conversation with reports keeps its row, emptied: they are kept for good, and
    stand in it. A host's rows that point at a message or the conversation go, stay or stop this by their own
    `on_delete`: ProtectedError and RestrictedError are raised as they are. Raises NotFound where there is no such
    tombstone. Emits no event.
    """
    model = get_conversation_model()
    using = router.db_for_write(model)
    tombstone = model._default_manager.using(using).filter(pk=conversation_id).exclude(deleted_at=None)
    if not tombstone.exists():
        raise NotFound
    messages = get_message_model()._default_manager.using(using).filter(conversation=conversation_id)
    keys: list[Any] = list(messages.order_by("-seq").values_list("pk", flat=True)[:limit])
    if keys:
        remove_messages(keys, using)
        return False
    for child, order in _CHILDREN:
        rows = child._default_manager.using(using).filter(conversation=conversation_id).order_by(order)
        keys = list(rows.values_list("pk", flat=True)[:limit])
        if keys:
            remove_rows(child, keys, using)
            return False
    if Report.objects.using(using).filter(conversation=conversation_id).exists():
        tombstone.update(title="", topic="", metadata={}, last_message_id=None)
    else:
        tombstone.delete()
    return True
