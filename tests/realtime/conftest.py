from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from django_convo.realtime.hub import stop_hub
from tests.people import make_group, make_user


def run(test: Coroutine[Any, Any, Any]) -> Any:
    """Run a test's coroutine, and close what its hub has opened."""

    async def whole() -> Any:
        try:
            return await test
        finally:
            await stop_hub()

    return asyncio.run(whole())


@pytest.fixture
def ada(transactional_db: None) -> Any:
    return make_user("ada")


@pytest.fixture
def bob(transactional_db: None) -> Any:
    return make_user("bob")


@pytest.fixture
def group(ada: Any, bob: Any) -> Any:
    return make_group(ada, bob)
