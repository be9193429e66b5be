"""What a search backend does; a host names its own in `CONVO_SEARCH_BACKEND`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .words import Words

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from django_convo.models import AbstractMessage


class SearchBackend:
    """Finds messages by their words.

    What may be found is always the `rows` given, which the policy has narrowed to what the caller may read: a backend
    keeps some of them and adds none.
    """

    def matching(
        self, rows: QuerySet[AbstractMessage], words: Words, *, order: Sequence[str], limit: int | None = None
    ) -> QuerySet[AbstractMessage]:
        """Keep the messages that hold every word; of these, with `limit`, at least the first so many in that order.

        The number of statements must not depend on what the words are: who counts them would learn what others write.
        """
        raise NotImplementedError

    def highlights(self, body: str, words: Words) -> list[tuple[int, int]]:
        """Return from and up to which character the words stand in a message that was found."""
        raise NotImplementedError

    def score(self, body: str, words: Words) -> int:
        """Return how well a message that was found fits; the larger, the further to the front."""
        return words.score(body)
