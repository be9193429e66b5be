"""The threads of a hub: as many as the setting says, whatever is asked of it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from django_convo.realtime.hub import Hub


@pytest.mark.parametrize("number", [1, 3])
def test_no_more_threads_work_than_the_setting_says(settings: Any, number: int) -> None:
    settings.CONVO_REALTIME_THREADS = number
    working, most, lock = 0, 0, threading.Lock()
    # Nobody leaves before as many have come as may.
    gathered = threading.Barrier(number)

    def work() -> str:
        nonlocal working, most
        with lock:
            working += 1
            most = max(most, working)
        gathered.wait(10)
        with lock:
            working -= 1
        return threading.current_thread().name

    async def test() -> set[str]:
        hub = Hub()
        try:
            return set(await asyncio.gather(*(hub.workers.run(work) for _ in range(4 * number))))
        finally:
            await hub.workers.close()

    assert len(asyncio.run(test())) == most == number
