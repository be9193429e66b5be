"""Contestants in turn, round after round, so that a busy moment of the machine hits all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter, process_time
from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.calls import Caller, Request
from benchmarks.cpu import cpu_of

# Calls before any is measured, at most.
_WARM = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """One contestant in one workload: milliseconds, but for what says otherwise.

    `python` is CPU time of this process; `database`, of the database's backend. On SQLite the two are one.
    """

    queries: int
    bytes: int
    python: float
    database: float | None
    p50: float
    p99: float
    rounds: int

    @property
    def cpu(self) -> float:
        """What a request costs the machine, however busy it is with other things."""
        return self.python + (self.database or 0)


@dataclass(kw_only=True, slots=True)
class _Samples:
    wall: list[float] = field(default_factory=list)
    python: list[float] = field(default_factory=list)
    database: list[float] = field(default_factory=list)


def compare(requests: Mapping[str, Request], *, rounds: int, seconds: float) -> dict[str, Figures]:
    """Ask each contestant the same number of times, at most `rounds` and for at most so many seconds in all."""
    caller = Caller()
    return compare_calls(
        {name: (lambda number, request=request: len(caller(request).body)) for name, request in requests.items()},
        rounds=rounds,
        seconds=seconds,
    )


def compare_calls(calls: Mapping[str, Callable[[int], int]], *, rounds: int, seconds: float) -> dict[str, Figures]:
    """Call each with 0, 1, 2 …; a call returns the size of its answer."""
    sizes, queries, warm = {}, {}, min(_WARM, rounds)
    for name, call in calls.items():
        for number in range(warm):
            sizes[name] = call(number)
        with CaptureQueriesContext(connection) as captured:
            call(warm)
        queries[name] = sum(1 for query in captured if _is_statement(query["sql"]))
    samples = {name: _Samples() for name in calls}
    names = list(calls)
    clock = _BackendClock()
    ends = perf_counter() + seconds
    for number in range(rounds):
        # Each begins in its turn.
        for place in range(len(names)):
            name = names[(number + place) % len(names)]
            _take(samples[name], calls[name], warm + 1 + number, clock)
        if perf_counter() > ends:
            break
    return {
        name: Figures(
            queries=queries[name],
            bytes=sizes[name],
            python=median(taken.python),
            # Of the scheduler's clock, which moves in steps: only the sum is exact.
            database=sum(taken.database) / len(taken.database) if clock.is_there else None,
            p50=median(taken.wall),
            p99=sorted(taken.wall)[min(len(taken.wall) - 1, len(taken.wall) * 99 // 100)],
            rounds=len(taken.wall),
        )
        for name, taken in samples.items()
    }


def _take(samples: _Samples, call: Callable[[int], Any], number: int, clock: _BackendClock) -> None:
    backend, python, started = clock.now(), process_time(), perf_counter()
    call(number)
    ended, python_ended, backend_ended = perf_counter(), process_time(), clock.now()
    samples.wall.append((ended - started) * 1000)
    samples.python.append((python_ended - python) * 1000)
    samples.database.append(backend_ended - backend)


def _is_statement(sql: str) -> bool:
    return not sql.startswith(("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE"))


class _BackendClock:
    """How long PostgreSQL's process for this connection has run: on this machine alone."""

    def __init__(self) -> None:
        connection.ensure_connection()
        info = getattr(connection.connection, "info", None)
        self.pid = getattr(info, "backend_pid", 0)
        self.is_there = connection.vendor == "postgresql" and cpu_of(self.pid) > 0

    def now(self) -> float:
        """Return milliseconds; 0 where nobody knows."""
        return cpu_of(self.pid) if self.is_there else 0.0
