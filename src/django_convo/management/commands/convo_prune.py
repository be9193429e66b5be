"""`manage.py convo_prune`: remove what is older than its retention."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import ProtectedError, RestrictedError
from django.utils import timezone

from django_convo.actions import maintenance
from django_convo.actions.attachments import prune_unsent_attachments
from django_convo.actions.tickets import prune_tickets
from django_convo.conf import settings
from django_convo.exceptions import NotFound, TryAgain
from django_convo.management.progress import Progress
from django_convo.selectors import expired

_NOUNS = ("events", "departures", "conversations", "messages", "unsent files", "tickets")


class Command(BaseCommand):
    """Removes what is past its retention, a bounded number of rows per transaction; begun again, it goes on."""

    help = (
        "Remove events, departures and deleted conversations older than CONVO_EVENT_RETENTION, messages older than "
        "CONVO_MESSAGE_RETENTION, what deleted messages held after CONVO_UNDO_WINDOW, files that were never sent, and "
        "tickets that nobody used."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch-size", type=int, default=1000, metavar="ROWS", help="rows per transaction (1000)")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")

    def handle(self, *args: Any, batch_size: int, dry_run: bool, **options: Any) -> None:
        if batch_size < 1:
            raise CommandError("--batch-size takes a number of rows, 1 or more.")
        now = timezone.now()
        if dry_run:
            self.stdout.write("Would remove " + _summary(_count(now)))
            return
        self.progress = Progress(self.stdout)
        self.limit = batch_size
        self._prune_tombstones(now - settings.UNDO_WINDOW)
        for kind, retention in settings.MESSAGE_RETENTION.items():
            self._prune_messages(kind, now - retention)
        self._repeat("unsent files", prune_unsent_attachments, now - settings.ATTACHMENT_UNSENT_RETENTION)
        self._repeat("tickets", prune_tickets, now)
        before = now - settings.EVENT_RETENTION
        self._prune_conversations(before)
        self._repeat("departures", maintenance.prune_departures, before)
        self._prune_events(before)
        self.stdout.write("Removed " + _summary(self.progress.totals))

    def _repeat(self, noun: str, prune: Callable[..., int], before: datetime) -> None:
        while step := prune(before=before, limit=self.limit):
            self.progress.add(noun, step)

    def _prune_tombstones(self, before: datetime) -> None:
        position: int | None = 0
        while position is not None:
            step, position = maintenance.empty_tombstones(before=before, after=position, limit=self.limit)
            self.progress.add("tombstones", step)

    def _prune_events(self, before: datetime) -> None:
        position: maintenance.Position | None = None
        while True:
            step, position = maintenance.prune_events(before=before, after=position, limit=self.limit)
            self.progress.add("events", step)
            if position is None:
                return

    def _prune_messages(self, kind: str, before: datetime) -> None:
        def prune(conversation_id: UUID, limit: int) -> bool:
            step = maintenance.prune_messages(conversation_id=conversation_id, before=before, limit=limit)
            self.progress.add("messages", step)
            return step == 0

        for conversation_id in maintenance.walk_conversations_with_expired(kind=kind, before=before):
            self._prune_whole(conversation_id, prune, f"messages of conversation {conversation_id}")

    def _prune_conversations(self, before: datetime) -> None:
        def prune(conversation_id: UUID, limit: int) -> bool:
            return maintenance.prune_conversation(conversation_id=conversation_id, limit=limit)

        for conversation_id in maintenance.walk_expired_conversations(before=before):
            if self._prune_whole(conversation_id, prune, f"conversation {conversation_id}"):
                self.progress.add("conversations", 1)

    def _prune_whole(self, key: UUID, prune: Callable[[UUID, int], bool], name: str) -> bool:
        """Repeat until nothing is left, in smaller steps where a row of the host's stands in the way of one."""
        limit = self.limit
        while True:
            try:
                if prune(key, limit):
                    return True
            except NotFound:
                return False  # another run of this command was faster
            except TryAgain as error:
                self.stderr.write(f"Kept {name}: {error}")
                return False
            except (ProtectedError, RestrictedError) as error:
                if limit == 1:
                    self.stderr.write(f"Kept {name}: {error.args[0]}")
                    return False
                limit //= 2


def _count(now: datetime) -> dict[str, int]:
    before = now - settings.EVENT_RETENTION
    messages = sum(
        expired.expired_messages(kind, now - retention).count()
        for kind, retention in settings.MESSAGE_RETENTION.items()
    )
    return {
        "events": expired.expired_events(before).count(),
        "departures": expired.expired_departures(before).count(),
        "conversations": expired.expired_conversations(before).count(),
        "messages": messages,
        "unsent files": expired.expired_uploads(now - settings.ATTACHMENT_UNSENT_RETENTION).count(),
        "tickets": expired.expired_tickets(now).count(),
        "tombstones": expired.expired_tombstones(now - settings.UNDO_WINDOW).count(),
    }


def _summary(totals: dict[str, int]) -> str:
    return ", ".join(f"{totals.get(noun, 0)} {noun}" for noun in _NOUNS) + (
        f", and what {totals.get('tombstones', 0)} deleted messages held."
    )
