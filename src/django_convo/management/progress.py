"""How far a command has come: a line for each ten thousand rows, and totals for its last line."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

EVERY: Final = 10_000


class Progress:
    """Counts rows by noun, and writes a line whenever another `every` of one are done."""

    def __init__(self, stream: Any, *, every: int = EVERY) -> None:
        self._stream = stream
        self._every = every
        self.totals: Counter[str] = Counter()

    def add(self, noun: str, number: int, *, where: Any = None) -> None:
        """Count rows that are done; `where` says from where another run could go on."""
        before = self.totals[noun]
        self.totals[noun] = before + number
        if before // self._every != (before + number) // self._every:
            self._stream.write(f"… {before + number} {noun}" + ("" if where is None else f", up to {where}"))
