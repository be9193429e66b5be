"""Windows of one conversation: which part is asked for, and the envelope around it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo.selectors.windows import Window, WindowBounds

from .base import LARGEST_NUMBER, KeysetPagination, QueryValues, link_with

_PARAMETERS = ("before", "after", "around", "anchor")


class WindowPagination(BasePagination):
    """The envelope of a window: `next` leads to older messages, `previous` to newer ones."""

    def bounds(self, query: QueryValues) -> WindowBounds:
        """Return which part is asked for; one of `around`, `anchor` or `before`/`after`, else 400 `window_invalid`."""
        before, after, around = query.number("before"), query.number("after"), query.number("around")
        anchor = query.choice("anchor", ["first_unread"])
        if sum([around is not None, anchor is not None, before is not None or after is not None]) > 1:
            raise ParseError(_("Ask for one of around, anchor, or before and after."), code="window_invalid")
        return WindowBounds(
            limit=query.limit(),
            before=before,
            after=after,
            around=around,
            is_around_first_unread=anchor is not None,
        )

    def envelope(self, request: Request, window: Window, results: list[Any]) -> Response:
        """Return the messages with the addresses of their neighbours."""
        rows = window.rows
        older = link_with(request, without=_PARAMETERS, before=rows[-1].seq) if window.has_older else None
        newer = link_with(request, without=_PARAMETERS, after=rows[0].seq) if window.has_newer else None
        return Response(
            {
                "next": older,
                "previous": newer,
                "event_seq": window.event_seq,
                "anchor_seq": window.anchor_seq,
                "oldest_seq": window.oldest_seq,
                "results": results,
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the envelope as OpenAPI describes it."""
        page = KeysetPagination().get_paginated_response_schema(schema)
        number = {"type": "integer", "format": "int64"}
        page["required"] = [*page["required"], "event_seq", "anchor_seq", "oldest_seq"]
        page["properties"] |= {
            "event_seq": number,
            "anchor_seq": {"type": ["integer", "null"], "format": "int64"},
            "oldest_seq": number,
        }
        return page

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the query parameters of a window as OpenAPI describes them."""
        numbers = [
            {
                "name": name,
                "in": "query",
                "required": False,
                "schema": {"type": "integer", "minimum": minimum, "maximum": LARGEST_NUMBER},
            }
            for name, minimum in (("before", 0), ("after", 0), ("around", 0), ("limit", 1))
        ]
        anchor = {"type": "string", "enum": ["first_unread"]}
        return [*numbers, {"name": "anchor", "in": "query", "required": False, "schema": anchor}]
