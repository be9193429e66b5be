"""The threads in which a hub asks the database: its own, so that it waits for no view, and no view for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

from django.db import connections

P = ParamSpec("P")
R = TypeVar("R")


class Workers:
    """So many threads, each with connections that last; asked from one loop."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._pool = ThreadPoolExecutor(number, thread_name_prefix="convo-hub")
        # Each for as long as somebody holds it or waits for it.
        self._turns: WeakValueDictionary[Any, asyncio.Lock] = WeakValueDictionary()

    async def run(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return what the function returns, called in one of the threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: _with_connections(function, *args, **kwargs))

    async def run_for(self, key: Any, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Return the same, one after the other for each key: however much somebody asks, others get their turn."""
        turn = self._turns.get(key)
        if turn is None:
            turn = self._turns[key] = asyncio.Lock()
        async with turn:
            return await self.run(function, *args, **kwargs)

    async def close(self) -> None:
        """Let each thread close its connections, and end."""
        barrier = threading.Barrier(self._number)
        futures = [self._pool.submit(_close_connections, barrier) for _ in range(self._number)]
        await asyncio.gather(*map(asyncio.wrap_future, futures))
        self._pool.shutdown(wait=False)


def _with_connections(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    for connection in connections.all(initialized_only=True):
        # Kept from one question to the next, whatever CONN_MAX_AGE says of requests; anew after an error.
        connection.close_at = None
        connection.close_if_unusable_or_obsolete()
    return function(*args, **kwargs)


def _close_connections(barrier: threading.Barrier) -> Any:
    # All at once, so that no thread is asked twice.
    barrier.wait(10)
    connections.close_all()
