"""Checks of how processes tell each other what is new."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from django_convo.conf import settings
from django_convo.realtime.brokers import Broker, broker_path, get_broker

from .values import is_acceptable, line


def check_broker(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E022: no broker, or one whose extra is missing; then what the broker itself finds (E023, E024, W014)."""
    if not is_acceptable("REALTIME_BROKER"):
        return []
    try:
        found = import_string(broker_path())
    except ImportError as error:
        return [_no_broker(f"cannot be imported: {error}")]
    if not (isinstance(found, type) and issubclass(found, Broker)):
        return [_no_broker("is not a subclass of django_convo.realtime.brokers.Broker.")]
    return list(get_broker().check())


def check_broker_reaches_processes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W015: a site of several processes whose hubs hear only what their own process writes."""
    is_served = getattr(django_settings, "ASGI_APPLICATION", None) is not None
    if not is_served or settings.REALTIME_BROKER != "memory":
        return []
    seconds = settings.REALTIME_SWEEP.total_seconds()
    return [
        Warning(
            "CONVO_REALTIME_BROKER is 'memory': what one process writes, the connections of another hear of by the "
            f"sweep, up to {seconds:g} s later, and of who types or is there not at all.",
            hint="CONVO_REALTIME_BROKER = 'database' (PostgreSQL) or 'channels' (Redis); with one process: "
            'SILENCED_SYSTEM_CHECKS = ["django_convo.W015"]',
            id="django_convo.W015",
        )
    ]


def _no_broker(why: str) -> Error:
    return Error(
        f"CONVO_REALTIME_BROKER = {settings.REALTIME_BROKER!r} {why}",
        hint=line("CONVO_REALTIME_BROKER", "memory"),
        id="django_convo.E022",
    )
