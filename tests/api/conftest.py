from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from rest_framework.test import APIClient
from rest_framework.views import exception_handler

from django_convo.api.base import ConvoViewSet
from django_convo.policy.roles import site_role
from tests.actions.conftest import ada, bob, channel, cyd, direct, group, site_admin, stranger

__all__ = ["ada", "bob", "channel", "cyd", "direct", "group", "site_admin", "stranger"]

As = Callable[[Any], APIClient]


@pytest.fixture(autouse=True)
def _no_requests_counted() -> None:
    """Throttles count in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture(autouse=True)
def _plain_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared here is our own answer, in every host project.

    A host's exception handler has tests of its own. DRF's rolls the surrounding transaction back under
    ATOMIC_REQUESTS: our views are in none, so it would be the test's.
    """
    monkeypatch.setattr(ConvoViewSet, "get_exception_handler", lambda self: exception_handler)
    monkeypatch.setattr("rest_framework.views.set_rollback", lambda: None)


@pytest.fixture(autouse=True)
def _at_api(request: pytest.FixtureRequest, settings: Any) -> None:
    if request.node.get_closest_marker("urls") is None:
        settings.ROOT_URLCONF = "tests.api.urls"


@pytest.fixture
def client_of() -> As:
    """Return a client for a user (None: nobody), without the queries of authentication."""

    def make(user: Any) -> APIClient:
        client = APIClient(raise_request_exception=True)
        client.default_format = "json"
        if user is not None:
            client.force_authenticate(user)
        return client

    return make


@pytest.fixture
def as_ada(client_of: As, ada: Any) -> APIClient:
    return client_of(ada)


@pytest.fixture
def as_bob(client_of: As, bob: Any) -> APIClient:
    return client_of(bob)


@pytest.fixture
def as_cyd(client_of: As, cyd: Any) -> APIClient:
    return client_of(cyd)


@pytest.fixture
def as_stranger(client_of: As, stranger: Any) -> APIClient:
    return client_of(stranger)


@pytest.fixture
def as_admin(client_of: As, site_admin: Any) -> APIClient:
    if site_role(site_admin) != "admin":
        pytest.skip("This host's users have no roles.")
    return client_of(site_admin)


@pytest.fixture
def deactivate() -> Callable[[Any], None]:
    """Return what deactivates a user, where the host's users can be."""
    if "is_active" not in {field.name for field in get_user_model()._meta.get_fields()}:
        pytest.skip("This host's users cannot be deactivated.")

    def run(user: Any) -> None:
        user.is_active = False
        user.save(update_fields=["is_active"])

    return run
