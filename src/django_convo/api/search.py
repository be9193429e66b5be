"""`GET /search/`: messages by their words, the best of the newest first, with where the words stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.signing import Signer
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo.models import AbstractMessage
from django_convo.selectors import decorate_messages
from django_convo.selectors.messages import ALL_ORDER, MessageFilters
from django_convo.selectors.search import Found, Pages, Place, search

from .base import KeysetPagination, QueryValues, rendered
from .messages import MessageSerializer
from .scoped import ConversationScopedViewSet


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchResult:
    """A message that was found, and from and up to which character the words stand in it."""

    message: AbstractMessage
    highlights: Sequence[tuple[int, int]]


class HighlightSerializer(serializers.Serializer[Any]):
    """From and up to which character (Unicode code point) of `message_body`."""

    start = serializers.IntegerField()
    end = serializers.IntegerField()


class SearchResultSerializer(serializers.Serializer[Any]):
    """A message that was found."""

    message = MessageSerializer()
    highlights = HighlightSerializer(many=True)

    def to_representation(self, instance: SearchResult) -> dict[str, Any]:
        return {
            "message": rendered("message", instance.message, context=self.context),
            "highlights": [{"start": start, "end": end} for start, end in instance.highlights],
        }


class SearchPagination(KeysetPagination):
    """The envelope of a search; a cursor is signed and bound to it, as that of any list."""

    def found(self, pages: Pages, request: Request) -> Found:
        """Return the page that the request asks for; raises ParseError for a cursor of another list."""
        self.request = request
        self._signer = Signer(salt=self._list_name(request, ALL_ORDER))
        values, backwards = self._position(request.query_params.get("cursor"))
        place = None if values is None else _place(values, backwards=backwards)
        found = pages.page(place, QueryValues(request.query_params).limit())
        self.next, self.previous = (self._address(place) for place in (found.next, found.previous))
        return found

    def _address(self, place: Place | None) -> str | None:
        if place is None:
            return None
        values = [*place.newest, *place.oldest, place.is_first, place.is_last, *(place.edge or ())]
        return self._link(values, backwards=place.backwards)


def _place(values: Sequence[Any], *, backwards: bool) -> Place:
    newest_at, newest, oldest_at, oldest, is_first, is_last, *edge = values
    return Place(
        newest=(newest_at, newest),
        oldest=(oldest_at, oldest),
        edge=(edge[0], edge[1], edge[2]) if edge else None,
        is_first=is_first,
        is_last=is_last,
        backwards=backwards,
    )


class SearchViewSet(ConversationScopedViewSet):
    """Searching in what one may read."""

    noun = "search"
    outputs = {"list": "search_result"}
    pagination_class = SearchPagination

    def get_pages(self) -> Pages:
        """Return the search that the request asks for."""
        words = self.searched("q")
        if words is None:
            raise self.query.required("q")
        filters = MessageFilters(
            conversation_id=self.query.uuid("conversation_id"), sender=self.query.user_key("sender")
        )
        return search(self.request.user, words, filters)

    def get_queryset(self) -> QuerySet[Any]:
        """Return what is searched in."""
        return self.get_pages().rows

    def list(self, request: Request, **kwargs: Any) -> Response:
        """Find messages that hold every word of `q`, the last word also as the beginning of one."""
        paginator, pages = SearchPagination(), self.get_pages()
        rows = paginator.found(pages, request).rows
        decorate_messages(request.user, rows)
        self.note_view(messages=rows)
        results = [SearchResult(message=row, highlights=pages.highlights(row.message_body)) for row in rows]
        return paginator.get_paginated_response(self.render_rows(results))
