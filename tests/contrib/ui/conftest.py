from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from django_convo.policy.roles import site_role
from tests.actions.conftest import ada, bob, channel, cyd, direct, group, site_admin, stranger
from tests.contrib.ui.html import Element, parse

__all__ = ["ada", "bob", "channel", "cyd", "direct", "group", "site_admin", "stranger"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Take the pages for a long table: they say the same on every Python and Django."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.exhaustive)


class Visitor:
    """Somebody in front of a browser without scripts."""

    def __init__(self, user: Any | None) -> None:
        self.client = Client()
        if user is not None:
            self.client.force_login(user)

    def get(self, name: str, *arguments: Any, query: str = "") -> Any:
        """Open a page of ours."""
        return self.client.get(address(name, *arguments) + query)

    def page(self, name: str, *arguments: Any, query: str = "") -> Element:
        """Open a page that is there, and return it."""
        response = self.get(name, *arguments, query=query)
        assert response.status_code == 200, response.content.decode()
        return parse(response.content)

    def post(self, name: str, *arguments: Any, **fields: Any) -> Any:
        """Send a form to a page of ours."""
        return self.client.post(address(name, *arguments), fields)


See = Callable[[Any], Visitor]


def address(name: str, *arguments: Any) -> str:
    """Return the address of a page; arguments that are rows count as their keys."""
    return reverse(f"convo_ui:{name}", args=[getattr(argument, "pk", argument) for argument in arguments])


@pytest.fixture(autouse=True)
def _in_the_host(settings: Any) -> None:
    if "django_convo.contrib.ui" not in django_settings.INSTALLED_APPS:
        pytest.skip("This host has no pages.")
    settings.ROOT_URLCONF = "tests.contrib.ui.urls"
    cache.clear()


@pytest.fixture
def see() -> See:
    """Return what makes somebody a visitor."""
    return Visitor


@pytest.fixture
def as_ada(ada: Any) -> Visitor:
    return Visitor(ada)


@pytest.fixture
def as_bob(bob: Any) -> Visitor:
    return Visitor(bob)


@pytest.fixture
def as_cyd(cyd: Any) -> Visitor:
    return Visitor(cyd)


@pytest.fixture
def as_stranger(stranger: Any) -> Visitor:
    return Visitor(stranger)


@pytest.fixture
def as_admin(site_admin: Any) -> Visitor:
    if site_role(site_admin) != "admin":
        pytest.skip("This host's users have no roles.")
    return Visitor(site_admin)
