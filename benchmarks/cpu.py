"""How long a process has run, from Linux's `/proc`."""

from __future__ import annotations

from pathlib import Path


def cpu_of(pid: int | str) -> float:
    """Return for how many milliseconds a process of this machine has run, from Linux's `/proc`; 0 elsewhere."""
    path = Path(f"/proc/{pid}/schedstat")
    return int(path.read_text().split()[0]) / 1e6 if path.exists() else 0.0
