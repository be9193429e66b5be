"""What is older than its retention: what `convo_prune` removes, and what its dry run counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import router
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from django_convo.models import (
    AbstractConversation,
    AbstractMessage,
    Attachment,
    Departure,
    Event,
    MessageRevision,
    Report,
    ScheduledMessage,
    Ticket,
    get_conversation_model,
    get_message_model,
)
from django_convo.types import ScheduledStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class OldestMessage:
    """A conversation by its oldest message; both None where it has none."""

    conversation_id: UUID
    sent_at: datetime | None
    # The newest too, and deleted: there is nothing left to remove.
    is_last: bool

    def is_expired(self, before: datetime) -> bool:
        """Say whether something is to be removed from the beginning of the conversation."""
        return self.sent_at is not None and self.sent_at < before and not self.is_last


def expired_events(before: datetime) -> QuerySet[Event]:
    """Return the events older than that, without the newest of each log, by which its numbers go on."""
    rows = Event.objects.using(router.db_for_write(Event))
    return rows.filter(created_at__lt=before, event_seq__lt=F("conversation__event_seq"))


def expired_departures(before: datetime) -> QuerySet[Departure]:
    """Return the departures older than that."""
    return Departure.objects.using(router.db_for_write(Departure)).filter(left_at__lt=before)


def expired_conversations(before: datetime) -> QuerySet[AbstractConversation]:
    """Return the conversations that were deleted before then; not those of which only reports are left."""
    model = get_conversation_model()
    using = router.db_for_write(model)
    reported = Exists(Report.objects.using(using).filter(conversation=OuterRef("pk")))
    # Emptied last of what every conversation has: its log begins with its creation.
    has_log = Exists(Event.objects.using(using).filter(conversation=OuterRef("pk")))
    return model._default_manager.using(using).filter(Q(has_log) | ~Q(reported), deleted_at__lt=before)


def expired_tombstones(before: datetime) -> QuerySet[MessageRevision, Any]:
    """Return the keys of messages that were deleted before then and still hold what they said."""
    rows = MessageRevision.objects.using(router.db_for_write(MessageRevision))
    return rows.filter(message__deleted_at__lt=before).order_by().values_list("message", flat=True).distinct()


def expired_messages(kind: str, before: datetime) -> QuerySet[AbstractMessage]:
    """Return the messages to remove from live conversations of a kind; the newest of each is there until deleted."""
    rows = get_message_model()._default_manager.using(router.db_for_write(get_message_model()))
    is_older = Q(seq__lt=F("conversation__last_seq"))
    return rows.filter(
        is_older | Q(deleted_at=None), sent_at__lt=before, conversation__kind=kind, conversation__deleted_at=None
    )


def expired_uploads(before: datetime) -> QuerySet[Attachment]:
    """Return the files from before then that were never sent, but for those that a scheduled message waits for."""
    using = router.db_for_write(Attachment)
    scheduled = ScheduledMessage.objects.using(using).filter(status=ScheduledStatus.PENDING)
    awaited = {key for keys in scheduled.values_list("attachment_ids", flat=True) for key in keys}
    return Attachment.objects.using(using).filter(message=None, created_at__lt=before).exclude(pk__in=awaited)


def expired_tickets(before: datetime) -> QuerySet[Ticket]:
    """Return the tickets that were over before then and that nobody used."""
    return Ticket.objects.using(router.db_for_write(Ticket)).filter(expires_at__lt=before)


def oldest_messages(kind: str, *, after: UUID | None, limit: int) -> list[OldestMessage]:
    """Return live conversations of a kind in the order of their keys, by their oldest messages; one statement.

    The oldest is one look into the index by number, however many messages there are.
    """
    model = get_conversation_model()
    using = router.db_for_write(model)
    oldest = get_message_model()._default_manager.using(using).filter(conversation=OuterRef("pk")).order_by("seq")
    rows = model._default_manager.using(using).live().filter(kind=kind)
    if after is not None:
        rows = rows.filter(pk__gt=after)
    columns = {f"oldest_{name}": Subquery(oldest.values(name)[:1]) for name in ("seq", "sent_at", "deleted_at")}
    names = ("pk", "last_seq", *columns)
    return [
        OldestMessage(conversation_id=key, sent_at=sent_at, is_last=seq == last_seq and deleted_at is not None)
        for key, last_seq, seq, sent_at, deleted_at in rows.annotate(**columns)
        .order_by("pk")
        .values_list(*names)[:limit]
    ]
