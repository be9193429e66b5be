"""The log of one conversation, as far as it is one member's to read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import BigIntegerField, Q, QuerySet

from django_convo.exceptions import Denied
from django_convo.models import Event

from .kept import Bound, bound_id, kept, length_of

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, Participant


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """What follows a client's position.

    `limited` says that the events cannot bring a client that stands there up to date, so that it has to reload: they
    begin later (joined since, or pruned), or the position lies ahead of the log (a backup was restored).
    """

    events: Sequence[Event]
    head: int
    limited: bool


def read_log(actor: Any, conversation: AbstractConversation, *, after: int, limit: int) -> Log:
    """Return the member's next events, oldest first, at most `limit`; one query. Raises Denied for non-members.

    The head is that of the given row; what was written since may follow it.
    """
    participant = conversation.membership_of(actor)
    if participant is None:
        raise Denied
    begin = max(after, participant.joined_event_seq - 1)
    rows = Event.objects.filter(conversation=conversation.pk, event_seq__gt=begin).order_by("event_seq")
    events = list(rows[:limit])
    head = max(conversation.event_seq, events[-1].event_seq if events else 0)
    return Log(events=events, head=head, limited=_is_limited(after, head, participant, events))


def read_logs(
    actor: Any, conversations: Mapping[UUID, AbstractConversation], positions: Mapping[UUID, int]
) -> dict[UUID, Log]:
    """Return, for each conversation that is ahead of a position, everything that follows it; one query for all.

    The caller bounds how far each may be behind; the memberships are known and there.
    """
    behind = {key: after for key, after in positions.items() if after != conversations[key].event_seq}
    found = read_stretches(
        {
            key: (after, conversations[key].event_seq)
            for key, after in behind.items()
            if after < conversations[key].event_seq
        }
    )
    logs = {}
    for key, after in behind.items():
        participant = conversations[key].membership_of(actor)
        assert participant is not None  # nosec B101  # noqa: S101 - the caller read them as one's own
        head = conversations[key].event_seq
        events = [event for event in found.get(key, ()) if event.event_seq >= participant.joined_event_seq]
        logs[key] = Log(events=events, head=head, limited=_is_limited(after, head, participant, events))
    return logs


def read_stretches(stretches: Mapping[UUID, tuple[int, int]]) -> dict[UUID, list[Event]]:
    """Return, of each conversation, the events after one number and up to another, in order; one query for all."""
    found: dict[UUID, list[Event]] = {key: [] for key in stretches}
    if stretches:
        values = {
            "key": list(stretches),
            "after": [after for after, _ in stretches.values()],
            "upto": [upto for _, upto in stretches.values()],
        }
        for event in _stretches(length_of(stretches)).read(**values):
            found[event.conversation_id].append(event)
    return found


@kept
def _stretches(length: int) -> QuerySet[Event]:
    """Build the read of so many stretches of logs, each of one conversation, after one number and up to another."""
    number = BigIntegerField()
    wanted = [
        Q(
            conversation=bound_id("key", place),
            event_seq__gt=Bound("after", number, place),
            event_seq__lte=Bound("upto", number, place),
        )
        for place in range(length)
    ]
    return Event.objects.filter(reduce(or_, wanted)).order_by("conversation_id", "event_seq")


def _is_limited(after: int, head: int, participant: Participant, events: Sequence[Event]) -> bool:
    if after >= head:
        return after > head
    if after + 1 < participant.joined_event_seq or not events:
        return True
    return events[0].event_seq > after + 1
