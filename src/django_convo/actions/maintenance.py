"""What the operator's commands write: repairing counters, and removing what is older than the retention."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import router
from django.db.models import F, Q

from django_convo import events
from django_convo.exceptions import NotFound
from django_convo.models import (
    AbstractConversation,
    Departure,
    Event,
    Participant,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.differences import Difference, find_differences, find_miscounted_participants
from django_convo.types import EventType

from .base import Change, action, lock_conversation

# Holes in a log that are filled; more than this is no hole but a wrong number, which a person must look at.
MAX_FILLED_EVENTS: Final = 10_000
_WALKED_AT_ONCE: Final = 1_000
# What a recount may set as it is. The other figures need a rule of their own.
_RECOUNTED: Final = ("count_seq", "participant_count", "last_message_id", "last_message_at")


@action
def repair_conversation(*, conversation: AbstractConversation) -> list[Difference]:
    """Set the conversation's figures and its participants' to what a recount finds; returns what was different.

    Locks the conversation. Numbers that clients have seen never go back: `last_seq` is only raised, and holes in the
    log, also at its end, are filled with `conversation.updated` events that name no field. Messages that are gone
    cannot be brought back. Raises NotFound. Emits `conversation.updated` where the conversation's row changes; each
    participant's change is their own state, as in `mark_read`.
    """
    row = lock_conversation(conversation)
    differences = find_differences([row.pk])
    found = {item.name: item.counted for item in differences if item.user_id is None}
    wanted: dict[str, Any] = {name: found[name] for name in _RECOUNTED if name in found}
    if found.get("last_seq", 0) > row.last_seq:
        wanted["last_seq"] = found["last_seq"]
    change = Change(row, None)
    if {"event_seq", "events"} & found.keys() and (head := _fill_log(change)) is not None:
        wanted["event_seq"] = head
    if wanted:
        change.set(**wanted)
        change.emit(EventType.CONVERSATION_UPDATED, fields=sorted(wanted))
        change.write()
    _repair_participants(row)
    return differences


def _fill_log(change: Change) -> int | None:
    """Write an event for each number that has none, from the first one kept on.

    Returns the log's last number, or None where so many are missing that the log was left as it is.
    """
    row: Any = change.conversation
    using = router.db_for_write(Event)
    kept = dict(Event.objects.using(using).filter(conversation=row).values_list("event_seq", "created_at"))
    last: int = max([row.event_seq, *kept])
    first = min(kept, default=last)
    if last - first + 1 - len(kept) > MAX_FILLED_EVENTS:
        return None
    fillers, moment = [], change.now
    for number in range(last, first - 1, -1):
        # As old as what follows, so that the log stays in the order of time and is pruned from its beginning.
        moment = kept.get(number, moment)
        if number not in kept:
            fillers.append(
                Event(
                    conversation=row,
                    event_seq=number,
                    type=EventType.CONVERSATION_UPDATED,
                    payload={"fields": []},
                    created_at=moment,
                )
            )
    events.write(fillers[::-1], using=using)
    return last


def _repair_participants(row: AbstractConversation) -> None:
    for participant in find_miscounted_participants(row):
        last_read_seq = min(participant.last_read_seq, row.last_seq)
        # Only if the pointer still stands where it was counted from: whoever reads to the end meanwhile, without the
        # conversation's lock, has written the right figures.
        Participant.objects.filter(
            pk=participant.pk, last_read_seq=participant.last_read_seq, read_count_seq=participant.read_count_seq
        ).change(last_read_seq=last_read_seq, read_count_seq=row.count_seq - participant.found_unread)


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
    return _delete(Departure, list(rows.values_list("pk", flat=True)[:limit]), using)


def expired_conversations(*, before: datetime) -> Iterator[UUID]:
    """Walk through the ids of conversations that were deleted before then, without a cursor that stays open."""
    model = get_conversation_model()
    expired = model._default_manager.using(router.db_for_write(model)).filter(deleted_at__lt=before).order_by("pk")
    batch = list(expired.values_list("pk", flat=True)[:_WALKED_AT_ONCE])
    while batch:
        yield from batch
        batch = list(expired.filter(pk__gt=batch[-1]).values_list("pk", flat=True)[:_WALKED_AT_ONCE])


@action
def prune_conversation(*, conversation_id: UUID, limit: int) -> bool:
    """Delete at most `limit` rows of a deleted conversation, messages first; says whether all is gone.

    Nobody else writes to a tombstone. A host's rows that point at a message or the conversation go, stay or stop this
    by their own `on_delete`: ProtectedError and RestrictedError are raised as they are. Raises NotFound where there is
    no such tombstone. Emits no event.
    """
    model = get_conversation_model()
    using = router.db_for_write(model)
    tombstone = model._default_manager.using(using).filter(pk=conversation_id).exclude(deleted_at=None)
    if not tombstone.exists():
        raise NotFound
    # The newest first: answers go before what they answer.
    for child, order in ((get_message_model(), "-seq"), (Event, "pk"), (Departure, "pk"), (Participant, "pk")):
        rows = child._default_manager.using(using).filter(conversation=conversation_id).order_by(order)
        keys = list(rows.values_list("pk", flat=True)[:limit])
        if keys:
            _delete(child, keys, using)
            return False
    tombstone.delete()
    return True


def _delete(model: Any, keys: Collection[Any], using: str) -> int:
    _, by_model = model._default_manager.using(using).filter(pk__in=keys).delete()
    return int(by_model.get(model._meta.label, 0))
