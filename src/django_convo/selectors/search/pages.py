"""Pages of a search: windows of the newest matches, the best of each window first.

To rank all that match, all of it would have to be read: for a frequent word, most of what one has. So the newest
`WINDOW` matches are ranked, then those before them, and so on. A place in the list names its window by both ends, so
that a page deep down costs what the first one does and what is sent meanwhile moves nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db.models import QuerySet

from django_convo.selectors.keyset import cut, keyset_rows, turned
from django_convo.selectors.messages import ALL_ORDER

from .base import SearchBackend
from .kept import KeptSearch, Mark, beyond_mark
from .words import Words

if TYPE_CHECKING:
    from django_convo.models import AbstractMessage

# Twice the default page.
WINDOW: Final = 100
# How well, when and which: where it stands within its window.
Rank = tuple[int, datetime, UUID]


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """A place between two messages of a search: after (before, when `backwards`) `edge` in the window of these ends.

    Without an edge, the window is the next one: after `oldest`, or before `newest`.
    """

    newest: Mark
    oldest: Mark
    edge: Rank | None
    is_first: bool
    is_last: bool
    backwards: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """One page of messages in order, and the places on either side, where there is more."""

    rows: Sequence[AbstractMessage]
    next: Place | None
    previous: Place | None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Window:
    """Matches in order, each with where it stands; and whether there are newer ones and older ones."""

    ranked: Sequence[tuple[Rank, AbstractMessage]]
    newest: Mark
    oldest: Mark
    is_first: bool
    is_last: bool

    def place(self, edge: Rank | None, *, backwards: bool) -> Place:
        return Place(
            newest=self.newest,
            oldest=self.oldest,
            edge=edge,
            is_first=self.is_first,
            is_last=self.is_last,
            backwards=backwards,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Pages:
    """A search as pages; `rows` are what the caller may read, of it what the filters keep.

    `kept` finds the same of them by a statement that is kept.
    """

    backend: SearchBackend
    rows: QuerySet[Any]
    words: Words
    kept: KeptSearch | None = None

    def page(self, place: Place | None, limit: int) -> Found:
        """Return up to `limit` messages after the place, or from the front; at the end of a window it may be fewer."""
        backwards = place is not None and place.backwards
        window = self._window(place) if self.words else None
        shown = _beyond(window, place)
        if not shown and place is not None and place.edge is not None and not _is_end(place):
            # What was left of the window is gone since.
            window = self._window(replace(place, edge=None))
            shown = _beyond(window, None)
        shown = shown[-limit:] if backwards else shown[:limit]
        if window is None or not shown:
            return Found(rows=[], next=None, previous=None)
        return Found(
            rows=[message for _, message in shown],
            next=_next(window, shown[-1][0]),
            previous=_previous(window, shown[0][0]),
        )

    def highlights(self, body: str) -> list[tuple[int, int]]:
        """Return from and up to which character the words stand in a message that was found."""
        return self.backend.highlights(body, self.words)

    def _window(self, place: Place | None) -> _Window | None:
        if place is None:
            return self._slice(None, backwards=False)
        if place.edge is None:
            return self._slice(place.newest if place.backwards else place.oldest, backwards=place.backwards)
        within = self.rows.filter(beyond_mark(*place.newest, "lt"), beyond_mark(*place.oldest, "gt"))
        # Those that have come to match by an edit since are few, or find no room.
        rows = self.backend.matching(within, self.words, order=ALL_ORDER).order_by(*ALL_ORDER)[: 2 * WINDOW]
        return self._ranked(list(rows), is_first=place.is_first, is_last=place.is_last)

    def _slice(self, mark: Mark | None, *, backwards: bool) -> _Window | None:
        """Read the next window older than the mark, or, `backwards`, newer; without a mark, the first."""
        if self.kept is None:
            matches = self._matches(mark, backwards)
            found, has_more = keyset_rows(matches, order=ALL_ORDER, limit=WINDOW, backwards=backwards)
        else:
            rows = self.kept.read(self.words, mark, backwards=backwards, limit=WINDOW + 1)
            found, has_more = cut(rows, limit=WINDOW, backwards=backwards)
        is_first = not has_more if backwards else mark is None
        return self._ranked(found, is_first=is_first, is_last=not (backwards or has_more))

    def _matches(self, mark: Mark | None, backwards: bool) -> QuerySet[AbstractMessage]:
        rows = self.rows
        if mark is not None:
            rows = rows.filter(beyond_mark(*mark, "gt" if backwards else "lt")).exclude(pk=mark[1])
        return self.backend.matching(rows, self.words, order=turned(ALL_ORDER, backwards), limit=WINDOW + 1)

    def _ranked(self, rows: Sequence[Any], *, is_first: bool, is_last: bool) -> _Window | None:
        if not rows:
            return None
        scored = [(self.backend.score(row.message_body, self.words), row) for row in rows]
        ranked = [((score, row.sent_at, row.pk), row) for score, row in scored]
        ranked.sort(key=lambda item: item[0], reverse=True)
        newest, oldest = rows[0], rows[-1]
        return _Window(
            ranked=ranked,
            newest=(newest.sent_at, newest.pk),
            oldest=(oldest.sent_at, oldest.pk),
            is_first=is_first,
            is_last=is_last,
        )


def _beyond(window: _Window | None, place: Place | None) -> list[tuple[Rank, AbstractMessage]]:
    if window is None:
        return []
    if place is None or place.edge is None:
        return list(window.ranked)
    edge, backwards = place.edge, place.backwards
    return [(rank, row) for rank, row in window.ranked if (rank > edge if backwards else rank < edge)]


def _is_end(place: Place) -> bool:
    return place.is_first if place.backwards else place.is_last


def _next(window: _Window, last: Rank) -> Place | None:
    if last != window.ranked[-1][0]:
        return window.place(last, backwards=False)
    return None if window.is_last else window.place(None, backwards=False)


def _previous(window: _Window, first: Rank) -> Place | None:
    if first != window.ranked[0][0]:
        return window.place(first, backwards=True)
    return None if window.is_first else window.place(None, backwards=True)
