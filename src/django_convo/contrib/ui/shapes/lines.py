"""The lines of a conversation in order: days, where the unread ones begin, and messages, grouped by who speaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from django.utils.timezone import get_current_timezone, is_aware

from .messages import MessageRow

# Rows of one person that follow each other within this time show face and name once.
GROUPED_WITHIN: Final = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A day, the line above what is unread, or a message."""

    day: date | None = None
    is_unread_line: bool = False
    message: MessageRow | None = None
    is_grouped: bool = False


def lines_of(messages: Iterable[MessageRow], *, first_unread: int | None = None) -> list[Line]:
    """Return the lines of messages, which come in order; the one numbered `first_unread` has a line above it."""
    lines: list[Line] = []
    before: MessageRow | None = None
    for message in messages:
        day = _day(message.sent_at)
        if before is None or _day(before.sent_at) != day:
            lines.append(Line(day=day))
            before = None
        if message.seq == first_unread:
            lines.append(Line(is_unread_line=True))
            before = None
        lines.append(Line(message=message, is_grouped=_is_grouped(before, message)))
        before = message
    return lines


def _is_grouped(before: MessageRow | None, message: MessageRow) -> bool:
    if before is None or before.sender is None or message.sender is None:
        return False
    is_same = before.sender.user_id == message.sender.user_id
    return is_same and message.sent_at - before.sent_at <= GROUPED_WITHIN


def _day(moment: datetime) -> date:
    return (moment.astimezone(get_current_timezone()) if is_aware(moment) else moment).date()
