"""Requests through Django's WSGI handler, in this process: the whole stack, and no socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

from django.core.handlers.wsgi import WSGIHandler

# Who asks, as WSGI calls the header.
HEADER = "HTTP_X_USER"


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What one contestant is asked."""

    path: str
    user: str
    query: str = ""
    method: str = "GET"
    body: Mapping[str, Any] | None = None
    # As a browser's form sends it, where a peer speaks no JSON.
    is_form: bool = False

    def content(self) -> tuple[str, bytes]:
        """Return the content type and the bytes."""
        if self.is_form:
            return "application/x-www-form-urlencoded", urlencode(self.body or {}).encode()
        return "application/json", b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Caller:
    """Plays the server: one handler for every contestant."""

    def __init__(self) -> None:
        self.handler = WSGIHandler()

    def __call__(self, request: Request) -> Answer:
        """Ask, and read the answer to its end; RuntimeError where it is a refusal."""
        response = self.handler(environ_of(request), _nothing)
        body = b"".join(response)
        response.close()
        if not 200 <= response.status_code < 400:
            raise RuntimeError(f"{request.method} {request.path}: {response.status_code} {body[:500]!r}")
        return Answer(status=response.status_code, body=body)


def environ_of(request: Request) -> dict[str, Any]:
    """Return the request as a server passes it on."""
    content_type, body = request.content()
    return {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": quote(request.path),
        "QUERY_STRING": request.query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
        "HTTP_ACCEPT": "application/json",
        HEADER: request.user,
        "wsgi.url_scheme": "http",
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.version": (1, 0),
        "wsgi.multithread": False,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }


def _nothing(status: str, headers: Any, exc_info: Any = None) -> Any:
    return None
