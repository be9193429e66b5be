"""What the replay counted, and every difference between what was expected and what came."""

from __future__ import annotations

import threading
from collections import Counter

# Enough to see what is wrong; the rest is only counted.
SHOWN_DIFFERENCES = 60
SHOWN_CHARACTERS = 300


class Journal:
    """Collects counts and differences from every thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.differences: list[str] = []

    def count(self, what: str, amount: int = 1) -> None:
        """Add to one of the totals that are printed at the end."""
        with self._lock:
            self.counts[what] += amount

    def differ(self, where: str, text: str) -> None:
        """Note one difference."""
        with self._lock:
            self.differences.append(f"{where}: {text}")
            if len(self.differences) <= SHOWN_DIFFERENCES:
                print(f"  DIFFERENCE {self.differences[-1]}", flush=True)

    def check(self, where: str, expected: object, actual: object) -> bool:
        """Compare, and note a difference with both values, cut short."""
        self.count("checks")
        if expected == actual:
            return True
        self.differ(where, f"expected {_short(expected)}, got {_short(actual)}")
        return False

    def report(self, *needed: str) -> bool:
        """Print the totals; return whether each of what is needed was done and nothing differs."""
        for what, amount in sorted(self.counts.items()):
            print(f"  {amount:>8}  {what}")
        hidden = len(self.differences) - SHOWN_DIFFERENCES
        if hidden > 0:
            print(f"  … and {hidden} more differences")
        print(f"  {len(self.differences):>8}  differences", flush=True)
        return not self.differences and all(self.counts[what] > 0 for what in needed)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}… ({len(text)} characters)"
