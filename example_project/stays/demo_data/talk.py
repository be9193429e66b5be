"""What is said, as scripts.

A line is `speaker: body`, or `speaker ^3: body` where it answers the third line. In talk about a booking the speakers
are `guest`, `host` and `site`; elsewhere they are numbers, in the order of the room's people. Braces name facts of the
booking; a vertical bar is a new line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"(?P<speaker>\w+)(?: \^(?P<answered>\d+))?: (?P<body>.+)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a script; `answered` counts from 0."""

    speaker: str
    body: str
    answered: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """A group or channel with its script; the first person opens it."""

    kind: str
    title: str
    topic: str
    people: list[str]
    script: str


def lines(script: str) -> list[Line]:
    """Parse a script; ValueError names a line that is none."""
    parsed = []
    for text in script.strip().splitlines():
        match = _LINE.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"Not a line of a script: {text!r}")
        answered = match["answered"]
        parsed.append(
            Line(
                speaker=match["speaker"],
                body=match["body"].replace(" | ", "\n"),
                answered=int(answered) - 1 if answered else None,
            )
        )
    return parsed
