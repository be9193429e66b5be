from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import pytest
from django.urls import include, path

from django_convo.api.routes import build_urlpatterns


def config(client: Any) -> dict[str, Any]:
    answer = client.get("/api/config/")
    assert answer.status_code == 200
    data: dict[str, Any] = answer.json()
    return data


@pytest.fixture
def without_stream(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that serves the API alone."""
    module: Any = ModuleType("tests.api.without_stream")
    module.urlpatterns = [path("api/", include((build_urlpatterns(), "django_convo")))]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.ROOT_URLCONF = module.__name__


def test_config_has_its_shape(as_ada: Any) -> None:
    data = config(as_ada)

    assert list(data) == ["websocket_url", "stream_url", "epoch", "ping_interval", "limits", "features"]
    assert data["epoch"] == "1"
    assert data["ping_interval"] > 0
    assert all(isinstance(value, int) for value in data["limits"].values())


def test_config_names_no_transport_that_is_not_there(as_ada: Any, without_stream: None, settings: Any) -> None:
    settings.CONVO_WEBSOCKET_URL = None

    data = config(as_ada)

    assert data["websocket_url"] is None
    assert data["stream_url"] is None


def test_config_names_the_transports_that_are_there(as_ada: Any) -> None:
    data = config(as_ada)

    assert data["websocket_url"] == "ws://testserver/ws/convo/"
    assert data["stream_url"] == "http://testserver/api/stream/"
    secure = as_ada.get("/api/config/", secure=True).json()
    assert secure["websocket_url"] == "wss://testserver/ws/convo/"


def test_config_names_a_websocket_elsewhere(as_ada: Any, settings: Any) -> None:
    settings.CONVO_WEBSOCKET_URL = "wss://live.example.com/ws/convo/"

    assert config(as_ada)["websocket_url"] == "wss://live.example.com/ws/convo/"


def test_config_names_no_websocket_without_channels(as_ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_convo.api.config.find_spec", lambda name: None)

    assert config(as_ada)["websocket_url"] is None


def test_config_follows_the_settings(as_ada: Any, settings: Any) -> None:
    before = config(as_ada)
    settings.CONVO_EPOCH = "2"
    settings.CONVO_MESSAGE_MAX_LENGTH = 5
    settings.CONVO_REGISTRATION = "open"
    settings.CONVO_USERS_API = "full"
    after = config(as_ada)

    assert after["epoch"] == "2"
    assert after["limits"]["message_max_length"] == 5
    assert set(after["features"]) - set(before["features"]) == {"registration", "users_write"}


def test_config_is_for_those_who_are_logged_in(client_of: Any, db: None) -> None:
    assert client_of(None).get("/api/config/").status_code in (401, 403)
