"""Within one process, without anything to install: the default."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection
from typing import ClassVar

from django_convo.types import Hint

from .base import Broker, Listener, Receiver, topic_of


class MemoryBroker(Broker):
    """Hands hints over to the hubs of this process; those of others find what is new by their sweep."""

    supports_processes: ClassVar[bool] = False

    def __init__(self) -> None:
        self._listeners: dict[str, set[MemoryListener]] = {}
        self._lock = threading.Lock()

    def publish(self, hint: Hint) -> None:
        with self._lock:
            listeners = tuple(self._listeners.get(topic_of(hint), ()))
        for listener in listeners:
            listener.hand_over(hint)

    async def listen(self, receive: Receiver, lost: Callable[[], None]) -> Listener:
        return MemoryListener(self, receive)

    def attach(self, listener: MemoryListener, topics: Collection[str]) -> None:
        """Let a listener hear of topics."""
        with self._lock:
            for topic in topics:
                self._listeners.setdefault(topic, set()).add(listener)

    def detach(self, listener: MemoryListener, topics: Collection[str]) -> None:
        """Let a listener hear of topics no more."""
        with self._lock:
            for topic in topics:
                listeners = self._listeners.get(topic)
                if listeners is not None:
                    listeners.discard(listener)
                    if not listeners:
                        del self._listeners[topic]


class MemoryListener(Listener):
    """A hub's ear within the process."""

    def __init__(self, broker: MemoryBroker, receive: Receiver) -> None:
        self._broker = broker
        self._receive = receive
        self._loop = asyncio.get_running_loop()
        self._topics: set[str] = set()

    def hand_over(self, hint: Hint) -> None:
        """Call the hub in its own loop; a loop that is closed hears nothing."""
        try:
            self._loop.call_soon_threadsafe(self._receive, hint)
        except RuntimeError:
            self._broker.detach(self, tuple(self._topics))

    async def add(self, topics: Collection[str]) -> None:
        self._topics.update(topics)
        self._broker.attach(self, topics)

    async def drop(self, topics: Collection[str]) -> None:
        self._topics.difference_update(topics)
        self._broker.detach(self, topics)

    async def close(self) -> None:
        self._broker.detach(self, tuple(self._topics))
        self._topics.clear()
