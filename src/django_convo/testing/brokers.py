"""A broker for tests: it works within the process, and remembers what it was given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.test import override_settings

from django_convo.realtime.brokers import get_broker
from django_convo.realtime.brokers.memory import MemoryBroker
from django_convo.types import Hint


class RecordingBroker(MemoryBroker):
    """Hands hints over as the memory broker does; `hints` are all of them, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.hints: list[Hint] = []

    def publish(self, hint: Hint) -> None:
        self.hints.append(hint)
        super().publish(hint)


@contextmanager
def recorded_hints() -> Iterator[list[Hint]]:
    """Use a recording broker meanwhile, and give the list of what is published."""
    with override_settings(CONVO_REALTIME_BROKER=f"{__name__}.RecordingBroker"):
        broker = get_broker()
        assert isinstance(broker, RecordingBroker)  # nosec B101  # noqa: S101 - just named
        broker.hints.clear()
        yield broker.hints
