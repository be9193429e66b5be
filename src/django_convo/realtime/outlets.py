"""What is ready for the server of one stream: a few events, and the code with which it ends."""

from __future__ import annotations

import asyncio
from functools import lru_cache
from typing import Final

from django_convo.api.config import PING_INTERVAL

from .codes import CloseCode

# What waits behind so many is bounded by the session.
_READY: Final = 16


class Outlet:
    """Takes frames from a session, and hands them on as events to the one who reads it."""

    __slots__ = ("_code", "_loop", "_read_at", "_reader", "_ready", "_timer", "_writer")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ready: list[bytes] = []
        self._code: CloseCode | None = None
        # Who waits for an event, and who for room.
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        # One timer for all pauses looks whether one has lasted: a timer for each would cost as much as its event.
        self._read_at = self._loop.time()
        self._timer = self._loop.call_later(PING_INTERVAL, self._look)

    def take(self, text: str) -> bool:
        """Add a frame if there is room, and say whether there is."""
        if len(self._ready) >= _READY:
            return False
        self._ready.append(event(text))
        _wake(self._reader)
        return True

    async def put(self, text: str) -> None:
        """Add a frame as soon as there is room."""
        while not self.take(text):
            self._writer = self._loop.create_future()
            await self._writer

    async def end(self, code: CloseCode) -> None:
        """Have nothing more read but the code."""
        self._code = code
        _wake(self._reader)

    async def next(self) -> list[bytes] | CloseCode:
        """Wait for what is ready, and take it together; empty where nothing came for as long as a proxy waits."""
        if not self._ready and self._code is None:
            self._reader = self._loop.create_future()
            await self._reader
        self._read_at = self._loop.time()
        if self._code is not None:
            return self._code
        ready, self._ready = self._ready, []
        _wake(self._writer)
        return ready

    def close(self) -> None:
        """Stop the timer, which would keep all of this."""
        self._timer.cancel()

    def _look(self) -> None:
        left = self._read_at + PING_INTERVAL - self._loop.time()
        if left <= 0:
            _wake(self._reader)
            left = PING_INTERVAL
        self._timer = self._loop.call_later(left, self._look)


@lru_cache(maxsize=16)
def event(text: str) -> bytes:
    """Return a frame as an event, made once for all who get the same text."""
    # A frame is one line: JSON escapes what would break it.
    return f"data: {text}\n\n".encode()


def _wake(waiter: asyncio.Future[None] | None) -> None:
    if waiter is not None and not waiter.done():
        waiter.set_result(None)
