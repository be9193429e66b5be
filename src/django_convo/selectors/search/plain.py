"""Plain comparison, on every database: messages whose text contains every word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .base import SearchBackend
from .words import Words

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from django_convo.models import AbstractMessage


class PlainBackend(SearchBackend):
    """Reads the caller's messages one by one, so it takes as long as they are many; nobody else's are read.

    A word is also found within another. Case is ignored as the database does it: SQLite knows only that of ASCII.
    """

    def matching(
        self, rows: QuerySet[AbstractMessage], words: Words, *, order: Sequence[str], limit: int | None = None
    ) -> QuerySet[AbstractMessage]:
        """Keep the messages that contain every word."""
        for word in words.words:
            rows = rows.filter(message_body__icontains=word)
        return rows

    def highlights(self, body: str, words: Words) -> list[tuple[int, int]]:
        """Return where the words stand, within others too."""
        return words.places(body, anywhere=True)
