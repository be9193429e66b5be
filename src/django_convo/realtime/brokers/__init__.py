"""How hints travel from the process that writes to those that deliver (`CONVO_REALTIME_BROKER`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, cast

from django.utils.module_loading import import_string

from django_convo.conf import settings

from .base import Broker, Listener

__all__ = ["Broker", "Listener", "broker_path", "get_broker"]

_NAMED: Final = {
    "memory": "django_convo.realtime.brokers.memory.MemoryBroker",
    "database": "django_convo.realtime.brokers.database.DatabaseBroker",
    "channels": "django_convo.realtime.brokers.channels.ChannelsBroker",
}


def broker_path() -> str:
    """Return the dotted path of the class of the broker in use."""
    return _NAMED.get(settings.REALTIME_BROKER, settings.REALTIME_BROKER)


@lru_cache(maxsize=8)
def _broker(path: str) -> Broker:
    return cast("Broker", import_string(path)())


def get_broker() -> Broker:
    """Return the broker in use, one instance per process; ImportError where its extra is missing."""
    return _broker(broker_path())
