"""What breaks during a storm, one after the other; and sockets are cut all the time."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import time
from collections.abc import Awaitable, Callable
from typing import Any

from tests.acceptance.journal import Journal
from tests.acceptance.storm.device import Device
from tests.acceptance.storm.services import Service, Services

# How long something stays away.
AWAY_SECONDS = 2.0
HALTED_SECONDS = 6.0
CUT_EVERY_SECONDS = 0.5
# Of all sockets, how many are cut each time.
CUT_SHARE = 0.01
# How long after the database was broken a server may still answer with an error.
ERROR_SECONDS = 8.0


class Weather:
    """Breaks what can break."""

    def __init__(
        self,
        services: Services,
        devices: list[Device],
        reader: subprocess.Popen[Any] | asyncio.subprocess.Process,
        journal: Journal,
        *,
        restarts_postgres: str | None = None,
    ) -> None:
        self._services = services
        self._devices = devices
        self._reader = reader
        self._journal = journal
        self._restarts_postgres = restarts_postgres
        self._broken_at = float("-inf")

    def is_broken(self) -> bool:
        """Say whether a server may answer with an error: its database is or was away."""
        return time.monotonic() - self._broken_at < ERROR_SECONDS

    async def storm(self, seconds: float) -> None:
        """Break everything in turn within the time."""
        first, second = self._services.asgi[:2]
        plan: list[Callable[[], Awaitable[None]]] = [
            lambda: self._kill(first),
            self._restart_redis,
            self._break_database,
            self._halt_reader,
            lambda: self._kill(second),
            self._break_database,
            self._restart_redis,
        ]
        cutting = asyncio.create_task(self._cut())
        began = time.monotonic()
        for number, strike in enumerate(plan, start=1):
            await asyncio.sleep(max(0.0, began + seconds * number / (len(plan) + 1) - time.monotonic()))
            await strike()
        await asyncio.sleep(max(0.0, began + seconds - time.monotonic()))
        cutting.cancel()

    async def _cut(self) -> None:
        while True:
            await asyncio.sleep(CUT_EVERY_SECONDS)
            for device in random.sample(self._devices, max(1, round(len(self._devices) * CUT_SHARE))):
                device.cut()

    async def _kill(self, service: Service) -> None:
        self._tell("ASGI processes killed")
        await asyncio.to_thread(service.kill)
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(service.start)

    async def _restart_redis(self) -> None:
        if self._services.redis is None:
            return
        self._tell("restarts of Redis")
        await asyncio.to_thread(self._services.redis.kill)
        await asyncio.sleep(AWAY_SECONDS)
        await asyncio.to_thread(self._services.redis.start)

    async def _break_database(self) -> None:
        if not self._services.is_postgres:
            return
        self._broken_at = time.monotonic()
        if self._restarts_postgres:
            self._tell("restarts of PostgreSQL")
            command = ["pg_ctlcluster", *self._restarts_postgres.split("/"), "restart", "-m", "fast"]
            await asyncio.to_thread(subprocess.run, command, check=True)
        else:
            self._tell("connections to the database broken")
            await asyncio.to_thread(self._services.break_connections)
        self._broken_at = time.monotonic()

    async def _halt_reader(self) -> None:
        self._tell("readers halted")
        self._reader.send_signal(signal.SIGSTOP)
        await asyncio.sleep(HALTED_SECONDS)
        self._reader.send_signal(signal.SIGCONT)

    def _tell(self, what: str) -> None:
        self._journal.count(what)
        print(f"  {what}", flush=True)
