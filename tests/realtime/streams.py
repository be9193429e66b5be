"""A client of server-sent events, by Django's own ASGI handler and without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.test import Client

PATIENCE_SECONDS = 15.0


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One event: the frame, and the `id` that stood before it, if one did."""

    frame: dict[str, Any]
    id: str | None


class StreamClient:
    """One stream, read on request; hangs up at the end of the block."""

    def __init__(self, browser: Client | None, *, query: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.text = ""
        self.is_over = False
        self._sent = headers or {}
        if browser is not None:
            self._sent = {**self._sent, "Cookie": f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"}
        self._query = query
        self._chunks: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._can_write = asyncio.Event()
        self._can_write.set()
        self._id: str | None = None

    async def __aenter__(self) -> StreamClient:
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/api/stream/",
            "query_string": self._query.encode(),
            "headers": [(b"host", b"testserver"), *((k.lower().encode(), v.encode()) for k, v in self._sent.items())],
        }
        application: Any = get_asgi_application()
        self.task = asyncio.create_task(application(scope, self._to_server.get, self._take))
        await self._to_server.put({"type": "http.request", "body": b"", "more_body": False})
        start = await asyncio.wait_for(self._chunks.get(), PATIENCE_SECONDS)
        self.status = start["status"]
        self.headers = {key.decode().lower(): value.decode() for key, value in start["headers"]}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._can_write.set()
        await self._to_server.put({"type": "http.disconnect"})
        await asyncio.wait_for(self.task, PATIENCE_SECONDS)

    async def body(self) -> Any:
        """Return the whole of an answer that is no stream."""
        while not self.is_over:
            await self._more(PATIENCE_SECONDS)
        return json.loads(self.text)

    async def receive(self, *, timeout: float = PATIENCE_SECONDS) -> Sent:
        """Return the next event."""
        while True:
            while "\n\n" in self.text:
                block, _, self.text = self.text.partition("\n\n")
                fields = dict(line.partition(": ")[::2] for line in block.split("\n"))
                self._id = fields.get("id", self._id)
                if "data" in fields:
                    return Sent(frame=json.loads(fields["data"]), id=self._id)
                assert set(fields) <= {"retry", "id"}
            assert not self.is_over, "the stream is over"
            await self._more(timeout)

    async def until(self, kind: str, *, timeout: float = PATIENCE_SECONDS) -> Sent:
        """Return the next event with a frame of this type."""
        while True:
            sent = await self.receive(timeout=timeout)
            if sent.frame["type"] == kind:
                return sent

    def stop_reading(self) -> None:
        """Let the server wait from now on."""
        self._can_write.clear()

    def read_again(self) -> None:
        """Take what the server has to say."""
        self._can_write.set()

    async def _take(self, message: dict[str, Any]) -> None:
        await self._can_write.wait()
        await self._chunks.put(message)

    async def _more(self, timeout: float) -> None:
        message = await asyncio.wait_for(self._chunks.get(), timeout)
        self.text += message.get("body", b"").decode()
        self.is_over = not message.get("more_body", False)
