"""`manage.py convo_prune`: remove what is older than `CONVO_EVENT_RETENTION`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from django_convo.actions import maintenance
from django_convo.conf import settings
from django_convo.exceptions import NotFound


class Command(BaseCommand):
    """Removes events, departures and deleted conversations, a bounded number of rows per transaction."""

    help = "Remove events, departures and deleted conversations that are older than CONVO_EVENT_RETENTION."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch-size", type=int, default=1000, metavar="ROWS", help="rows per transaction (1000)")

    def handle(self, *args: Any, batch_size: int, **options: Any) -> None:
        if batch_size < 1:
            raise CommandError("--batch-size takes a number of rows, 1 or more.")
        before = timezone.now() - settings.EVENT_RETENTION
        events = _prune_events(before, batch_size)
        departures = _prune_departures(before, batch_size)
        conversations = self._prune_conversations(before, batch_size)
        self.stdout.write(f"Removed {events} events, {departures} departures, {conversations} conversations.")

    def _prune_conversations(self, before: datetime, batch_size: int) -> int:
        removed = 0
        for conversation_id in maintenance.expired_conversations(before=before):
            try:
                while not maintenance.prune_conversation(conversation_id=conversation_id, limit=batch_size):
                    continue
            except NotFound:
                continue  # another run of this command was faster
            except (ProtectedError, RestrictedError) as error:
                self.stderr.write(f"Kept conversation {conversation_id}: {error.args[0]}")
            else:
                removed += 1
        return removed


def _prune_events(before: datetime, batch_size: int) -> int:
    removed, position = maintenance.prune_events(before=before, after=None, limit=batch_size)
    while position is not None:
        step, position = maintenance.prune_events(before=before, after=position, limit=batch_size)
        removed += step
    return removed


def _prune_departures(before: datetime, batch_size: int) -> int:
    removed = 0
    while step := maintenance.prune_departures(before=before, limit=batch_size):
        removed += step
    return removed
