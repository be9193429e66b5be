"""What the counters say against what a recount finds: for `convo_verify` and for the tests of every counter."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import router
from django.db.models import F, Min, OuterRef, Q, QuerySet, Subquery

from django_convo.models import (
    AbstractConversation,
    AbstractMessage,
    Event,
    Participant,
    get_conversation_model,
    get_message_model,
)
from django_convo.types import MessageKind

from .counting import count_rows


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One figure that is not what a recount finds; `user_id` where it stands in a participant's row, `seq` in a
    message's.
    """

    conversation_id: UUID
    name: str
    stored: Any
    counted: Any
    user_id: Any = None
    seq: int | None = None

    def __str__(self) -> str:
        whose = "" if self.user_id is None else f" user {self.user_id}"
        whose += "" if self.seq is None else f" message {self.seq}"
        return f"{self.conversation_id}{whose} {self.name}: stored {self.stored}, counted {self.counted}"


def find_differences(conversation_ids: Collection[UUID]) -> list[Difference]:
    """Recount these conversations, deleted ones left out; three statements, without a lock.

    Each statement sees one moment of the database, in which counters and rows agree whatever is being written. Names:
    `last_seq`, `count_seq`, `event_seq`, `participant_count`, `last_message_id`, `last_message_at`; `messages` and
    `events` where rows are missing; `last_read_seq`, `unread` and `mention_count` of a participant; `reply_count` of
    a message.
    """
    using = router.db_for_write(get_conversation_model())
    conversations = get_conversation_model()._default_manager.using(using).live().filter(pk__in=conversation_ids)
    found = [item for conversation in _recounted(conversations, using) for item in _compare_conversation(conversation)]
    participants = Participant.objects.using(using).filter(
        conversation__in=conversation_ids, conversation__deleted_at=None
    )
    found += [item for row in _miscounted(participants, using) for item in _compare_participant(row)]
    found += [
        Difference(
            conversation_id=row.conversation_id,
            seq=row.seq,
            name="reply_count",
            stored=row.reply_count,
            counted=row.found_replies,
        )
        for row in _miscounted_threads(conversation_ids, using)
    ]
    return found


def _recounted(conversations: Any, using: str) -> Any:
    messages = get_message_model()._default_manager.using(using).filter(conversation=OuterRef("pk"))
    events = Event.objects.using(using).filter(conversation=OuterRef("pk"))
    participants = Participant.objects.using(using).filter(conversation=OuterRef("pk"))
    lowest = participants.order_by().values("conversation").annotate(seq=Min("visible_from_seq")).values("seq")
    return conversations.order_by("pk").annotate(
        found_messages=count_rows(messages),
        found_user_messages=count_rows(messages.filter(kind=MessageKind.USER)),
        found_last_seq=_edge(messages, "seq", "-seq"),
        found_count_seq=_edge(messages, "count_seq", "-seq"),
        found_last_message_id=_edge(messages, "pk", "-seq"),
        found_last_message_at=_edge(messages, "sent_at", "-seq"),
        found_events=count_rows(events),
        found_first_event=_edge(events, "event_seq", "event_seq"),
        found_last_event=_edge(events, "event_seq", "-event_seq"),
        found_participants=count_rows(participants),
        found_sight=Subquery(lowest),
        found_first_seq=_edge(messages, "seq", "seq"),
        found_first_count=_edge(messages, "count_seq", "seq"),
        found_first_kind=_edge(messages, "kind", "seq"),
    )


def _edge(rows: QuerySet[Any], column: str, order: str) -> Any:
    return Subquery(rows.order_by(order).values(column)[:1])


def _compare_conversation(row: Any) -> Iterator[Difference]:
    last_seq = row.found_last_seq or 0
    last_event = row.found_last_event or 0
    expected = _expected_messages(row)
    is_whole = row.found_messages == expected
    pairs = {
        "last_seq": (row.last_seq, last_seq),
        # Where rows are missing, what the newest one says is the better figure.
        "count_seq": (row.count_seq, _counted(row) if is_whole else row.found_count_seq),
        "messages": (expected, row.found_messages),
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


def _expected_messages(row: Any) -> int:
    """Return how many messages there are from the oldest that anybody is to see to the newest that there is.

    Messages are pruned from the beginning, and nobody's sight reaches below what is left.
    """
    if row.found_last_seq is None:
        return 0
    oldest = row.found_first_seq if row.found_sight is None else min(row.found_first_seq, row.found_sight)
    return int(row.found_last_seq - oldest + 1)


def _counted(row: Any) -> int:
    """Return how many countable messages there are, with those that were pruned, as the oldest that is left says."""
    pruned = (row.found_first_count or 0) - (row.found_first_kind == MessageKind.USER)
    return int(pruned + row.found_user_messages)


def _miscounted(participants: QuerySet[Participant], using: str) -> QuerySet[Any]:
    """Keep the participants whose unread or mention count is wrong, or who have read beyond the end."""
    waiting: Any = (
        get_message_model()
        ._default_manager.using(using)
        .filter(
            conversation=OuterRef("conversation"),
            seq__gt=OuterRef("last_read_seq"),
            seq__gte=OuterRef("visible_from_seq"),
        )
    )
    return (
        participants.annotate(
            stored_unread=F("conversation__count_seq") - F("read_count_seq"),
            found_unread=count_rows(waiting.counted(OuterRef("user"))),
            found_mentions=count_rows(waiting.mentioning(OuterRef("user"))),
            found_end=F("conversation__last_seq"),
        )
        .filter(
            ~Q(stored_unread=F("found_unread"))
            | ~Q(mention_count=F("found_mentions"))
            | Q(last_read_seq__gt=F("found_end"))
        )
        .order_by("conversation", "user")
    )


def _miscounted_threads(conversation_ids: Collection[UUID], using: str) -> QuerySet[Any]:
    """Keep the messages whose `reply_count` is wrong; only those with a count or with replies are looked at."""
    model = get_message_model()
    messages = model._default_manager.using(using).filter(
        conversation__in=conversation_ids, conversation__deleted_at=None
    )
    replies = messages.filter(deleted_at=None).exclude(thread_root=None)
    thread = model._default_manager.using(using).filter(thread_root=OuterRef("pk"), deleted_at=None)
    return (
        messages.filter(Q(reply_count__gt=0) | Q(pk__in=replies.values("thread_root")))
        .annotate(found_replies=count_rows(thread))
        .exclude(reply_count=F("found_replies"))
        .order_by("conversation", "seq")
    )


def _compare_participant(row: Any) -> Iterator[Difference]:
    pairs = {
        "unread": (row.stored_unread, row.found_unread),
        "mention_count": (row.mention_count, row.found_mentions),
    }
    if row.last_read_seq > row.found_end:
        pairs["last_read_seq"] = (row.last_read_seq, row.found_end)
    for name, (stored, counted) in pairs.items():
        if stored != counted:
            yield Difference(
                conversation_id=row.conversation_id, user_id=row.user_id, name=name, stored=stored, counted=counted
            )


def find_miscounted_participants(conversation: AbstractConversation) -> list[Any]:
    """Return the participants whose figures are wrong, each with `found_unread`, `found_mentions` and `found_end`."""
    using = router.db_for_write(type(conversation))
    return list(_miscounted(Participant.objects.using(using).filter(conversation=conversation.pk), using))


def find_miscounted_threads(conversation: AbstractConversation) -> list[AbstractMessage]:
    """Return the conversation's messages whose `reply_count` is wrong, each with `found_replies`."""
    return list(_miscounted_threads([conversation.pk], router.db_for_write(type(conversation))))
