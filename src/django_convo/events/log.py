"""Writing the log, and telling this process's subscribers once the transaction is safe."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.dispatch import Signal

from django_convo.models import Event
from django_convo.models.rows import insert_silently

from .subscribers import subscribers_of

logger = logging.getLogger("django_convo.events")

# Sent once per durable event, after commit, in the process that wrote it; the receiver gets `event`.
event_committed = Signal()


def write(events: Sequence[Event], *, using: str) -> None:
    """Insert events in the caller's transaction and publish them when it commits; one statement each.

    The caller holds the lock of the conversation, from whose `event_seq` the numbers were taken.
    """
    for event in events:
        insert_silently(event, using=using)
    publish(events, using=using)


def publish(events: Sequence[Event], *, using: str) -> None:
    """Tell the subscribers of events in the log once the caller's transaction commits; at once outside of one."""
    # robust: what a subscriber does wrong must not turn a committed write into an error.
    transaction.on_commit(partial(_publish, tuple(events)), using=using, robust=True)


def _publish(events: Sequence[Event]) -> None:
    for event in events:
        for function in subscribers_of(event.type):
            try:
                function(event)
            except Exception:
                logger.exception("A subscriber to %s failed: %r", event.type, function)
        # Django logs what a receiver raises.
        event_committed.send_robust(sender=Event, event=event)
