"""What the log was told of while a test ran."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django_convo import events
from django_convo.models import Event


@contextmanager
def recorded_events(*types: str) -> Iterator[list[Event]]:
    """Give a list that grows by each event of these types (of all, where none is named) as it is committed.

    Events are told after the commit: use a test that commits (`transaction=True`), or Django's
    `captureOnCommitCallbacks(execute=True)` around what is to be recorded.
    """
    found: list[Event] = []

    def record(event: Event) -> None:
        found.append(event)

    wanted = types or ("*",)
    for name in wanted:
        events.subscribe(name, record)
    try:
        yield found
    finally:
        for name in wanted:
            events.unsubscribe(name, record)
