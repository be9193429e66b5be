"""`GET /stream/`: the same frames as server-sent events, for clients and proxies that know no WebSockets."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, Final

from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.urls import URLPattern, path

from django_convo.api.base import ConvoViewSet, NoStreamError
from django_convo.api.config import PING_INTERVAL
from django_convo.api.sync import write_cursor
from django_convo.api.tickets import known_by
from django_convo.selectors import Position
from django_convo.selectors.logins import Login, login_of

from . import texts
from .codes import REASONS, CloseCode
from .commands import resume
from .hub import Hub, get_hub
from .sessions import Session

# Frames that are ready for the server; what waits behind them is bounded by the session.
_READY: Final = 16
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
        response = StreamingHttpResponse(stream(request.user, login, cursor), content_type="text/event-stream")
        response["X-Accel-Buffering"] = "no"
        return response


async def stream(user: Any, login: Login, cursor: str | None) -> AsyncIterator[str]:
    """Yield server-sent events until the client goes, or the session is ended."""
    hub = get_hub()
    ready: asyncio.Queue[str | CloseCode] = asyncio.Queue(_READY)

    async def end(code: CloseCode) -> None:
        while not ready.empty():
            ready.get_nowait()
        ready.put_nowait(code)

    session = Session(user, login, send=ready.put, close=end)
    cursors = Cursors(hub, user)
    try:
        await hub.register(session)
        yield f"retry: {_RETRY}\n\n"
        await resume(hub, session, cursor, {})
        while True:
            chunk = await _next(ready)
            if isinstance(chunk, CloseCode):
                yield _event(texts.frame("closed", code=int(chunk), reason=REASONS[chunk]))
                return
            yield f"id: {cursors.now()}\n{chunk or _event(texts.frame('pong', cursor=cursors.now()))}"
    finally:
        await hub.unregister(session)


class Cursors:
    """Where a client stands, signed anew only when the hub has moved on."""

    def __init__(self, hub: Hub, user: Any) -> None:
        self._hub = hub
        self._user = user
        self._time: datetime | None = None
        self._cursor = ""

    def now(self) -> str:
        """Return the cursor from which nothing is missed."""
        if self._time != self._hub.cursor_time:
            self._time = self._hub.cursor_time
            self._cursor = write_cursor(self._user, Position(since=self._time))
        return self._cursor


async def _next(ready: asyncio.Queue[str | CloseCode]) -> str | CloseCode:
    """Wait for what is ready, and take it together; empty where nothing came for as long as a proxy waits."""
    try:
        first = await asyncio.wait_for(ready.get(), PING_INTERVAL)
    except (asyncio.TimeoutError, TimeoutError):
        return ""
    found = [first]
    with contextlib.suppress(asyncio.QueueEmpty):
        while True:
            found.append(ready.get_nowait())
    code = next((item for item in found if isinstance(item, CloseCode)), None)
    return code if code is not None else "".join(_event(item) for item in found if isinstance(item, str))


def _event(text: str) -> str:
    # A frame is one line: JSON escapes what would break it.
    return f"data: {text}\n\n"


stream_urlpatterns: list[URLPattern] = [
    path("stream/", StreamViewSet.as_view({"get": "retrieve"}), name="stream"),
]
