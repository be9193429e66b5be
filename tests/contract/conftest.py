from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from tests.api.conftest import As, client_of
from tests.people import make_user

__all__ = ["As", "client_of"]


@pytest.fixture(autouse=True)
def _no_requests_counted() -> None:
    """Throttles count in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def ada(transactional_db: None) -> Any:
    return make_user("ada")


@pytest.fixture
def bob(transactional_db: None) -> Any:
    return make_user("bob")


@pytest.fixture
def cyd(transactional_db: None) -> Any:
    return make_user("cyd")
