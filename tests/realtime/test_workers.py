"""The threads of a hub: as many as the setting says, whatever is asked of it."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from django_convo.realtime import workers
from django_convo.realtime.hub import Hub
from tests.realtime.conftest import eventually


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


@pytest.mark.django_db(transaction=True)
def test_thread_that_is_busy_for_long_is_not_waited_for_and_closes_its_connection_later(
    settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CONVO_REALTIME_THREADS = 3
    monkeypatch.setattr(workers, "_PATIENCE_SECONDS", 0.1)
    asked, may_end = threading.Event(), threading.Event()
    used: list[Any] = []

    def work() -> None:
        used.append(connections[DEFAULT_DB_ALIAS])
        used[0].ensure_connection()
        asked.set()
        may_end.wait(10)

    async def test() -> None:
        hub = Hub()
        try:
            question = asyncio.ensure_future(hub.workers.run(work))
            await eventually(asked.is_set)
            await hub.workers.close()
            assert used[0].connection is not None
        finally:
            may_end.set()
        await question

    asyncio.run(test())
    assert used[0].connection is None
    assert "not waited for" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_pool_that_begins_no_thread_for_what_waits_is_closed_at_once(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.CONVO_REALTIME_THREADS = 3
    used: list[Any] = []

    def work() -> None:
        used.append(connections[DEFAULT_DB_ALIAS])
        used[0].ensure_connection()

    async def test() -> None:
        hub = Hub()
        await hub.workers.run(work)
        # It now and then counts one that has just begun as idle, and its work waits for another's to end.
        for _ in range(3):
            hub.workers._pool._idle_semaphore.release()
        await hub.workers.close()

    asyncio.run(test())
    assert used[0].connection is None
    assert "not waited for" not in caplog.text
