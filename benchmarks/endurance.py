"""The mixed load for a long time, below what the server can do; then a burst of far more than that, and afterwards.

Does the memory stay what it was, is every answer a good one, do the counts verify at the end? Asked at a rate, whether
the answers come or not: whoever waits for an answer before asking again would hide that the server is behind.
"""

from __future__ import annotations

import argparse
import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

from tests.proxy import nginx

from benchmarks.calls import Request
from benchmarks.data import SIZES, data_set
from benchmarks.mix import PROPORTIONS, Drawer, people
from benchmarks.options import add_options, prepared
from benchmarks.report import Folder
from benchmarks.server import Server, ask, drive, percentile, server
from django_convo.models import get_conversation_model
from django_convo.selectors.differences import find_differences

Draw = Callable[[], tuple[str, Request]]
# How long a client waits for an answer, and for how many at once.
_PATIENCE_SECONDS = 30
_MOST_OPEN = 2_000
_SAMPLE_SECONDS = 5
# Answered at once, and with a time after which to try again.
_COME_AGAIN = frozenset({"429", "503"})
_KIB = 1024
# Conversations that are recounted by one statement each.
_BATCH = 200


@dataclass(kw_only=True, slots=True)
class Phase:
    """What was asked at a rate for a time, and how it was answered."""

    name: str
    rate: float
    seconds: float = 0.0
    took: list[float] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    # Kibibytes of all workers together, in the order of time.
    memory: list[int] = field(default_factory=list)
    # How many waited for their answer at once, at most.
    waiting: int = 0

    def figures(self) -> dict[str, Any]:
        """Return the figures as they are printed and kept."""
        times = sorted(self.took)
        return {
            "asked_a_second": round(self.rate, 1),
            "per_second": len(times) / self.seconds if self.seconds else 0.0,
            "answered": len(times),
            "refused": dict(self.refused),
            "p50": percentile(times, 50),
            "p99": percentile(times, 99),
            "memory_mib": [sample // _KIB for sample in self.memory],
            "waiting": self.waiting,
        }


def main(arguments: list[str]) -> None:
    """Measure what the server can do, then ask for a share of it; `--seconds` is for how long."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks endurance", description=__doc__)
    add_options(parser)
    parser.add_argument("--share", type=float, default=0.8, help="of what the server can do")
    parser.add_argument("--burst", type=float, default=10, help="how many times what it can do is asked at the end")
    parser.add_argument("--burst-seconds", type=float, default=5)
    parser.add_argument("--clients", type=int, default=32, help="that find out what the server can do")
    parser.add_argument("--workers", type=int, default=2, help="of the server: as many as there are cores")
    parser.add_argument("--nginx", action="store_true", help="behind the nginx of docs/howto/deploy.md")
    options = parser.parse_args(arguments)
    folder = Folder(options.output)
    with prepared(), data_set(SIZES[options.size], fresh=options.fresh, keep=not options.drop) as cast:
        draw = Drawer(people(cast, random.Random(2)), "api", PROPORTIONS)
        with server(options.workers) as workers, _reached(workers, options.nginx) as site:
            found = _endure(site, draw, options)
        different = _recount()
    print(f"  {different} counts differ from a recount")
    figures = {phase.name: phase.figures() for phase in found}
    figures["after"]["differences"] = different
    folder.write_rates("endurance", "a share of what it can do, a burst, and after it", figures)
    long, burst, after = found
    # Without a proxy to refuse what is too much, it waits, and some of it for too long.
    is_wrong = options.nginx and not burst.refused.keys() <= _COME_AGAIN
    if different or long.refused or after.refused or is_wrong:
        raise SystemExit(1)


@contextmanager
def _reached(workers: Server, is_behind_nginx: bool) -> Iterator[Server]:
    """Give the server as clients reach it."""
    if not is_behind_nginx:
        yield workers
        return
    with TemporaryDirectory() as folder, nginx(Path(folder), rest=workers.port, sockets=workers.port) as port:
        yield replace(workers, port=port)


def _endure(site: Server, draw: Draw, options: argparse.Namespace) -> list[Phase]:
    # The first answers load what there is to load.
    drive(site, draw, clients=options.clients, seconds=options.seconds / 20)
    capacity = drive(site, draw, clients=options.clients, seconds=max(2.0, options.seconds / 20)).per_second
    print(f"{capacity:,.0f} answers a second to {options.clients} clients, {options.workers} workers", flush=True)
    long = _ask_at(site, draw, "share", capacity * options.share, options.seconds)
    burst = _ask_at(site, draw, "burst", capacity * options.burst, options.burst_seconds)
    after = _ask_at(site, draw, "after", capacity * options.share, max(2.0, options.seconds / 20))
    return [long, burst, after]


def _ask_at(site: Server, draw: Draw, name: str, rate: float, seconds: float) -> Phase:
    phase = Phase(name=name, rate=rate)
    asyncio.run(_keep_asking(site, draw, phase, seconds))
    figures = phase.figures()
    memory = [sample / _KIB for sample in phase.memory]
    print(
        f"  {name:6} {rate:8,.0f} a second for {seconds:.0f} s: {figures['answered']} answered, "
        f"p50 {figures['p50']:.1f} ms, p99 {figures['p99']:.1f} ms, refused {figures['refused'] or 'none'}, "
        f"{phase.waiting} at once at most, memory {memory[0]:.0f} to {memory[-1]:.0f} MiB, {max(memory):.0f} at most",
        flush=True,
    )
    return phase


async def _keep_asking(site: Server, draw: Draw, phase: Phase, seconds: float) -> None:
    began = perf_counter()
    sampling = asyncio.create_task(_sample(site, phase))
    asked: set[asyncio.Task[None]] = set()
    number = 0
    while (now := perf_counter() - began) < seconds:
        while number < now * phase.rate and len(asked) < _MOST_OPEN:
            number += 1
            task = asyncio.create_task(_ask_once(site.port, draw, phase))
            asked.add(task)
            task.add_done_callback(asked.discard)
        phase.waiting = max(phase.waiting, len(asked))
        await asyncio.sleep(0.001)
    await asyncio.gather(*asked)
    phase.seconds = perf_counter() - began
    sampling.cancel()
    phase.memory.append(_memory_of(site))


async def _ask_once(port: int, draw: Draw, phase: Phase) -> None:
    kind, request = draw()
    began = perf_counter()
    try:
        status = await asyncio.wait_for(ask(port, request), _PATIENCE_SECONDS)
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        phase.refused[type(error).__name__] += 1
        return
    if 200 <= status < 300:
        phase.took.append((perf_counter() - began) * 1000)
    else:
        phase.refused[str(status) if str(status) in _COME_AGAIN else f"{kind} {status}"] += 1


async def _sample(site: Server, phase: Phase) -> None:
    while True:
        phase.memory.append(_memory_of(site))
        await asyncio.sleep(_SAMPLE_SECONDS)


def _memory_of(site: Server) -> int:
    """Return how many kibibytes the workers have; 0 where the system does not tell."""
    return sum(_resident(pid) for pid in site.python_cpu())


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)


def _recount() -> int:
    keys = list(get_conversation_model()._default_manager.order_by("pk").values_list("pk", flat=True))
    batches = (keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH))
    return sum(len(find_differences(batch)) for batch in batches)
