"""How processes tell each other."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connections

from django_convo.checks.realtime import check_broker, check_broker_reaches_processes
from tests.checks.found import found, only, written


def just_a_function() -> None:
    return None


class OnPostgres:
    """A connection as the check looks at one."""

    alias = "default"
    vendor = "postgresql"

    def __init__(self, port: str) -> None:
        self.settings_dict = {"PORT": port}


@pytest.mark.parametrize("value", ["nowhere.at.All", f"{__name__}.Missing", f"{__name__}.just_a_function"])
def test_broker_that_is_none_is_e022(settings: Any, value: str) -> None:
    settings.CONVO_REALTIME_BROKER = value

    message = only(check_broker)

    assert message.id == "django_convo.E022"
    assert value in message.msg
    settings.CONVO_REALTIME_BROKER = written(message)["CONVO_REALTIME_BROKER"]
    assert found(check_broker) == []


def test_broker_of_the_wrong_form_is_for_another_check(settings: Any) -> None:
    settings.CONVO_REALTIME_BROKER = "redis"

    assert found(check_broker) == []


@pytest.mark.parametrize(
    "layers", [{}, {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}], ids=["none", "in memory"]
)
def test_channels_without_a_layer_that_reaches_others_is_e023(settings: Any, layers: dict[str, Any]) -> None:
    settings.CHANNEL_LAYERS = layers
    settings.CONVO_REALTIME_BROKER = "channels"

    message = only(check_broker)

    assert message.id == "django_convo.E023"
    assert "RedisPubSubChannelLayer" in str(message.hint)


def test_channels_with_redis_is_fine(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:6379"]},
        }
    }
    settings.CONVO_REALTIME_BROKER = "channels"

    assert found(check_broker) == []


@pytest.mark.parametrize("vendor", ["sqlite", "mysql"])
def test_database_that_cannot_be_listened_to_is_e024(
    settings: Any, monkeypatch: pytest.MonkeyPatch, vendor: str
) -> None:
    pytest.importorskip("psycopg", reason="the extra postgres")
    settings.CONVO_REALTIME_BROKER = "database"
    connection = OnPostgres("5432")
    connection.vendor = vendor
    monkeypatch.setattr(type(connections), "__getitem__", lambda self, alias: connection)

    assert only(check_broker).id == "django_convo.E024"


@pytest.mark.parametrize(("port", "expected"), [("5432", []), ("", []), ("6432", ["W014"])])
def test_pooler_that_forgets_is_w014(
    settings: Any, monkeypatch: pytest.MonkeyPatch, port: str, expected: list[str]
) -> None:
    pytest.importorskip("psycopg", reason="the extra postgres")
    settings.CONVO_REALTIME_BROKER = "database"
    monkeypatch.setattr(type(connections), "__getitem__", lambda self, alias: OnPostgres(port))

    assert found(check_broker) == expected


def test_memory_under_asgi_is_w015(settings: Any) -> None:
    settings.ASGI_APPLICATION = "site.asgi.application"
    settings.CONVO_REALTIME_SWEEP = timedelta(seconds=2)

    message = only(check_broker_reaches_processes)

    assert message.id == "django_convo.W015"
    assert "2 s" in message.msg
    settings.CONVO_REALTIME_BROKER = "database"
    assert found(check_broker_reaches_processes) == []


def test_memory_without_asgi_is_fine(settings: Any) -> None:
    settings.ASGI_APPLICATION = None

    assert found(check_broker_reaches_processes) == []
