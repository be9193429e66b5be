"""`manage.py convo_verify`: recount every counter and compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router

from django_convo.actions import maintenance
from django_convo.exceptions import NotFound
from django_convo.management.progress import Progress
from django_convo.models import get_conversation_model
from django_convo.selectors.differences import Difference, find_differences
from django_convo.selectors.misplaced import Place, find_misplaced

# Conversations per statement: few enough that none runs for long, enough that round trips do not matter.
BATCH_SIZE = 200
# Rows per statement where each is compared with its message.
_ROWS_AT_ONCE = 5_000


class Command(BaseCommand):
    """Prints each difference; exit status 1 where any is left."""

    help = "Recount unread messages, mentions, replies, participants, numbers and the log, and compare."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="set what is wrong to what was counted")
        parser.add_argument("--dry-run", action="store_true", help="with --repair: only say what it would set")
        parser.add_argument("--conversation", metavar="ID", help="look at this one only")
        parser.add_argument("--after", metavar="ID", help="go on behind this one, where an earlier run was stopped")

    def handle(
        self,
        *args: Any,
        repair: bool,
        dry_run: bool,
        conversation: str | UUID | None,
        after: str | UUID | None,
        **options: Any,
    ) -> None:
        only = None if conversation is None else _uuid("--conversation", conversation)
        behind = None if after is None else _uuid("--after", after)
        self.is_repairing = repair and not dry_run
        self.progress = Progress(self.stdout)
        self.repaired = self.left = 0
        for batch in _batches(only, behind):
            self._verify(batch)
            self.progress.add("conversations", len(batch), where=batch[-1])
        checked = self.progress.totals["conversations"]
        if only is not None and not checked:
            raise CommandError(f"There is no conversation {conversation}.")
        self._verify_places(only)
        summary = f"{checked} conversations checked, {self.repaired} differences repaired, {self.left} left."
        if self.left:
            hint = "" if self.is_repairing else " Repair them: manage.py convo_verify --repair"
            raise CommandError(summary + hint)
        self.stdout.write(summary)

    def _verify(self, batch: list[UUID]) -> None:
        found = find_differences(batch)
        for difference in found:
            self.stdout.write(str(difference))
        remaining = _repair(found) if self.is_repairing and found else found
        self.repaired += len(found) - len(remaining)
        self.left += len(remaining)

    def _verify_places(self, only: UUID | None) -> None:
        """Compare the conversation that each row names with that of its message."""
        place: Place | None = Place()
        while place is not None:
            found, looked_at, place = find_misplaced(place, limit=_ROWS_AT_ONCE, conversation_id=only)
            for row in found:
                self.stdout.write(str(row))
                is_repaired = self.is_repairing and maintenance.repair_misplaced(row=row)
                self.repaired += is_repaired
                self.left += not is_repaired
            self.progress.add("rows of messages", looked_at)


def _uuid(option: str, value: str | UUID) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise CommandError(f"{option} takes the id of a conversation, a UUID; {value!r} is none.") from None


def _batches(only: UUID | None, after: UUID | None) -> Iterator[list[UUID]]:
    """Walk through the ids of live conversations, without a cursor that stays open."""
    model = get_conversation_model()
    rows = model._default_manager.using(router.db_for_write(model)).live().order_by("pk")
    if only is not None:
        rows = rows.filter(pk=only)
    following = rows if after is None else rows.filter(pk__gt=after)
    while batch := list(following.values_list("pk", flat=True)[:BATCH_SIZE]):
        yield batch
        following = rows.filter(pk__gt=batch[-1])


def _repair(found: list[Difference]) -> list[Difference]:
    """Repair the conversations concerned, each in its own transaction; returns what is different still."""
    model = get_conversation_model()
    keys = list({difference.conversation_id: None for difference in found})
    for row in model._default_manager.using(router.db_for_write(model)).filter(pk__in=keys):
        try:
            maintenance.repair_conversation(conversation=row)
        except NotFound:
            continue  # deleted meanwhile
    return find_differences(keys)
