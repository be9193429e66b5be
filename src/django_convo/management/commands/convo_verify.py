"""`manage.py convo_verify`: recount every counter and compare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import router

from django_convo.actions import maintenance
from django_convo.exceptions import NotFound
from django_convo.models import get_conversation_model
from django_convo.selectors.differences import Difference, find_differences

# Conversations per statement: few enough that none runs for long, enough that round trips do not matter.
BATCH_SIZE = 200


class Command(BaseCommand):
    """Prints each difference; exit status 1 where any is left."""

    help = "Recount unread messages, participants, numbers and the log of conversations, and compare."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--repair", action="store_true", help="set what is wrong to what was counted")
        parser.add_argument("--conversation", metavar="ID", help="look at this one only")

    def handle(self, *args: Any, repair: bool, conversation: str | UUID | None, **options: Any) -> None:
        checked = repaired = left = 0
        for batch in _batches(None if conversation is None else _uuid(conversation)):
            checked += len(batch)
            found = find_differences(batch)
            for difference in found:
                self.stdout.write(str(difference))
            remaining = _repair(found) if repair and found else found
            repaired += len(found) - len(remaining)
            left += len(remaining)
        if conversation is not None and not checked:
            raise CommandError(f"There is no conversation {conversation}.")
        summary = f"{checked} conversations checked, {repaired} differences repaired, {left} left."
        if left:
            raise CommandError(summary if repair else f"{summary} Repair them: manage.py convo_verify --repair")
        self.stdout.write(summary)


def _uuid(value: str | UUID) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise CommandError(f"--conversation takes the id of a conversation, a UUID; {value!r} is none.") from None


def _batches(only: UUID | None) -> Iterator[list[UUID]]:
    """Walk through the ids of live conversations, without a cursor that stays open."""
    model = get_conversation_model()
    rows = model._default_manager.using(router.db_for_write(model)).live().order_by("pk")
    if only is not None:
        rows = rows.filter(pk=only)
    batch = list(rows.values_list("pk", flat=True)[:BATCH_SIZE])
    while batch:
        yield batch
        batch = list(rows.filter(pk__gt=batch[-1]).values_list("pk", flat=True)[:BATCH_SIZE])


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
