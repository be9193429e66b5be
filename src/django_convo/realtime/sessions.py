"""A connection as the hub sees it: whose it is, and a bounded queue of what it is still to get."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping
from typing import Any
from uuid import UUID

from django_convo.conf import settings
from django_convo.selectors.logins import Login

from .codes import CloseCode

Send = Callable[[str], Awaitable[None]]
Take = Callable[[str], bool]
Close = Callable[[CloseCode], Awaitable[None]]


class Session:
    """One connection of one user. All of it happens in the hub's loop.

    Frames are written at once where the connection takes them, and wait in the queue where it does not; beyond
    `CONVO_REALTIME_QUEUE_BYTES` the connection is closed, with a code that says resume. `take` writes a frame if the
    connection takes it at once, and says whether it does: then nothing is spent on waiting. What it does not take goes
    by `send`, which waits.
    """

    __slots__ = (
        "_close",
        "_closing",
        "_held",
        "_queue",
        "_send",
        "_size",
        "_take",
        "_writer",
        "conversations",
        "is_settled",
        "login",
        "shown",
        "user",
    )

    def __init__(self, user: Any, login: Login, *, send: Send, close: Close, take: Take | None = None) -> None:
        self.user = user
        self.login = login
        # Where the user takes part, as the hub knows it.
        self.conversations: set[UUID] = set()
        # What a resumption has shown that the hub does not know of yet: each conversation up to which event.
        self.shown: dict[UUID, int] = {}
        # Whether `conversations` have been read.
        self.is_settled = False
        self._send = send
        self._take = take
        self._close = close
        # None while nothing waits, as in nearly all connections: an empty one has room for 64 already.
        self._queue: deque[str] | None = None
        self._size = 0
        self._writer: asyncio.Task[None] | None = None
        self._closing: asyncio.Task[None] | None = None
        # While a resumption is read, what is new, as `push` takes it.
        self._held: list[tuple[str, UUID | None, int | None, bool | None]] | None = None

    @property
    def key(self) -> Any:
        """The user's primary key."""
        return self.login.user_id

    @property
    def is_behind(self) -> bool:
        """Whether something waits until the connection takes it."""
        return self._writer is not None

    @property
    def is_closed(self) -> bool:
        """Whether nothing is delivered any more."""
        return self._closing is not None

    def push(
        self,
        text: str,
        conversation_id: UUID | None = None,
        event_seq: int | None = None,
        *,
        opens: bool | None = None,
    ) -> None:
        """Deliver a frame, now or as soon as the connection takes it.

        `opens` is True for what shows a conversation as a whole, up to that event, and False for what ends it.
        """
        if self._closing is not None:
            return
        if self._held is not None:
            self._held.append((text, conversation_id, event_seq, opens))
            self._size += len(text)
            self._refuse_long_queue()
            return
        self._write(text)

    def hold(self) -> None:
        """Keep back what comes from now on, until `release`."""
        self._held = []

    def release(self, upto: Mapping[UUID, int] | None = None, gone: Collection[UUID] = ()) -> None:
        """Deliver what was kept back, less what a resumption has said already.

        It has brought each conversation `upto` an event, and has said of others that they are `gone`. What one left
        and sees again meanwhile begins anew with what shows it, whatever was said of it.
        """
        held, self._held = self._held or [], None
        known, ended = dict(upto or {}), set(gone)
        for text, key, event_seq, opens in held:
            self._size -= len(text)
            if key is not None:
                if key in ended and not opens:
                    continue
                ended.discard(key)
                if opens is False:
                    known.pop(key, None)
                elif event_seq is not None and event_seq <= known.get(key, -1):
                    continue
            self.push(text)

    def reply(self, text: str) -> None:
        """Deliver an answer to this connection, past what is kept back."""
        if self._closing is None:
            self._write(text)

    def end(self, code: CloseCode) -> None:
        """Close the connection; what waits for it is dropped."""
        if self._closing is None:
            self._queue = None
            self._held = None
            self._closing = asyncio.get_running_loop().create_task(self._end(code))

    def _write(self, text: str) -> None:
        if self._writer is not None:
            self._wait(text)
            return
        try:
            if self._take is not None and self._take(text):
                return
        except Exception:
            # The connection is gone, as in `_drain`; what is delivered to others goes on.
            return
        writer = spawn(self._drain(text))
        self._writer = None if writer.done() else writer

    def _wait(self, text: str) -> None:
        if self._queue is None:
            self._queue = deque()
        self._queue.append(text)
        self._size += len(text)
        self._refuse_long_queue()

    def _refuse_long_queue(self) -> None:
        if self._size > settings.REALTIME_QUEUE_BYTES:
            self.end(CloseCode.TOO_SLOW)

    async def _drain(self, text: str) -> None:
        try:
            await self._send(text)
            while self._queue:
                text = self._queue.popleft()
                self._size -= len(text)
                await self._send(text)
        except Exception:
            # The connection is gone; whoever reads from it finds out as well.
            self._size -= sum(map(len, self._queue or ()))
        finally:
            self._queue = None
            self._writer = None

    async def _end(self, code: CloseCode) -> None:
        if self._writer is not None:
            # It waits for a reader who does not read.
            self._writer.cancel()
        await self._close(code)


if sys.version_info >= (3, 12):

    def spawn(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine up to where it first has to wait, now, and the rest as a task.

        A connection that takes its frame at once costs no turn of the loop.
        """
        return asyncio.Task(coroutine, loop=asyncio.get_running_loop(), eager_start=True)

else:

    def spawn(coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run a coroutine as a task; from Python 3.12 on, up to where it first has to wait, now."""
        return asyncio.get_running_loop().create_task(coroutine)
