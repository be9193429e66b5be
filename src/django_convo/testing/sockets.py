"""A client for sockets, in the loop of the test and without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, TypeVar

from django_convo import actions
from django_convo.realtime.authenticating import PROTOCOL
from django_convo.realtime.consumers import ConvoConsumer
from django_convo.realtime.hub import get_hub, stop_hub

T = TypeVar("T")


class Closed(Exception):
    """The server has closed the socket; `code` says why."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class SocketClient:
    """A socket of one user, who has a ticket; or of whoever the headers and subprotocols say.

        async with SocketClient(user) as socket:
            await socket.send("typing", conversation=str(conversation.pk))
            frame = await socket.until("message.created")

    End each test with `await stop_hub()` (or run it by `run`), so that no connection to the database stays open.
    """

    def __init__(
        self,
        user: Any | None = None,
        *,
        application: Any = None,
        headers: Mapping[str, str] | None = None,
        subprotocols: Sequence[str] | None = None,
        timeout: float = 15,
    ) -> None:
        self.user = user
        self.frames: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self.subprotocol: str | None = None
        self._application: Any = application or ConvoConsumer.as_asgi()
        self._headers = dict(headers or {})
        self._subprotocols = subprotocols
        self._timeout = timeout
        self._to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._can_write = asyncio.Event()
        self._can_write.set()

    async def __aenter__(self) -> SocketClient:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Connect; the server listens to the client's conversations when this returns, unless it has closed."""
        offered = self._subprotocols
        if offered is None:
            offered = [PROTOCOL]
            if self.user is not None:
                ticket = await get_hub().workers.run(actions.issue_ticket, actor=self.user)
                offered.append(f"ticket.{ticket}")
        scope = {
            "type": "websocket",
            "path": "/ws/convo/",
            "headers": [(name.encode(), value.encode()) for name, value in self._headers.items()],
            "subprotocols": list(offered),
        }
        self._task = asyncio.create_task(self._application(scope, self._to_server.get, self._take))
        await self._to_server.put({"type": "websocket.connect"})
        accepted = await self._next()
        self.subprotocol = accepted.get("subprotocol")
        if accepted["type"] == "websocket.accept":
            # Answered only when the server is ready, or the socket closed.
            await self.send("ping", id="open")
            try:
                await self.until("pong")
            except Closed:
                return

    async def close(self) -> None:
        """Hang up."""
        self._can_write.set()
        if not self._task.done():
            await self._to_server.put({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait([self._task], timeout=self._timeout)
        if not self._task.done():
            self._task.cancel()
        elif not self._task.cancelled() and (error := self._task.exception()) is not None:
            raise error

    async def send(self, kind: str, **fields: Any) -> None:
        """Say a frame."""
        await self.send_text(json.dumps({"type": kind, **fields}))

    async def send_text(self, text: str) -> None:
        """Say whatever text."""
        await self._to_server.put({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        """Say what is no text."""
        await self._to_server.put({"type": "websocket.receive", "bytes": data})

    async def receive(self, *, timeout: float | None = None) -> dict[str, Any]:
        """Return the next frame; raises Closed, and TimeoutError after so many seconds without one."""
        message = await self._next(timeout)
        if message["type"] == "websocket.close":
            self.close_code = int(message["code"])
            raise Closed(self.close_code)
        frame: dict[str, Any] = json.loads(message["text"])
        self.frames.append(frame)
        return frame

    async def until(self, kind: str, *, timeout: float | None = None, **fields: Any) -> dict[str, Any]:
        """Return the next frame of this type, and with these values; what comes before it is in `frames`."""
        while True:
            frame = await self.receive(timeout=timeout)
            if frame["type"] == kind and all(frame.get(name) == value for name, value in fields.items()):
                return frame

    async def silence(self, seconds: float = 0.3) -> list[dict[str, Any]]:
        """Return what comes within some seconds; for tests that expect nothing."""
        found = []
        until = asyncio.get_running_loop().time() + seconds
        while (left := until - asyncio.get_running_loop().time()) > 0:
            try:
                found.append(await self.receive(timeout=left))
            except (asyncio.TimeoutError, TimeoutError):
                break
        return found

    def stop_reading(self) -> None:
        """Let the server wait from now on, as a client does that reads no more."""
        self._can_write.clear()

    async def _take(self, message: dict[str, Any]) -> None:
        await self._can_write.wait()
        await self._from_server.put(message)

    async def _next(self, timeout: float | None = None) -> dict[str, Any]:
        return await asyncio.wait_for(self._from_server.get(), self._timeout if timeout is None else timeout)


async def call(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Return what the function returns, called in a thread where it may ask the database."""
    return await get_hub().workers.run(function, *args, **kwargs)


__all__ = ["Closed", "SocketClient", "call", "get_hub", "stop_hub"]
