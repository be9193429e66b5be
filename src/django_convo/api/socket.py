"""What a socket asks for, answered by the view that answers it over HTTP.

So a host's own viewset, permission classes, throttles, hooks and exception handler hold for sockets as they are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from django.http import HttpRequest
from django.urls import NoReverseMatch, resolve, reverse
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import ErrorDetail, ParseError
from rest_framework.request import Request

from .base.parsing import read_json

_SWITCHED_OFF: Final = {"detail": "This is not offered here.", "code": "method_not_allowed"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a view has answered. `code` and `detail` of an error; `errors` by field, where the body was wrong."""

    is_success: bool
    data: Any
    code: str = ""
    detail: str = ""
    errors: Any = None
    retry_after: int | None = None


class SocketRequest(HttpRequest):
    """A request that came through a socket, whose user is known."""

    def __init__(self, user: Any, address: str, body: bytes) -> None:
        super().__init__()
        self.user = user
        self.method = "POST"
        self.path = self.path_info = address
        self.META = {
            "REQUEST_METHOD": "POST",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_ACCEPT": "application/json",
        }
        self.content_type, self.content_params = "application/json", {}
        self._stream = BytesIO(body)
        self._read_started = False

    def build_absolute_uri(self, location: str | None = None) -> str:
        """Return the address without a host: a socket's own is that of the client's page or none."""
        return location or self.path


class SocketAuthentication(BaseAuthentication):
    """The user of the socket."""

    def authenticate(self, request: Request) -> tuple[Any, None]:
        return request._request.user, None


def post(user: Any, name: str, body: Mapping[str, Any], **kwargs: str) -> Answer:
    """Answer as `POST` to the route of that name does; asks the database: call it in a thread."""
    try:
        address = reverse(f"django_convo:{name}", kwargs=kwargs)
    except NoReverseMatch:
        return Answer(is_success=False, data=None, code=_SWITCHED_OFF["code"], detail=_SWITCHED_OFF["detail"])
    match = resolve(address)
    view = match.func
    request = SocketRequest(user, address, json.dumps(body).encode())
    request.resolver_match = match
    # The host's own viewset where it has one, but with the socket's word for who asks.
    answering: Any = view.cls.as_view(  # type: ignore[attr-defined]
        view.actions,  # type: ignore[attr-defined]
        **{**view.initkwargs, "authentication_classes": [SocketAuthentication]},  # type: ignore[attr-defined]
    )
    return _answer(answering(request, *match.args, **match.kwargs))


def parse(text: str) -> Any:
    """Return what a frame says, held to the rules of a request's body; None where it is none."""
    try:
        return read_json(text)
    except ParseError:
        return None


def _answer(response: Any) -> Answer:
    if response.status_code < 400:
        return Answer(is_success=True, data=response.data)
    data = response.data
    wait = response.get("Retry-After")
    retry_after = int(wait) if wait is not None and wait.isdecimal() else None
    if isinstance(data, dict) and {"code", "detail"} <= set(data):
        return Answer(
            is_success=False, data=None, code=str(data["code"]), detail=str(data["detail"]), retry_after=retry_after
        )
    first = _first(data)
    return Answer(
        is_success=False,
        data=None,
        code=str(first.code) if first is not None else "invalid",
        detail=str(first or ""),
        errors=data,
        retry_after=retry_after,
    )


def _first(errors: Any) -> ErrorDetail | None:
    """Return the first complaint of a body's fields, however deep."""
    if isinstance(errors, ErrorDetail):
        return errors
    children = errors.values() if isinstance(errors, dict) else errors if isinstance(errors, list) else ()
    return next((found for child in children if (found := _first(child)) is not None), None)
