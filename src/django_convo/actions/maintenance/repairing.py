"""Repairing counters: setting what a recount has found to be wrong."""

from __future__ import annotations

from typing import Any, Final

from django.db import router

from django_convo import events
from django_convo.actions.base import Change, action, lock_conversation
from django_convo.models import AbstractConversation, Event, Participant
from django_convo.selectors.differences import (
    Difference,
    find_differences,
    find_miscounted_participants,
    find_miscounted_threads,
)
from django_convo.selectors.misplaced import Misplaced
from django_convo.types import EventType

# Holes in a log that are filled; more than this is no hole but a wrong number, which a person must look at.
MAX_FILLED_EVENTS: Final = 10_000
# What a recount may set as it is. The other figures need a rule of their own.
_RECOUNTED: Final = ("count_seq", "participant_count", "last_message_id", "last_message_at")


@action
def repair_conversation(*, conversation: AbstractConversation) -> list[Difference]:
    """Set the conversation's figures and its participants' to what a recount finds; returns what was different.

    Locks the conversation. Numbers that clients have seen never go back: `last_seq` is only raised, and holes in the
    log, also at its end, are filled with `conversation.updated` events that name no field. Messages that are gone
    cannot be brought back. Raises NotFound. Emits `conversation.updated` where the conversation's row changes, and
    `message.updated` for each thread whose `reply_count` was wrong; each participant's change is their own state, as
    in `mark_read`.
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
    _repair_threads(change)
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


def _repair_threads(change: Change) -> None:
    for message in find_miscounted_threads(change.conversation):
        replies: Any = message
        rows = type(message)._default_manager.filter(pk=message.pk, conversation=change.conversation.pk)
        rows.update(reply_count=replies.found_replies)
        change.emit(EventType.MESSAGE_UPDATED, seq=message.seq, message_id=str(message.pk))


def _repair_participants(row: AbstractConversation) -> None:
    for participant in find_miscounted_participants(row):
        last_read_seq = min(participant.last_read_seq, row.last_seq)
        # Only if the pointer still stands where it was counted from: whoever reads to the end meanwhile, without the
        # conversation's lock, has written the right figures.
        Participant.objects.filter(
            pk=participant.pk,
            last_read_seq=participant.last_read_seq,
            read_count_seq=participant.read_count_seq,
            mention_count=participant.mention_count,
        ).change(
            last_read_seq=last_read_seq,
            read_count_seq=row.count_seq - participant.found_unread,
            mention_count=participant.found_mentions,
        )


@action
def repair_misplaced(*, row: Misplaced) -> bool:
    """Let a row name the conversation of its message; says whether that changed it. Takes no lock, emits nothing."""
    rows = row.model._default_manager.using(router.db_for_write(row.model))
    return bool(rows.filter(pk=row.pk, conversation=row.stored).update(conversation=row.counted))
