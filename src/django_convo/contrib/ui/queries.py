"""What an address asks for; what is malformed counts as not said, since people do not type addresses."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.conf import settings as django_settings
from django.http import QueryDict
from django.utils.dateparse import parse_date
from django.utils.timezone import make_aware

from django_convo.conf import settings
from django_convo.models.fields import is_storable_text
from django_convo.selectors.messages import MessageFilters, messages
from django_convo.selectors.windows import WindowBounds

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

LARGEST_NUMBER: Final = 2**63 - 1


def text_of(parameters: QueryDict, name: str) -> str:
    """Return the text of a search, as long as searches may be."""
    text = parameters.get(name, "").strip()
    return text[: settings.SEARCH_MAX_LENGTH] if is_storable_text(text) else ""


def uuid_of(parameters: QueryDict, name: str) -> UUID | None:
    """Return the id, or None."""
    try:
        return UUID(parameters.get(name, ""))
    except ValueError:
        return None


def number_of(parameters: QueryDict, name: str) -> int | None:
    """Return the whole number, or None."""
    text = parameters.get(name, "")
    if not (text.isascii() and text.isdecimal() and len(text) <= 19):
        return None
    return min(int(text), LARGEST_NUMBER)


def bounds_of(actor: Any, conversation: AbstractConversation, parameters: QueryDict) -> WindowBounds:
    """Return which part of the conversation the address asks for; without a word, where the unread begins.

    One query where it asks for a day.
    """
    around = number_of(parameters, "around")
    day = _day_of(parameters)
    if day is not None:
        around = _first_since(actor, conversation, day)
    before, after = number_of(parameters, "before"), number_of(parameters, "after")
    is_placed = around is not None or before is not None or after is not None
    return WindowBounds(
        limit=settings.PAGE_SIZE,
        before=None if around is not None else before,
        after=None if around is not None else after,
        around=around,
        is_around_first_unread=not is_placed,
    )


def _day_of(parameters: QueryDict) -> date | None:
    try:
        return parse_date(parameters.get("date", ""))
    except ValueError:
        return None


def _first_since(actor: Any, conversation: AbstractConversation, day: date) -> int:
    """Return the number of the first message of that day or later, else of the last one."""
    try:
        moment = datetime.combine(day, time.min) - timedelta(microseconds=1)
        begin = make_aware(moment) if django_settings.USE_TZ else moment
    except OverflowError:
        return 0
    rows = messages(actor, MessageFilters(conversation_id=conversation.pk, sent_after=begin))
    first: int | None = rows.order_by("seq").values_list("seq", flat=True).first()
    return conversation.last_seq if first is None else first
