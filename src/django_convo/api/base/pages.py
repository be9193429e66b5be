"""The envelope of every list, `{"next", "previous", "results"}`, over keyset pages with opaque cursors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django.core.signing import BadSignature, Signer
from django.utils.encoding import escape_uri_path
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo.selectors.keyset import keyset_rows, position_of

from .values import LARGEST_NUMBER, QueryValues

_NOT_OF_THE_LIST = ("cursor", "limit", "format")
# How a page is found: by `limit`, `position` and `backwards`, as `keyset_rows` does.
Read = Callable[..., tuple[list[Any], bool]]
# JSON knows neither times nor UUIDs: a tag says what a value was.
_READERS: dict[str, Any] = {"t": datetime.fromisoformat, "u": UUID, "": lambda value: value}


class KeysetPagination(BasePagination):
    """Pages a view's QuerySet by its `keyset_order`.

    A cursor is signed and bound to its list: the path, the filters, the order and the caller. Any other is 400
    `invalid_cursor`.
    """

    _links: ClassVar[tuple[str, str]] = ("next", "previous")

    def paginate_queryset(self, queryset: Any, request: Request, view: Any | None = None) -> list[Any]:
        """Return the rows of the page that the request asks for."""
        order: Sequence[str] = getattr(view, "keyset_order", ("-pk",))
        return self.paginate(partial(keyset_rows, queryset, order=order), request, order)

    def paginate(self, read: Read, request: Request, order: Sequence[str]) -> list[Any]:
        """Return the page of the request, in the order in which `read` finds it."""
        self.request = request
        self._signer = Signer(salt=self._list_name(request, order))
        position, backwards = self._position(request.query_params.get("cursor"))
        limit = QueryValues(request.query_params).limit()
        rows, has_more = read(limit=limit, position=position, backwards=backwards)
        has_next = bool(rows) and (has_more or backwards)
        has_previous = bool(rows) and (has_more if backwards else position is not None)
        self.next = self._link(position_of(rows[-1], order), backwards=False) if has_next else None
        self.previous = self._link(position_of(rows[0], order), backwards=True) if has_previous else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        """Return the envelope around the rows."""
        return Response({"next": self.next, "previous": self.previous, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Return the envelope as OpenAPI describes it."""
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return the query parameters of a page as OpenAPI describes them."""
        return [
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
            {
                "name": "limit",
                "in": "query",
                "required": False,
                "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER},
            },
        ]

    def _list_name(self, request: Request, order: Sequence[str]) -> str:
        filters = sorted(
            (name, value)
            for name, values in request.query_params.lists()
            for value in values
            if name not in _NOT_OF_THE_LIST
        )
        return f"django_convo.cursor:{request.path}?{urlencode(filters)}:{','.join(order)}:{request.user.pk}"

    def _position(self, cursor: str | None) -> tuple[list[Any] | None, bool]:
        if not cursor:
            return None, False
        try:
            backwards, values = self._signer.unsign_object(cursor)
        except (BadSignature, ValueError) as error:
            raise ParseError(_("This cursor is not one of this list."), code="invalid_cursor") from error
        return [_READERS[tag](value) for tag, value in values], backwards

    def _link(self, position: list[Any], *, backwards: bool) -> str:
        cursor = self._signer.sign_object([backwards, [_tagged(value) for value in position]])
        return link_with(self.request, cursor=cursor)


def _tagged(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "t", value.isoformat()
    if isinstance(value, UUID):
        return "u", value.hex
    return "", value


def link_with(request: Request, *, without: Sequence[str] = (), **parameters: object) -> str:
    """Return the address of this request with other query parameters."""
    asked = {name: values for name, values in request.query_params.lists() if name not in without}
    query = urlencode(sorted({**asked, **parameters}.items()), doseq=True)
    # Two slashes: what begins with them is joined to the host without looking for dots.
    return request.build_absolute_uri(f"//{escape_uri_path(request.path)}?{query}")
