"""The abstract user of contrib.accounts, where it is the project's."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model

from django_convo.contrib.accounts.models import AbstractAccount

pytestmark = pytest.mark.django_db
PASSWORD = "seventeen herons"


@pytest.fixture
def ada() -> Any:
    model = get_user_model()
    if not issubclass(model, AbstractAccount):
        pytest.skip("this project has a user model of its own")
    return model.objects.create_user("Ada@Example.com", PASSWORD, first_name="Ada", last_name="Byron")


@pytest.mark.parametrize("login", ["ada@example.com", "ADA@example.COM", " ada@example.com "])
def test_log_in_whatever_the_case_of_the_address(ada: Any, login: str) -> None:
    assert authenticate(username=login, password=PASSWORD) == ada


@pytest.mark.parametrize("login", ["", "ada", "ada@example.com\x00", "\ud800@example.com"])
def test_log_in_with_what_is_no_address(ada: Any, login: str) -> None:
    """No database is asked for what it could not hold: PostgreSQL would raise, SQLite could not encode it."""
    assert authenticate(username=login, password=PASSWORD) is None


def test_create_superuser_is_admin(ada: Any) -> None:
    chief = type(ada).objects.create_superuser("chief@example.com", PASSWORD, first_name="C", last_name="H")
    assert (chief.role, chief.is_staff, chief.is_superuser) == ("admin", True, True)
