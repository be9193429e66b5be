"""Brokers that are worse than any real one."""

from __future__ import annotations

from django_convo.realtime.brokers.memory import MemoryBroker
from django_convo.testing import RecordingBroker
from django_convo.types import Hint


class DeafBroker(RecordingBroker):
    """Loses every hint, unless the test hands it over."""

    def publish(self, hint: Hint) -> None:
        self.hints.append(hint)

    def hand_over(self, hint: Hint) -> None:
        """Carry a hint after all."""
        MemoryBroker.publish(self, hint)


class StutteringBroker(DeafBroker):
    """Keeps hints back, and then says each of them twice, the last one first."""

    def stutter(self) -> None:
        """Say what was kept back."""
        hints, self.hints = list(reversed(self.hints)), []
        for hint in hints:
            self.hand_over(hint)
            self.hand_over(hint)


class SharedBroker(MemoryBroker):
    """Says that it reaches other processes, as hubs in other threads of this one may be taken for."""

    supports_processes = True
