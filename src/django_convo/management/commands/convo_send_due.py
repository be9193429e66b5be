"""`manage.py convo_send_due`: send the scheduled messages whose time has come."""

from __future__ import annotations

import logging
import time
from collections import Counter
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, close_old_connections

from django_convo import actions
from django_convo.types import ScheduledStatus

logger = logging.getLogger("django_convo.scheduled")

LONGEST_PAUSE_SECONDS: Final = 86_400


class Command(BaseCommand):
    """Sends what is due, each message in a transaction of its own; any number of these may run at once."""

    help = "Send the scheduled messages whose time has come."

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--once", action="store_true", help="send what is due now, and end (the default)")
        how.add_argument("--loop", type=float, metavar="SECONDS", help="look again after so many seconds, for good")
        parser.add_argument(
            "--limit", type=int, default=100, metavar="MESSAGES", help="how many to read at once (100)"
        )

    def handle(self, *args: Any, loop: float | None, limit: int, **options: Any) -> None:
        if limit < 1:
            raise CommandError("--limit takes a number of messages, 1 or more.")
        if loop is None:
            self._report(_send_due(limit))
        elif 0 < loop <= LONGEST_PAUSE_SECONDS:
            self._go_on(loop, limit)
        else:
            raise CommandError("--loop takes a number of seconds, more than 0 and at most a day.")

    def _go_on(self, pause: float, limit: int) -> None:
        try:
            while True:
                if counts := _send_due_if_possible(limit):
                    self._report(counts)
                time.sleep(pause)
        except KeyboardInterrupt:
            self.stdout.write("Stopped.")

    def _report(self, counts: Counter[str]) -> None:
        sent, failed, waiting = (counts[status] for status in ("sent", "failed", "pending"))
        self.stdout.write(f"Sent {sent}, refused {failed}, put off {waiting}.")


def _send_due_if_possible(limit: int) -> Counter[str]:
    """Send what is due; a database that is away for a while does not end the loop."""
    close_old_connections()
    try:
        return _send_due(limit)
    except DatabaseError:
        logger.exception("Scheduled messages could not be read; trying again")
        close_old_connections()
        return Counter()


def _send_due(limit: int) -> Counter[str]:
    """Send until nothing more is due; what an attempt came to nothing for is due later. Counts by status."""
    counts: Counter[str] = Counter()
    while batch := actions.send_due(limit=limit):
        counts.update(ScheduledStatus(row.status).value for row in batch)
    return counts
