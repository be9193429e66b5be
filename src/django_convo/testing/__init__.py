"""For the tests of hosts: what was told, in order. `testing.sockets` has a client for sockets."""

from .brokers import RecordingBroker, recorded_hints
from .events import recorded_events

__all__ = ["RecordingBroker", "recorded_events", "recorded_hints"]
