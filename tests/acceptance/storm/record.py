"""What one client was sent: to be judged at the end, when it is known what was right."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timezone
from typing import Any

# What is remembered of each conversation as a whole.
TRAIL = 12


class Record:
    """Frames by their numbers, figures, and what differed on the way."""

    def __init__(self) -> None:
        # The numbers of the frames that came, with the number of the message that they show, if they show one.
        self.seen: dict[str, dict[int, int | None]] = {}
        # The numbers at which the whole of a conversation was sent.
        self.snapshots: set[tuple[str, int]] = set()
        # What was told of conversations as a whole, for whoever looks into a difference.
        self.trail: dict[str, list[str]] = {}
        self.figures: Counter[str] = Counter()
        self.differences: list[str] = []
        self.received_at: dict[str, float] = {}

    def count(self, what: str) -> None:
        self.figures[what] += 1

    def differ(self, what: str) -> None:
        self.differences.append(what)

    def note(self, frame: dict[str, Any]) -> None:
        """Write down a numbered frame."""
        key, number = frame["conversation_id"], frame["event_seq"]
        shows_message = frame["type"].startswith(("message.", "reaction."))
        self.seen.setdefault(key, {})[number] = frame["seq"] if shows_message else None
        self.count("hidden frames" if frame["type"] == "hidden" else "events")
        if frame["type"] == "message.created":
            self.received_at.setdefault(frame["data"]["message"]["message_body"], time.monotonic())

    def remember(self, key: str, what: str, head: int | None) -> None:
        """Write down what was told of a conversation as a whole, and where the client stood."""
        stands = "-" if head is None else str(head)
        self.trail.setdefault(key, []).append(f"{datetime.now(timezone.utc):%H:%M:%S.%f} {what} at {stands}")

    def testimony(self) -> dict[str, Any]:
        """Return all of it as JSON."""
        return {
            "seen": {key: list(numbers.items()) for key, numbers in self.seen.items()},
            "snapshots": sorted(self.snapshots),
            "figures": dict(self.figures),
            "differences": self.differences,
            "trail": {key: notes[-TRAIL:] for key, notes in self.trail.items()},
        }
