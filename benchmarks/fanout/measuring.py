"""One contestant, measured: memory while nothing happens, events one after the other, then many at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from .contestants import Contestant
from .processes import Helper, Server, helper, serve

# Connections and events before anything is measured, so that what is loaded once is loaded.
_WARM_SOCKETS = 50
_WARM_EVENTS = 20
# Between two events, as people write: what one costs is not shared with the next.
_PAUSE = 0.05
# How long what a server does by itself is looked at: pings, sweeps and the like are no part of a delivery.
_IDLE_SECONDS = 6
# How long a delivery is waited for after the last one came.
_QUIET = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What was measured. CPU is the server's alone, in microseconds a delivery; ages in milliseconds.

    What the server does while nothing happens, `idle_cpu` milliseconds of each second, is taken off a delivery's.
    """

    cpu: float
    p50: float
    p99: float
    memory_kib: float
    idle_cpu: float
    lost: int
    # Of events that are published all at once.
    burst_cpu: float
    burst_lost: float
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How much is done."""

    sockets: int
    events: int
    burst: int


async def measure(
    contestant: Contestant, plan: Plan, crowd: Mapping[str, Any], environment: Mapping[str, str]
) -> Figures:
    """Start the contestant and measure it."""
    surroundings = {**environment, **contestant.environment}
    async with (
        serve(contestant.command, surroundings) as server,
        helper("benchmarks.fanout.client", {}) as clients,
        helper("benchmarks.fanout.publisher", {**environment, **_of_publisher(contestant)}) as publisher,
    ):
        run = _Run(contestant, server, clients, publisher, crowd)
        await run.connect(min(_WARM_SOCKETS, plan.sockets))
        await run.publish(_WARM_EVENTS)
        await clients.ask("wait", deliveries=_WARM_EVENTS * min(_WARM_SOCKETS, plan.sockets), quiet=1)
        await clients.ask("disconnect")
        await server.until_idle()
        before = server.memory_kib()
        await run.connect(plan.sockets)
        await server.until_idle()
        memory = (server.memory_kib() - before) / plan.sockets
        slowly, spent = await run.one_by_one(plan)
        quickly, burst_spent = await run.at_once(plan)
        # What coming takes at a server may go on for seconds: by now it is over.
        idle = await run.idle_share()
        cpu, burst_cpu = spent.less(idle), burst_spent.less(idle)
        return Figures(
            cpu=cpu * 1e6 / max(slowly["received"], 1),
            p50=slowly["p50"] or 0.0,
            p99=slowly["p99"] or 0.0,
            memory_kib=memory,
            idle_cpu=idle * 1e3,
            lost=plan.events * plan.sockets - slowly["received"],
            burst_cpu=burst_cpu * 1e6 / max(quickly["received"], 1),
            burst_lost=100 - 100 * quickly["received"] / max(plan.burst * plan.sockets, 1),
            bytes=slowly["bytes"],
        )


def _of_publisher(contestant: Contestant) -> dict[str, str]:
    environment = dict(contestant.environment)
    environment.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.fanout.settings")
    return environment


@dataclass(frozen=True, kw_only=True, slots=True)
class _Spent:
    """Seconds on the clock, and of the server's CPU."""

    seconds: float
    cpu: float

    def __sub__(self, earlier: _Spent) -> _Spent:
        return _Spent(seconds=self.seconds - earlier.seconds, cpu=self.cpu - earlier.cpu)

    def less(self, idle: float) -> float:
        """Return the CPU seconds, less what would have been spent without any delivery."""
        return max(self.cpu - self.seconds * idle, 0.0)


class _Run:
    def __init__(
        self, contestant: Contestant, server: Server, clients: Helper, publisher: Helper, crowd: Mapping[str, Any]
    ) -> None:
        self._contestant = contestant
        self._server = server
        self._clients = clients
        self._publisher = publisher
        self._crowd = crowd

    async def connect(self, sockets: int) -> None:
        contestant = self._contestant
        cookies = self._crowd["cookies"][:sockets] if contestant.is_ours else [""] * sockets
        await self._clients.ask(
            "connect",
            kind=contestant.kind,
            port=self._server.port,
            path=contestant.path,
            hello=contestant.hello,
            cookies=cookies,
        )
        await self._clients.ask("clear")

    async def publish(self, events: int) -> None:
        await self._publisher.ask(
            self._contestant.publish,
            events=events,
            port=self._server.port,
            sender=self._crowd["sender"],
            conversation=self._crowd["conversation"],
        )

    async def idle_share(self) -> float:
        """Return for which share of the time the server runs while nothing happens."""
        await self._server.until_idle()
        before = self._server.cpu_seconds()
        await asyncio.sleep(_IDLE_SECONDS)
        return (self._server.cpu_seconds() - before) / _IDLE_SECONDS

    async def one_by_one(self, plan: Plan) -> tuple[dict[str, Any], _Spent]:
        """Publish the next when everybody has the one before."""
        await self._clients.ask("clear")
        started, due = self._now(), 0
        for _ in range(plan.events):
            await self.publish(1)
            due += plan.sockets
            found = await self._clients.ask("wait", deliveries=due, quiet=_QUIET)
            # What is lost is not waited for again.
            due = found["received"]
            await asyncio.sleep(_PAUSE)
        spent = self._now() - started
        return await self._clients.ask("report"), spent

    async def at_once(self, plan: Plan) -> tuple[dict[str, Any], _Spent]:
        """Publish as fast as that goes."""
        await self._clients.ask("clear")
        started = self._now()
        await self.publish(plan.burst)
        await self._clients.ask("wait", deliveries=plan.burst * plan.sockets, quiet=_QUIET)
        spent = self._now() - started
        return await self._clients.ask("report"), spent

    def _now(self) -> _Spent:
        return _Spent(seconds=monotonic(), cpu=self._server.cpu_seconds())
