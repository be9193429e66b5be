"""The reads, each asked of ours, of the floor, and of what a project writes for itself, in turn.

Prints queries, bytes, CPU time of Python and of the database, and how long a request takes, in milliseconds.
"""

from __future__ import annotations

import argparse

from benchmarks.calls import Caller
from benchmarks.data import SIZES, Cast, Size, data_set
from benchmarks.options import add_options, prepared
from benchmarks.report import Folder, table
from benchmarks.rounds import compare
from benchmarks.same import differences, rows_of
from benchmarks.workloads import FLOOR, OURS, Workload, reads


def main(arguments: list[str]) -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks reads", description=__doc__)
    add_options(parser)
    parser.add_argument("--only", help="the names of workloads, with commas")
    options = parser.parse_args(arguments)
    size, folder = SIZES[options.size], Folder(options.output)
    with prepared(), data_set(size, fresh=options.fresh, keep=not options.drop) as cast:
        for workload in chosen(cast, size, options.only):
            check(workload)
            figures = compare(workload.requests, rounds=options.rounds, seconds=options.seconds)
            print(table(workload.title, figures, workload.lacks), flush=True)
            folder.write(workload.name, workload.title, figures, size=size.name, lacks=dict(workload.lacks))


def chosen(cast: Cast, size: Size, only: str | None) -> list[Workload]:
    """Return the workloads that are asked for, or all."""
    names = None if only is None else only.split(",")
    return [workload for workload in reads(cast, size) if names is None or workload.name in names]


def check(workload: Workload) -> None:
    """Ask whether the floor gives our answer, and the others our rows: one that gives less would be none to beat."""
    caller = Caller()
    answers = {name: caller(request).json() for name, request in workload.requests.items()}
    found = list(differences(answers[OURS], answers[FLOOR]))
    if workload.is_alike:
        rows = rows_of(answers[OURS])
        found += [f"{name}: other rows" for name, answer in answers.items() if rows_of(answer) != rows]
    if found:
        raise RuntimeError(f"{workload.name}: the answers differ.\n" + "\n".join(found[:20]))
