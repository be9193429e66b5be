"""What the sites share: who asks, and the talk that each is filled with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from benchmarks.calls import HEADER, Request

CONVERSATIONS = 20
# Messages of each conversation, and of the one that is read and written to.
SHORT = 50
LONG = 2_000
BODY = "The lighthouse keeper said that the boat would come tomorrow before noon, weather permitting"
_START = datetime(2026, 1, 1, tzinfo=timezone.utc)
_known: dict[str, Any] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A package as a site: what it takes to run it, and how it is asked."""

    apps: tuple[str, ...]
    urls: str
    # Fills the database for the reader and twenty others; returns the requests by workload, a send as a function of
    # the number of the call.
    seed: Callable[[Any, list[Any]], Mapping[str, Request | Callable[[int], Request]]]
    settings: Mapping[str, Any] = field(default_factory=dict)
    # What its answers lack beside ours, by workload.
    lacks: Mapping[str, str] = field(default_factory=dict)


def named_user(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Take the word of the header for who asks, as our own contestants do."""

    def middleware(request: Any) -> Any:
        from django.contrib.auth import get_user_model

        key = request.META[HEADER]
        if key not in _known:
            _known[key] = get_user_model().objects.get(pk=key)
        request.user = _known[key]
        request._dont_enforce_csrf_checks = True
        return get_response(request)

    return middleware


def talk(reader: Any, others: list[Any]) -> Iterator[tuple[Any, int, Any, datetime]]:
    """Return with whom, the number of the message, who wrote it and when: the first conversation is the long one."""
    for place, other in enumerate(others):
        for number in range(LONG if place == 0 else SHORT):
            yield other, number, (reader if number % 2 else other), _START + timedelta(minutes=number, seconds=place)
