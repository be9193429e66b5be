"""Requests through Django's WSGI handler, in this process: the whole stack, and no socket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import quote

from django.core.handlers.wsgi import WSGIHandler

from benchmarks.authentication import HEADER


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """What one contestant is asked."""

    path: str
    user: str
    query: str = ""
    method: str = "GET"
    body: Mapping[str, Any] | None = None


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
        """Ask, and read the answer to its end; RuntimeError where it is none of success."""
        response = self.handler(environ_of(request), _nothing)
        body = b"".join(response)
        response.close()
        if not 200 <= response.status_code < 300:
            raise RuntimeError(f"{request.method} {request.path}: {response.status_code} {body[:500]!r}")
        return Answer(status=response.status_code, body=body)


def environ_of(request: Request) -> dict[str, Any]:
    """Return the request as a server passes it on."""
    body = b"" if request.body is None else json.dumps(request.body).encode()
    return {
        "REQUEST_METHOD": request.method,
        "PATH_INFO": quote(request.path),
        "QUERY_STRING": request.query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_TYPE": "application/json",
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
