"""`python -m benchmarks fanout`."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from statistics import median
from typing import Any

import django
from django.conf import settings
from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment

from .contestants import Contestant, contestants
from .measuring import Figures, Plan, measure
from .processes import helper

_HEAD = (
    f"{'':14} {'µs/delivery':>12} {'p50 ms':>8} {'p99 ms':>8} {'KiB/idle':>9} {'idle ms/s':>10} {'lost':>6} "
    f"{'burst µs':>9} {'burst lost':>11} {'bytes':>6}"
)


def main(arguments: list[str]) -> None:
    """Measure; `--sockets`, `--only` and `--events` make it smaller, `--repeat` steadier."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks fanout", description=__doc__)
    parser.add_argument("--sockets", type=int, nargs="+", default=[1_000, 5_000])
    parser.add_argument("--events", type=int, default=40, help="one after the other")
    parser.add_argument("--burst", type=int, default=150, help="all at once")
    parser.add_argument("--repeat", type=int, default=1, help="all of it so many times, and the medians of that")
    parser.add_argument("--only", nargs="+", help="names of contestants")
    parser.add_argument("--node", type=Path, default=Path.home() / ".cache" / "convo-fanout", help="packages of Node")
    parser.add_argument("--output", help="a folder for the figures as JSON")
    options = parser.parse_args(arguments)
    _raise_limit(max(options.sockets))
    chosen = [one for one in contestants(options.node) if not options.only or one.name in options.only]
    setup_test_environment(debug=False)
    name = settings.DATABASES["default"]["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    database = str(connection.settings_dict["NAME"])
    connection.close()
    try:
        for sockets in options.sockets:
            plan = Plan(sockets=sockets, events=options.events, burst=options.burst)
            _print(plan, asyncio.run(_run(chosen, plan, options.repeat, database)), options.output)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


async def _run(chosen: Sequence[Contestant], plan: Plan, repeat: int, database: str) -> dict[str, Figures]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "benchmarks.fanout.settings",
        "CONVO_FANOUT_DATABASE": database,
    }
    async with helper("benchmarks.fanout.publisher", environment) as publisher:
        crowd = await publisher.ask("crowd", members=plan.sockets)
    environment |= {
        "CONVO_FANOUT_SENDER": crowd["sender"],
        "CONVO_FANOUT_CONVERSATION": crowd["conversation"],
    }
    taken: dict[str, list[Figures]] = {contestant.name: [] for contestant in chosen}
    for _ in range(repeat):
        for contestant in chosen:
            taken[contestant.name].append(await measure(contestant, plan, crowd, environment))
            print(_line(contestant.name, taken[contestant.name][-1]), file=sys.stderr, flush=True)
    return {name: _median(figures) for name, figures in taken.items()}


def _median(figures: Sequence[Figures]) -> Figures:
    return Figures(**{field.name: median(getattr(one, field.name) for one in figures) for field in fields(Figures)})


def _print(plan: Plan, taken: Mapping[str, Figures], output: str | None) -> None:
    print(f"{plan.sockets:,} sockets, {plan.events} events one by one, {plan.burst} at once\n{_HEAD}")
    for name, one in taken.items():
        print(_line(name, one))
    print(flush=True)
    if output is not None:
        folder = Path(output)
        folder.mkdir(parents=True, exist_ok=True)
        data: dict[str, Any] = {"title": f"One event to {plan.sockets:,} sockets", **_surroundings(), **asdict(plan)}
        data["figures"] = {name: asdict(one) for name, one in taken.items()}
        (folder / f"fanout_{plan.sockets}.json").write_text(json.dumps(data, indent=2) + "\n")


def _line(name: str, one: Figures) -> str:
    return (
        f"{name:14} {one.cpu:12.1f} {one.p50:8.1f} {one.p99:8.1f} {one.memory_kib:9.1f} "
        f"{one.idle_cpu:10.1f} {one.lost:6} {one.burst_cpu:9.1f} {one.burst_lost:10.1f}% {one.bytes:6}"
    )


def _surroundings() -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "django": django.get_version(),
        "database": connection.vendor,
        "cores": os.cpu_count(),
    }


def _raise_limit(sockets: int) -> None:
    """Let processes that are started from here hold a file for each socket."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    wanted = sockets + 1_000
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"{sockets} sockets need `ulimit -n {wanted}` or more; {hard} is the most allowed here.")
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else hard, hard))
