"""A real server under what real people do in a chat, in the proportions in which they do it.

Then the same without what a project's own chat does not have, for all contestants; then sends alone, in many
conversations and in one, from 32 clients.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from benchmarks.calls import Request
from benchmarks.data import SIZES, Cast, data_set
from benchmarks.mix import ALL_HAVE, PROPORTIONS, Drawer, people
from benchmarks.options import add_options, prepared
from benchmarks.report import Folder
from benchmarks.sends import DOORS, new_message
from benchmarks.server import Load, Server, drive, percentile, server

# How long somebody takes from one action to the next.
_BETWEEN_ACTIONS = 20
_DOORS = {"floor": "floor", "naive": "naive", "tuned": "tuned", "ours": "api"}
Draw = Callable[[], tuple[str, Request]]


def main(arguments: list[str]) -> None:
    """Measure; `--seconds` is how long each contestant is asked, in turns."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks mixed", description=__doc__)
    add_options(parser)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2, help="of the server: as many as there are cores")
    parser.add_argument("--only", help="the names of parts, with commas: mixed, mixed_common, sends_many, sends_hot")
    options = parser.parse_args(arguments)
    size, folder = SIZES[options.size], Folder(options.output)
    with prepared(), data_set(size, fresh=options.fresh, keep=not options.drop) as cast:
        crowd = people(cast, random.Random(2))
        everything = Drawer(crowd, "api", PROPORTIONS)
        common = {name: Drawer(crowd, door, ALL_HAVE) for name, door in _DOORS.items() if name != "tuned"}
        parts = (
            ("mixed", "all that people do", {"ours": everything}),
            ("mixed_common", "what every contestant has", common),
            ("sends_many", "sends to many conversations", _sends(cast, cast.many)),
            ("sends_hot", "sends to one conversation", _sends(cast, [cast.hot])),
        )
        with server(options.workers) as site:
            for name, title, draws in parts:
                if options.only is None or name in options.only.split(","):
                    _run(name, title, draws, site, options, folder)


def _sends(cast: Cast, conversations: list[str]) -> dict[str, Draw]:
    dice = random.Random(3)

    def drawer(door: str) -> Draw:
        return lambda: ("send", new_message(door, cast.writer, dice.choice(conversations)))

    return {name: drawer(door) for name, door in DOORS.items()}


def _run(
    name: str, title: str, draws: Mapping[str, Draw], site: Server, options: argparse.Namespace, folder: Folder
) -> None:
    for draw in draws.values():
        drive(site, draw, clients=options.clients, seconds=options.seconds / options.turns / 10)
    turns: dict[str, list[Load]] = {contestant: [] for contestant in draws}
    for _ in range(options.turns):
        for contestant, draw in draws.items():
            seconds = options.seconds / options.turns
            turns[contestant].append(drive(site, draw, clients=options.clients, seconds=seconds))
    print(f"{title}, {options.clients} clients, {options.workers} workers")
    print(f"{'':8} {'a second':>9} {'p50':>8} {'p99':>8} {'python':>8} {'database':>9} {'users a core':>13}")
    for contestant, loads in turns.items():
        taken = _sum(loads)
        line = f"{contestant:8} {taken['per_second']:9,.0f} {taken['p50']:8.1f} {taken['p99']:8.1f}"
        line += f" {taken['python']:8.2f} {taken['database']:9.2f} {taken['users_a_core']:13,.0f}"
        print(line + (f"   refused: {dict(taken['refused'])}" if taken["refused"] else ""))
    if len(draws) == 1:
        _by_kind(next(iter(turns.values())))
    print(flush=True)
    folder.write_rates(name, title, {contestant: _sum(loads) for contestant, loads in turns.items()})


def _sum(loads: list[Load]) -> dict[str, Any]:
    """Return answers a second, milliseconds, CPU milliseconds an answer, and how many users one core carries."""
    times = sorted(time for load in loads for time in load.all())
    answers = max(1, len(times))
    python, database = (
        sum(cpu) / answers for cpu in zip(*((load.python, load.database) for load in loads), strict=True)
    )
    return {
        "per_second": median(load.per_second for load in loads),
        "p50": percentile(times, 50),
        "p99": percentile(times, 99),
        "python": python,
        "database": database,
        "users_a_core": _BETWEEN_ACTIONS * 1000 / (python + database) if python else 0.0,
        "refused": sum((load.failed for load in loads), start=Counter[str]()),
    }


def _by_kind(loads: list[Load]) -> None:
    kinds: dict[str, list[float]] = {}
    for load in loads:
        for kind, times in load.took.items():
            kinds.setdefault(kind, []).extend(times)
    for kind, times in sorted(kinds.items(), key=lambda item: -len(item[1])):
        times.sort()
        print(f"  {kind:14} {len(times):6}  p50 {percentile(times, 50):7.1f} ms  p99 {percentile(times, 99):7.1f} ms")
