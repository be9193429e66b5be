"""Read the IRC logs and their annotations: what happened on which line, and which line answers which."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

EntryKind = Literal["speech", "action", "join", "leave", "rename", "notice"]

# What IRC allows in a nick; it keeps mode changes and topics, which name a channel, apart from actions.
NICK = r"[A-Za-z0-9_\-\[\]\\^{}|`]+"
CLOCK = r"\[\d\d:\d\d\]"

# The first that fits wins. Old logs write actions as `=== nick text`, so that comes after joins, leaves and renames.
# Exactly one space parts the nick from the text: any further one belongs to the text.
PATTERNS: tuple[tuple[EntryKind, re.Pattern[str]], ...] = (
    ("speech", re.compile(rf"{CLOCK} <(?P<nick>[^>\s]+) ?>(?: (?P<text>.*))?", re.DOTALL)),
    ("action", re.compile(rf"{CLOCK} {{1,2}}\* (?P<nick>\S+)(?: (?P<text>.*))?", re.DOTALL)),
    ("join", re.compile(rf"=== (?P<nick>{NICK}) {{1,2}}has joined #\S+")),
    ("leave", re.compile(rf"=== (?P<nick>{NICK}) {{1,2}}has (?:left #|quit)\S*(?: .*)?")),
    ("rename", re.compile(rf"=== (?P<nick>{NICK}) is now known as (?P<text>{NICK})")),
    ("action", re.compile(rf"=== (?P<nick>{NICK}) (?P<text>.*)", re.DOTALL)),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One line of a log. `text` is the body of what was said or done, or the new nick of a rename."""

    number: int
    kind: EntryKind
    nick: str
    text: str

    @property
    def is_message(self) -> bool:
        """Say whether the line becomes a message."""
        return self.kind in ("speech", "action")


@dataclass(frozen=True, kw_only=True, slots=True)
class Log:
    """One hour of the channel; `answers` maps a line to the earlier lines it answers, the nearest first."""

    name: str
    entries: tuple[Entry, ...]
    answers: dict[int, tuple[int, ...]]


def decode_line(raw: bytes) -> str:
    """Decode one line: UTF-8, else Latin-1, as the clients of the time did; no byte is lost or replaced."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def parse_line(number: int, line: str) -> Entry:
    """Tell what happened on one line; what is neither said, done nor moved is a notice."""
    for kind, pattern in PATTERNS:
        if found := pattern.fullmatch(line):
            parts = found.groupdict()
            return Entry(number=number, kind=kind, nick=parts["nick"], text=parts.get("text") or "")
    return Entry(number=number, kind="notice", nick="", text=line)


def parse_lines(raw: bytes) -> tuple[Entry, ...]:
    """Parse a whole log, split at line feeds alone: other control characters may stand inside a body."""
    lines = raw.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return tuple(parse_line(number, decode_line(line)) for number, line in enumerate(lines))


def parse_answers(lines: Iterable[str]) -> dict[int, tuple[int, ...]]:
    """Map each answering line to those it answers, the nearest first; a line paired with itself answers nothing."""
    found: dict[int, set[int]] = {}
    for line in lines:
        if not line.strip():
            continue
        earlier, later = sorted(int(number) for number in line.split()[:2])
        if earlier != later:
            found.setdefault(later, set()).add(earlier)
    return {later: tuple(sorted(earlier, reverse=True)) for later, earlier in found.items()}


def read_logs(folder: Path, *, lines: int | None = None) -> list[Log]:
    """Read every `*.raw.txt` of the folder with its annotation file; `lines` cuts each log short."""
    logs = []
    for path in sorted(folder.glob("*.raw.txt")):
        name = path.name.removesuffix(".raw.txt")
        annotation = path.with_name(f"{name}.annotation.txt")
        answers = parse_answers(annotation.read_text().splitlines()) if annotation.exists() else {}
        logs.append(Log(name=name, entries=parse_lines(path.read_bytes())[:lines], answers=answers))
    return logs
