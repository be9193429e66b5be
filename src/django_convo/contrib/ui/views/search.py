"""Searching in what one may read."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from django_convo import actions
from django_convo.conf import settings
from django_convo.contrib.ui.pages import PlaceInList
from django_convo.contrib.ui.queries import text_of, uuid_of
from django_convo.contrib.ui.shapes import conversation_rows, message_row, render_found
from django_convo.selectors import decorate, decorate_messages
from django_convo.selectors.inbox import visible
from django_convo.selectors.messages import ALL_ORDER, MessageFilters, find_readable_conversation
from django_convo.selectors.search import Place, search, words_of

from .base import ChatView


class SearchView(ChatView):
    """Messages by their words."""

    template_name = "convo_ui/search.html"
    throttle_scope = "search"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show what was found, in all conversations or in one, with the words marked."""
        query, key = text_of(request.GET, "q"), uuid_of(request.GET, "conversation")
        within = None if key is None else find_readable_conversation(request.user, key)
        found: dict[str, Any] = {"results": [], "next": ""}
        if query:
            self.count()
            found = self._found(query, within)
        rows = [] if within is None else self._named([within])
        return self.show({"query": query, "within": rows[0] if rows else None, **found})

    def _found(self, query: str, within: Any) -> dict[str, Any]:
        filters = MessageFilters(conversation_id=None if within is None else within.pk)
        pages = search(self.request.user, words_of(query), filters)
        place = PlaceInList(self.request, ALL_ORDER)
        found = pages.page(_place(place.position), settings.PAGE_SIZE)
        decorate_messages(self.request.user, found.rows)
        actions.record_view(actor=self.request.user, messages=found.rows)
        named = {row.conversation_id: row for row in self._named(self._conversations_of(found.rows))}
        results = [
            (
                message_row(self.request.user, message),
                render_found(message.message_body, pages.highlights(message.message_body)),
                named.get(str(message.conversation_id)),
            )
            for message in found.rows
        ]
        return {"results": results, "next": place.address_of(_values(found.next)) if found.next else ""}

    def _conversations_of(self, rows: Any) -> list[Any]:
        keys = {row.conversation_id for row in rows}
        return list(visible(self.request.user).filter(pk__in=keys)) if keys else []

    def _named(self, conversations: list[Any]) -> list[Any]:
        decorate(self.request.user, conversations)
        return conversation_rows(self.request.user, conversations)


def _values(place: Place) -> list[Any]:
    return [*place.newest, *place.oldest, place.is_first, place.is_last, *(place.edge or ())]


def _place(values: list[Any] | None) -> Place | None:
    if values is None:
        return None
    newest_at, newest, oldest_at, oldest, is_first, is_last, *edge = values
    return Place(
        newest=(newest_at, newest),
        oldest=(oldest_at, oldest),
        edge=(edge[0], edge[1], edge[2]) if edge else None,
        is_first=is_first,
        is_last=is_last,
    )
