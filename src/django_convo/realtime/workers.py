"""The threads in which a hub asks the database: its own, so that it waits for no view, and no view for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from django.db import connections

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger("django_convo.realtime")

# Whoever ends waits no longer for a question that is still being asked.
_PATIENCE_SECONDS: Final = 10


class Workers:
    """So many threads, each with connections that last; asked from one loop."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="convo-hub")
        # The threads that may have connections.
        self._connected: set[int] = set()
        self._is_closing = False
        self._all_closed = threading.Event()
        # Each for as long as somebody holds it or waits for it.
        self._turns: WeakValueDictionary[Any, asyncio.Lock] = WeakValueDictionary()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns, called in one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: self._with_connections(function, *args, **kwargs))

    async def run_for(self, key: Any, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the same, one after the other for each key: however much somebody asks, others get their turn."""
        turn = self._turns.get(key)
        if turn is None:
            turn = self._turns[key] = asyncio.Lock()
        async with turn:
            return await self.run(function, *args, **kwargs)

    async def close(self) -> None:
        """Let each thread close its connections, and end; one that is busy for long does so when it has done."""
        self._is_closing = True
        # As many as there may be threads; a pool may have fewer of them than work that waits.
        futures = [self._pool.submit(self._close_and_wait) for _ in range(self._number)]
        await asyncio.gather(*map(asyncio.wrap_future, futures))
        if self._connected:
            logger.warning("A question to the database takes longer than %d s: not waited for.", _PATIENCE_SECONDS)
        self._pool.shutdown(wait=False)

    def _with_connections(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        self._connected.add(threading.get_ident())
        for connection in connections.all(initialized_only=True):
            # Kept from one question to the next, whatever CONN_MAX_AGE says of requests; anew after an error.
            connection.close_at = None
            connection.close_if_unusable_or_obsolete()
        try:
            return function(*args, **kwargs)
        finally:
            if self._is_closing:
                self._close_connections()

    def _close_and_wait(self) -> None:
        self._close_connections()
        # Until all have, so that no thread is asked twice and another not at all.
        self._all_closed.wait(_PATIENCE_SECONDS)

    def _close_connections(self) -> None:
        connections.close_all()
        self._connected.discard(threading.get_ident())
        if not self._connected:
            self._all_closed.set()
