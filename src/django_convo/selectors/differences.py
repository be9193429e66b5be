"""What the counters say against what a recount finds: for `convo_verify` and for the tests of every counter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import router
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from django_convo.models import AbstractConversation, Event, Participant, get_conversation_model, get_message_model
from django_convo.types import MessageKind


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One figure that is not what a recount finds; `user_id` where it stands in a participant's row."""

    conversation_id: UUID
    name: str
    stored: Any
    counted: Any
    user_id: Any = None

    def __str__(self) -> str:
        whose = "" if self.user_id is None else f" user {self.user_id}"
        return f"{self.conversation_id}{whose} {self.name}: stored {self.stored}, counted {self.counted}"


def find_differences(conversation_ids: Collection[UUID]) -> list[Difference]:
    """Recount these conversations, deleted ones left out; two statements, without a lock.

    Each statement sees one moment of the database, in which counters and rows agree whatever is being written. Names:
    `last_seq`, `count_seq`, `event_seq`, `participant_count`, `last_message_id`, `last_message_at`; `messages` and
    `events` where rows are missing in between; `last_read_seq` and `unread` of a participant.
    """
    using = router.db_for_write(get_conversation_model())
    conversations = get_conversation_model()._default_manager.using(using).live().filter(pk__in=conversation_ids)
    found = [item for conversation in _recounted(conversations, using) for item in _compare_conversation(conversation)]
    participants = Participant.objects.using(using).filter(
        conversation__in=conversation_ids, conversation__deleted_at=None
    )
    found += [item for row in _miscounted(participants, using) for item in _compare_participant(row)]
    return found


def _recounted(conversations: Any, using: str) -> Any:
    messages = get_message_model()._default_manager.using(using).filter(conversation=OuterRef("pk"))
    events = Event.objects.using(using).filter(conversation=OuterRef("pk"))
    return conversations.order_by("pk").annotate(
        found_messages=_count(messages),
        found_user_messages=_count(messages.filter(kind=MessageKind.USER)),
        found_last_seq=_edge(messages, "seq", "-seq"),
        found_count_seq=_edge(messages, "count_seq", "-seq"),
        found_last_message_id=_edge(messages, "pk", "-seq"),
        found_last_message_at=_edge(messages, "sent_at", "-seq"),
        found_events=_count(events),
        found_first_event=_edge(events, "event_seq", "event_seq"),
        found_last_event=_edge(events, "event_seq", "-event_seq"),
        found_participants=_count(Participant.objects.using(using).filter(conversation=OuterRef("pk"))),
    )


def _count(rows: QuerySet[Any]) -> Any:
    return Coalesce(Subquery(rows.order_by().values("conversation").annotate(number=Count("pk")).values("number")), 0)


def _edge(rows: QuerySet[Any], column: str, order: str) -> Any:
    return Subquery(rows.order_by(order).values(column)[:1])


def _compare_conversation(row: Any) -> Iterator[Difference]:
    last_seq = row.found_last_seq or 0
    last_event = row.found_last_event or 0
    is_whole = row.found_messages == last_seq
    pairs = {
        "last_seq": (row.last_seq, last_seq),
        # Where rows are missing, what the newest one says is the better figure.
        "count_seq": (row.count_seq, row.found_user_messages if is_whole else row.found_count_seq),
        "messages": (last_seq, row.found_messages),
        "event_seq": (row.event_seq, last_event),
        # The log is pruned from its beginning, so it is whole from its first number on.
        "events": (last_event - row.found_first_event + 1 if last_event else 0, row.found_events),
        "participant_count": (row.participant_count, row.found_participants),
        "last_message_id": (row.last_message_id, row.found_last_message_id),
    }
    if row.found_last_message_at is not None and row.last_message_at < row.found_last_message_at:
        pairs["last_message_at"] = (row.last_message_at, row.found_last_message_at)
    for name, (stored, counted) in pairs.items():
        if stored != counted:
            yield Difference(conversation_id=row.pk, name=name, stored=stored, counted=counted)


def _miscounted(participants: QuerySet[Participant], using: str) -> QuerySet[Any]:
    """Keep the participants whose unread count is wrong, or who have read beyond the end."""
    waiting = (
        get_message_model()
        ._default_manager.using(using)
        .counted(OuterRef("user"))
        .filter(
            conversation=OuterRef("conversation"),
            seq__gt=OuterRef("last_read_seq"),
            seq__gte=OuterRef("visible_from_seq"),
        )
    )
    return (
        participants.annotate(
            stored_unread=F("conversation__count_seq") - F("read_count_seq"),
            found_unread=_count(waiting),
            found_end=F("conversation__last_seq"),
        )
        .filter(~Q(stored_unread=F("found_unread")) | Q(last_read_seq__gt=F("found_end")))
        .order_by("conversation", "user")
    )


def _compare_participant(row: Any) -> Iterator[Difference]:
    pairs = {"unread": (row.stored_unread, row.found_unread)}
    if row.last_read_seq > row.found_end:
        pairs["last_read_seq"] = (row.last_read_seq, row.found_end)
    for name, (stored, counted) in pairs.items():
        if stored != counted:
            yield Difference(
                conversation_id=row.conversation_id, user_id=row.user_id, name=name, stored=stored, counted=counted
            )


def find_miscounted_participants(conversation: AbstractConversation) -> list[Any]:
    """Return the conversation's participants whose figures are wrong, each with `found_unread` and `found_end`."""
    using = router.db_for_write(type(conversation))
    return list(_miscounted(Participant.objects.using(using).filter(conversation=conversation.pk), using))
