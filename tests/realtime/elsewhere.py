"""A second hub, in a thread and loop of its own, as another process has one."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Coroutine
from types import TracebackType
from typing import Any

from django_convo.realtime.hub import _hubs, stop_hub


class Elsewhere:
    """Runs coroutines in the other loop; ends in an orderly way, or is killed before."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._is_running = False

    async def __aenter__(self) -> Elsewhere:
        self._thread.start()
        self._is_running = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._is_running:
            await self.run(stop_hub())
            await self.kill()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Awaitable[Any]:
        """Return what the coroutine returns, run over there."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.loop))

    async def kill(self) -> None:
        """Stop without a word: nobody there says goodbye."""
        self._is_running = False
        await self.run(self._silence())
        self.loop.call_soon_threadsafe(self.loop.stop)
        await asyncio.to_thread(self._thread.join)
        self.loop.close()

    async def _silence(self) -> None:
        """Let the tasks go, and the connections to the database, which outlive no process."""
        hub = _hubs.pop(self.loop, None)
        if hub is not None:
            if hub._listener is not None:
                await hub._listener.close()
            await hub.workers.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
