"""`GET /stream/`: the same frames as server-sent events, for clients and proxies that know no WebSockets."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from asgiref.sync import SyncToAsync, sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.db import connections
from django.http import StreamingHttpResponse
from django.urls import URLPattern, path

from django_convo.api.base import ConvoViewSet, NoStreamError
from django_convo.api.sync import write_cursor
from django_convo.api.tickets import known_by
from django_convo.selectors import Position
from django_convo.selectors.logins import Login, login_of

from . import texts
from .codes import REASONS, CloseCode
from .commands import resume
from .hub import Hub, get_hub
from .outlets import Outlet, event
from .sessions import Session

logger = logging.getLogger("django_convo.realtime")

# After how many milliseconds a client that was cut off comes back.
_RETRY: Final = 2_000


class StreamViewSet(ConvoViewSet):
    """The stream of what concerns the caller."""

    noun = "stream"

    def perform_content_negotiation(self, request: Any, force: bool = False) -> Any:
        # The answer is a stream whatever renderers there are, and an error is JSON.
        return super().perform_content_negotiation(request, force=True)

    def retrieve(self, request: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Stream frames as server-sent events; `Last-Event-ID` (or `?cursor=`) brings what was missed since.

        Each `id` is a cursor of `POST /sync/`. 501 where the server cannot hold a stream open.
        """
        if not isinstance(request._request, ASGIRequest):
            raise NoStreamError
        kind, key = known_by(request)
        login = login_of(request.user, kind=kind, key=key)
        cursor = request.headers.get("Last-Event-ID") or self.query.text("cursor")
        response = EventStream(stream(request.user, login, cursor), content_type="text/event-stream")
        response["X-Accel-Buffering"] = "no"
        return response


class EventStream(StreamingHttpResponse):
    """A stream of bytes that goes to the server as it is: Django takes each event through two generators more."""

    # Django's, with what a middleware has put around it.
    _iterator: AsyncIterator[bytes]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._iterator


async def stream(user: Any, login: Login, cursor: str | None) -> AsyncIterator[bytes]:
    """Yield server-sent events until the client goes, or the session is ended."""
    hub = get_hub()
    outlet = Outlet()
    session = Session(user, login, send=outlet.put, close=outlet.end, take=outlet.take)
    cursors = Cursors(hub, user)
    try:
        # The view's own connection would be kept for as long as the stream lasts.
        await sync_to_async(_close_connections)()
        _end_thread()
        await hub.register(session)
        yield f"retry: {_RETRY}\n\n".encode()
        await resume(hub, session, cursor, {})
        while True:
            events = await outlet.next()
            if isinstance(events, CloseCode):
                yield _closed(events)
                return
            if session.is_behind:
                # Whoever is cut off now has to be told of what waits, too.
                yield b"".join(events)
                continue
            line = cursors.line()
            *others, last = events or [event(texts.frame("pong", cursor=cursors.now()))]
            yield b"".join((*others, line, last))
    except Exception:
        logger.exception("A stream cannot be served.")
        yield _closed(CloseCode.TRY_AGAIN)
    finally:
        outlet.close()
        # Nobody takes any more what waits.
        session.end(CloseCode.TRY_AGAIN)
        await hub.unregister(session)


class Cursors:
    """Where a client stands, signed anew only when the hub has moved on."""

    def __init__(self, hub: Hub, user: Any) -> None:
        self._hub = hub
        self._user = user
        self._time: datetime | None = None
        self._cursor = ""
        self._line = b""

    def line(self) -> bytes:
        """Return the line of an event that says so."""
        self.now()
        return self._line

    def now(self) -> str:
        """Return the cursor from which nothing is missed."""
        if self._time != self._hub.cursor_time:
            self._time = self._hub.cursor_time
            self._cursor = write_cursor(self._user, Position(since=self._time))
            self._line = f"id: {self._cursor}\n".encode()
        return self._cursor


def _closed(code: CloseCode) -> bytes:
    return event(texts.frame("closed", code=int(code), reason=REASONS[code]))


def _close_connections() -> None:
    for connection in connections.all(initialized_only=True):
        # A test of a host's may have begun a transaction around the request.
        if not connection.in_atomic_block:
            connection.close()


def _end_thread() -> None:
    """End the thread in which the view ran: Django would keep one for each stream, of some 45 KiB, and begins another
    where it needs one.
    """
    context = SyncToAsync.thread_sensitive_context.get(None)
    executor = None if context is None else SyncToAsync.context_to_thread_executor.pop(context, None)
    if executor is not None:
        executor.shutdown(wait=False)


stream_urlpatterns: list[URLPattern] = [
    path("stream/", StreamViewSet.as_view({"get": "retrieve"}), name="stream"),
]
