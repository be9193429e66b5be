"""How long whoever cannot reach something waits before trying again."""

from __future__ import annotations

from typing import Final

_FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0


class Backoff:
    """Pauses that double, up to five seconds, for as long as nothing works: a streak of failures."""

    def __init__(self) -> None:
        self._pause = _FIRST_PAUSE

    @property
    def is_fresh(self) -> bool:
        """Whether a failure now begins a streak, and is worth the log."""
        return self._pause == _FIRST_PAUSE

    def reset(self) -> None:
        """Begin anew: it worked."""
        self._pause = _FIRST_PAUSE

    def next(self) -> float:
        """Return the seconds to wait now; the pause after it is twice as long."""
        pause, self._pause = self._pause, min(self._pause * 2, LONGEST_PAUSE)
        return pause
