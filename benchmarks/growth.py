"""The reads as the data grows: ours beside the floor, at each size, and what each has become of its first figure.

Then what must not grow: the page deep down beside the first one, and a send to thousands beside one to a few.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from benchmarks.data import SIZES, Size, data_set
from benchmarks.options import add_options, prepared
from benchmarks.reads import check, chosen
from benchmarks.report import Folder
from benchmarks.rounds import Figures, compare
from benchmarks.sends import measure, targets
from benchmarks.workloads import FLOOR, OURS

Taken = Mapping[str, Figures]


def main(arguments: list[str]) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks growth", description=__doc__)
    add_options(parser)
    parser.add_argument("--sizes", default="10k,1m,10m", help="with commas, the smallest first")
    parser.add_argument("--only", help="the names of workloads, with commas")
    options = parser.parse_args(arguments)
    sizes, folder = [SIZES[name] for name in options.sizes.split(",")], Folder(options.output)
    grown: dict[str, dict[str, Taken]] = {}
    titles: dict[str, str] = {}
    with prepared():
        for size in sizes:
            for name, title, figures in _at(size, options):
                grown.setdefault(name, {})[size.name] = figures
                titles[name] = title
    for name, by_size in grown.items():
        print(_lines(titles[name], by_size), flush=True)
        folder.write_growth(name, titles[name], by_size)
    largest = sizes[-1].name
    if {"newest", "deep"} <= grown.keys():
        print(_against("the page deep down, against the first", grown["deep"][largest], grown["newest"][largest]))
    print(_against("a send to thousands, against one to 4", grown["send_large"][largest], grown["send_many"][largest]))


def _at(size: Size, options: argparse.Namespace) -> list[tuple[str, str, Taken]]:
    found = []
    with data_set(size, fresh=options.fresh, keep=not options.drop) as cast:
        for workload in chosen(cast, size, options.only):
            check(workload)
            requests = {name: workload.requests[name] for name in (FLOOR, OURS)}
            figures = compare(requests, rounds=options.rounds, seconds=options.seconds)
            found.append((workload.name, workload.title, figures))
        for name, title, conversations in targets(cast, size):
            if name in ("send_many", "send_large"):
                found.append((name, title, measure(cast.writer, conversations, options)))
    return found


def _lines(title: str, by_size: Mapping[str, Taken]) -> str:
    first = next(iter(by_size.values()))
    lines = [title, f"{'':8} {'':8} {'p50':>8} {'CPU':>8} {'grown':>7} {'of CPU':>7}"]
    for contestant in first:
        for size, figures in by_size.items():
            taken, before = figures[contestant], first[contestant]
            lines.append(
                f"{contestant:8} {size:8} {taken.p50:8.2f} {taken.cpu:8.2f} "
                f"{taken.p50 / before.p50:7.2f} {taken.cpu / before.cpu:7.2f}"
            )
    return "\n".join(lines) + "\n"


def _against(what: str, figures: Taken, other: Taken) -> str:
    ratios = (
        f"{name} {taken.p50 / other[name].p50:.2f} (of CPU {taken.cpu / other[name].cpu:.2f})"
        for name, taken in figures.items()
    )
    return f"{what}: {', '.join(ratios)}"
