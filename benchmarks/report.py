"""What was measured, as a table to read, JSON to keep and a plot for each workload."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import django
from django.db import connection

from benchmarks.plots import bars, lines
from benchmarks.rounds import Figures

_COLUMNS = " ".join(
    f"{name:>{width}}"
    for name, width in (
        ("queries", 8),
        ("bytes", 9),
        ("python", 8),
        ("database", 9),
        ("p50", 8),
        ("p99", 8),
        ("ratio", 7),
        ("of CPU", 7),
    )
)


def table(title: str, figures: Mapping[str, Figures], lacks: Mapping[str, str] | None = None) -> str:
    """Return the lines of one workload; ratios are to the floor, of the median and of the CPU time."""
    floor = figures.get("floor")
    width = max(map(len, [*figures, *(lacks or {})]))
    text = [title, f"{'':{width}} {_COLUMNS}"]
    for name, taken in figures.items():
        database = "" if taken.database is None else f"{taken.database:.2f}"
        ratio = "" if floor is None else f"{taken.p50 / floor.p50:7.2f} {taken.cpu / floor.cpu:7.2f}"
        text.append(
            f"{name:{width}} {taken.queries:8} {taken.bytes:9,} {taken.python:8.2f} {database:>9} "
            f"{taken.p50:8.2f} {taken.p99:8.2f} {ratio}  {(lacks or {}).get(name, '')}".rstrip()
        )
    text += [f"{name:{width}} {reason}" for name, reason in (lacks or {}).items() if name not in figures]
    return "\n".join(text) + "\n"


def surroundings() -> dict[str, Any]:
    """Return what the figures depend on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT version()" if connection.vendor == "postgresql" else "SELECT sqlite_version()")
        version = cursor.fetchone()[0]
    return {
        "python": platform.python_version(),
        "django": django.get_version(),
        "database": f"{connection.vendor} {version}",
    }


class Folder:
    """Where results are left, if anywhere."""

    def __init__(self, path: str | None) -> None:
        self.path = None if path is None else Path(path)
        if self.path is not None:
            self.path.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, title: str, figures: Mapping[str, Figures], **facts: Any) -> None:
        """Write the JSON and the plot of one workload."""
        if self.path is None:
            return
        data = {"title": title, **surroundings(), **facts}
        data["figures"] = {contestant: asdict(taken) for contestant, taken in figures.items()}
        (self.path / f"{name}.json").write_text(json.dumps(data, indent=2) + "\n")
        plot = bars(f"{title}: median in ms", {contestant: taken.p50 for contestant, taken in figures.items()})
        (self.path / f"{name}.svg").write_text(plot)

    def write_rates(self, name: str, title: str, rates: Mapping[str, Mapping[str, Any]]) -> None:
        """Write the JSON and the plot of what a server answered."""
        if self.path is None:
            return
        data = {"title": title, **surroundings(), "figures": {key: dict(rate) for key, rate in rates.items()}}
        (self.path / f"{name}.json").write_text(json.dumps(data, indent=2) + "\n")
        per_second = {contestant: rate["per_second"] for contestant, rate in rates.items()}
        (self.path / f"{name}.svg").write_text(bars(f"{title}: answers in a second", per_second))

    def write_growth(self, name: str, title: str, by_size: Mapping[str, Mapping[str, Figures]]) -> None:
        """Write the JSON and the plot of one workload over several sizes."""
        if self.path is None:
            return
        figures = {size: {key: asdict(taken) for key, taken in found.items()} for size, found in by_size.items()}
        data = {"title": title, **surroundings(), "sizes": figures}
        (self.path / f"growth_{name}.json").write_text(json.dumps(data, indent=2) + "\n")
        contestants = list(next(iter(by_size.values())))
        series = {key: [found[key].p50 for found in by_size.values()] for key in contestants}
        (self.path / f"growth_{name}.svg").write_text(lines(f"{title}: median in ms", list(by_size), series))
