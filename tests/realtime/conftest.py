from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from django_convo.realtime.brokers import get_broker
from django_convo.realtime.hub import get_hub, stop_hub
from django_convo.testing.sockets import SocketClient
from tests.api.conftest import _plain_errors
from tests.people import make_direct, make_group, make_user
from tests.realtime import policies
from tests.realtime.brokers import DeafBroker, StutteringBroker

__all__ = ["_plain_errors"]


def run(test: Coroutine[Any, Any, Any]) -> Any:
    """Run a test's coroutine, and close what its hub has opened."""

    async def whole() -> Any:
        try:
            return await test
        finally:
            await stop_hub()

    return asyncio.run(whole())


async def swept() -> None:
    """Wait until a sweep that begins from now on is over: what it finds, it has handed to the courier."""
    hub, moment = get_hub(), timezone.now()
    # Once: another would follow after this has returned.
    hub.sweep.soon()
    while hub.cursor_time < moment:
        await asyncio.sleep(0.005)


async def eventually(is_so: Callable[[], bool], *, seconds: float = 15) -> None:
    """Wait until something in this loop is so."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while not is_so():
        assert loop.time() < until, "it has not come about"
        await asyncio.sleep(0.005)


async def heard(socket: SocketClient, seconds: float = 0.1) -> list[dict[str, Any]]:
    """Return what comes within some seconds, for tests that expect nothing; who comes and goes is no part of it."""
    return [frame for frame in await socket.silence(seconds) if frame["type"] != "presence"]


def log_over_rest(user: Any, conversation: Any, *, after: int = 0) -> list[dict[str, Any]]:
    """Return the frames that `GET …/events/` has for the user."""
    client = APIClient()
    client.force_authenticate(user)
    answer = client.get(f"/api/conversations/{conversation.pk}/events/", {"after": after, "limit": 200})
    assert answer.status_code == 200, answer.content
    frames: list[dict[str, Any]] = answer.json()["results"]
    return frames


@pytest.fixture(autouse=True)
def _alone(settings: Any) -> None:
    """Throttles count in the cache, which outlives a test; the API is where these tests look for it."""
    cache.clear()
    settings.ROOT_URLCONF = "tests.api.urls"


@pytest.fixture
def ada(transactional_db: None) -> Any:
    return make_user("ada")


@pytest.fixture
def bob(transactional_db: None) -> Any:
    return make_user("bob")


@pytest.fixture
def cyd(transactional_db: None) -> Any:
    return make_user("cyd")


@pytest.fixture
def stranger(transactional_db: None) -> Any:
    return make_user("stranger")


@pytest.fixture
def group(ada: Any, bob: Any) -> Any:
    return make_group(ada, bob)


@pytest.fixture
def direct(ada: Any, bob: Any) -> Any:
    return make_direct(ada, bob)


@pytest.fixture
def no_sweep(settings: Any) -> None:
    """Hints alone: no sweep comes within the test, but those that are asked for."""
    settings.CONVO_REALTIME_SWEEP = timedelta(minutes=1)


@pytest.fixture
def narrow(settings: Any) -> Iterator[None]:
    """A host's policy that hides what the test says."""
    settings.CONVO_POLICY = "tests.realtime.policies.NarrowPolicy"
    yield
    policies.apart.clear()
    policies.secret.clear()


@pytest.fixture
def deaf(settings: Any) -> DeafBroker:
    """A broker that carries what the test hands it, and nothing else."""
    settings.CONVO_REALTIME_BROKER = "tests.realtime.brokers.DeafBroker"
    broker = get_broker()
    assert isinstance(broker, DeafBroker)
    broker.hints.clear()
    return broker


@pytest.fixture
def stuttering(settings: Any) -> StutteringBroker:
    """A broker that says everything twice and in the wrong order."""
    settings.CONVO_REALTIME_BROKER = "tests.realtime.brokers.StutteringBroker"
    broker = get_broker()
    assert isinstance(broker, StutteringBroker)
    broker.hints.clear()
    return broker
