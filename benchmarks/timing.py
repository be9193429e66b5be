"""How long something takes, as figures to print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Times:
    """Milliseconds of one call, over many."""

    p50: float
    p99: float
    longest: float

    def __str__(self) -> str:
        return f"p50 {self.p50:8.2f} ms   p99 {self.p99:8.2f} ms   longest {self.longest:8.2f} ms"


def measure(call: Callable[[int], Any], *, rounds: int) -> Times:
    """Call with 0, 1, 2 …, so many times and then once more so many, which are measured.

    In the first round a process builds the statements that it keeps, one for each length of a page.
    """
    for number in range(rounds):
        call(number)
    took = []
    for number in range(rounds):
        started = perf_counter()
        call(number)
        took.append((perf_counter() - started) * 1000)
    took.sort()
    return Times(p50=took[rounds // 2], p99=took[min(rounds - 1, rounds * 99 // 100)], longest=took[-1])
