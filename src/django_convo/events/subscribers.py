"""Functions of the host that want to hear of events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from django_convo.models import Event
from django_convo.types import EventType

Subscriber = Callable[[Event], None]

# Subscribes to every type.
ANY = "*"

_subscribers: dict[str, list[Subscriber]] = defaultdict(list)


def subscribe(type: str, function: Subscriber) -> None:  # noqa: A002 - the contract's name
    """Call the function with each event of this type (or `"*"`), after commit, in the writing process, once.

    Subscribing the same function again changes nothing. An exception is logged and stops neither the write nor the
    other subscribers. ValueError for a type that does not exist.
    """
    if type != ANY and type not in EventType.values:
        raise ValueError(f"{type!r} is no event type. Subscribe to '*' or one of: {', '.join(EventType.values)}.")
    if function not in _subscribers[type]:
        _subscribers[type].append(function)


def unsubscribe(type: str, function: Subscriber) -> None:  # noqa: A002 - the contract's name
    """Stop calling the function; nothing happens where it was not subscribed."""
    if function in _subscribers[type]:
        _subscribers[type].remove(function)


def subscribers_of(type: str) -> list[Subscriber]:  # noqa: A002 - the contract's name
    """Return who hears of this type, in the order of subscribing."""
    return [*_subscribers[type], *_subscribers[ANY]]
