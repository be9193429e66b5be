"""Sending what is due.

Any number of processes may do this at once. Each takes a message by one UPDATE that only one of them wins and that
says when the next attempt is, so that nobody waits, and a message that stops whoever touches it is tried a bounded
number of times. It is sent and marked in one transaction: a crash leaves both or neither.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone

from django_convo.actions.base import action, lock_conversation
from django_convo.actions.messages import EVERYONE, send_message
from django_convo.exceptions import ConvoError, TooSoon, TryAgain
from django_convo.models import ScheduledMessage
from django_convo.types import ScheduledStatus

logger = logging.getLogger("django_convo.scheduled")

# After an attempt that came to nothing: a minute, then two, four and so on, until this many have been made.
FIRST_PAUSE: Final = timedelta(minutes=1)
MAX_ATTEMPTS: Final = 8
# What a scheduled message is refused with where no attempt came to an end.
GIVEN_UP: Final = ConvoError.default_code


def send_due(*, limit: int = 100) -> list[ScheduledMessage]:
    """Send at most `limit` of the messages that are due, the longest due first; returns those that were dealt with.

    Each in a transaction of its own, as `send_due_message` does: what stops one does not stop the others.
    """
    due = _pending().filter(due_at__lte=timezone.now()).order_by("due_at", "pk")
    dealt_with = [_send_if_possible(key) for key in due.values_list("pk", flat=True)[:limit]]
    return [row for row in dealt_with if row is not None]


def _send_if_possible(key: UUID) -> ScheduledMessage | None:
    try:
        return send_due_message(scheduled=key)
    except TryAgain:
        # Not even its own row could be written to; the next one may be another story.
        return None


def send_due_message(*, scheduled: ScheduledMessage | UUID) -> ScheduledMessage | None:
    """Send one if it is due; returns it as it is now, or None where there was nothing to do.

    A refusal is kept as `failed` with its code, not raised; slow mode, other writers in the way and an exception of
    the host's own (which is logged) leave it pending for a later attempt. Emits what `send_message` does.
    """
    row = _take(scheduled if isinstance(scheduled, UUID) else scheduled.pk)
    if row is None or row.status != ScheduledStatus.PENDING:
        return row
    try:
        return _send(row)
    except TooSoon as refusal:
        return _postpone(row, timedelta(seconds=refusal.wait))
    except TryAgain:
        return _postpone(row, FIRST_PAUSE)
    except ConvoError as refusal:
        return _mark(row, status=ScheduledStatus.FAILED, code=refusal.code[:64])
    except Exception:
        logger.exception("Scheduled message %s was not sent; tried %d times", row.pk, row.attempts)
        return row


@action
def _take(key: UUID) -> ScheduledMessage | None:
    """Take a message that is due, for as long as an attempt may last; None where somebody else has, or it is not due.

    One that was tried too often fails.
    """
    now = timezone.now()
    row = _pending().select_related("conversation", "sender").filter(pk=key, due_at__lte=now).first()
    if row is None:
        return None
    if row.attempts >= MAX_ATTEMPTS:
        return _mark(row, status=ScheduledStatus.FAILED, code=GIVEN_UP)
    unchanged = _pending().filter(pk=key, due_at=row.due_at, attempts=row.attempts)
    row.due_at, row.attempts = now + FIRST_PAUSE * 2**row.attempts, row.attempts + 1
    # By what was read: whoever is second changes no row.
    return row if unchanged.update(due_at=row.due_at, attempts=row.attempts) else None


@action
def _send(taken: ScheduledMessage) -> ScheduledMessage | None:
    """Send it and mark it, unless it was sent, cancelled or put off since; locks the conversation, then the row."""
    conversation = lock_conversation(taken.conversation)
    waiting = _pending().filter(pk=taken.pk, due_at=taken.due_at, conversation=conversation.pk)
    row = waiting.select_for_update().first()
    if row is None:
        return None
    message = send_message(
        actor=taken.sender,
        conversation=conversation,
        body=row.message_body,
        client_id=row.client_id,
        reply_to=row.reply_to_id,
        thread_root=row.thread_root_id,
        attachments=[UUID(key) for key in row.attachment_ids],
        mentions=[_user_key(key) for key in row.mentioned],
        metadata=row.metadata,
    )
    # What it said is the message's from now on, to be edited and deleted there.
    return _mark(
        row,
        status=ScheduledStatus.SENT,
        message_id=message.pk,
        message_body="",
        metadata={},
        mentioned=[],
        attachment_ids=[],
    )


def _user_key(key: Any) -> Any:
    return key if key == EVERYONE else get_user_model()._meta.pk.to_python(key)


def _postpone(row: ScheduledMessage, pause: timedelta) -> ScheduledMessage:
    """Let it wait; that was not its fault, and does not count."""
    return _mark(row, due_at=timezone.now() + pause, attempts=0)


@action
def _mark(row: ScheduledMessage, **columns: Any) -> ScheduledMessage:
    """Write columns of a row that still waits as it did when it was read."""
    _pending().filter(pk=row.pk, due_at=row.due_at).update(**columns)
    for name, value in columns.items():
        setattr(row, name, value)
    return row


def _pending() -> QuerySet[ScheduledMessage]:
    return ScheduledMessage.objects.filter(status=ScheduledStatus.PENDING)
