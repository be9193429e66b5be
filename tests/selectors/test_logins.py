from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from django_convo.models import Sanction
from django_convo.selectors.logins import SESSION, ended, login_of
from tests.people import make_user

with_sessions = pytest.mark.skipif(
    "django.contrib.sessions" not in django_settings.INSTALLED_APPS, reason="This host has no sessions."
)
with_tokens = pytest.mark.skipif(
    "rest_framework.authtoken" not in django_settings.INSTALLED_APPS, reason="This host has no tokens."
)


def session_of(user: Any) -> Any:
    from django.contrib.sessions.backends.db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session.create()
    return session


def test_login_holds_until_something_changes(ada: Any, bob: Any) -> None:
    assert ended([login_of(ada), login_of(bob)]) == {}


def test_nothing_is_asked_of_nobody(db: None) -> None:
    with CaptureQueriesContext(connection) as queries:
        assert ended([]) == {}
    assert len(queries) == 0


def test_another_password_ends_it(ada: Any) -> None:
    if not hasattr(ada, "set_password"):
        pytest.skip("This host's users have no passwords.")
    before = login_of(ada)
    ada.set_password("another long one")
    ada.save()

    assert ended([before, login_of(ada)]) == {before: "logged_out"}


def test_deactivation_ends_it(ada: Any, bob: Any) -> None:
    if not hasattr(type(ada), "is_active") or "is_active" not in {item.name for item in ada._meta.get_fields()}:
        pytest.skip("This host's users cannot be deactivated.")
    login = login_of(ada)
    ada.is_active = False
    ada.save()

    assert ended([login, login_of(bob)]) == {login: "logged_out"}


def test_user_who_is_gone_is_logged_out(ada: Any) -> None:
    login = login_of(ada)
    ada.delete()

    assert ended([login]) == {login: "logged_out"}


@pytest.mark.parametrize(
    ("kind", "where", "age", "expected"),
    [
        ("ban", "site", None, {"banned"}),
        ("mute", "site", None, set()),
        ("ban", "group", None, set()),
        ("ban", "site", timedelta(hours=1), {"banned"}),
        ("ban", "site", -timedelta(hours=1), set()),
    ],
)
def test_ban_from_the_site_ends_it(
    ada: Any, bob: Any, group: Any, kind: str, where: str, age: timedelta | None, expected: set[str]
) -> None:
    login = login_of(bob)
    actions.impose_sanction(actor=None, user=bob, kind=kind, conversation=group if where == "group" else None)
    Sanction.objects.update(expires_at=None if age is None else timezone.now() + age)

    assert set(ended([login]).values()) == expected


@with_sessions
def test_session_ends_it(ada: Any) -> None:
    gone, there = session_of(ada), session_of(ada)
    logins = [login_of(ada, kind=SESSION, key=session.session_key) for session in (gone, there)]
    gone.flush()

    assert ended(logins) == {logins[0]: "logged_out"}


@with_sessions
def test_session_that_has_expired_ends_it(ada: Any) -> None:
    session = session_of(ada)
    session.set_expiry(-1)
    session.save()
    login = login_of(ada, kind=SESSION, key=session.session_key)

    assert ended([login]) == {login: "logged_out"}


@with_sessions
@pytest.mark.parametrize("engine", ["cache", "cached_db"])
def test_session_of_somebody_else_holds_nothing(ada: Any, bob: Any, settings: Any, engine: str) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    store: Any = __import__(settings.SESSION_ENGINE, fromlist=["SessionStore"]).SessionStore()
    store[SESSION_KEY] = str(bob.pk)
    store.create()
    of_ada, of_bob = (login_of(user, kind=SESSION, key=store.session_key) for user in (ada, bob))

    assert ended([of_ada]) == {of_ada: "logged_out"}
    assert ended([of_bob]) == {}


@with_tokens
def test_token_ends_it(ada: Any, bob: Any) -> None:
    from rest_framework.authtoken.models import Token

    logins = [login_of(user, kind="authtoken.Token", key=Token.objects.create(user=user).key) for user in (ada, bob)]
    Token.objects.filter(user=ada).delete()

    assert ended(logins) == {logins[0]: "logged_out"}


@with_sessions
@with_tokens
@pytest.mark.parametrize("number", [2, 12])
def test_logins_are_looked_at_together(ada: Any, number: int, django_assert_num_queries: Callable[[int], Any]) -> None:
    from rest_framework.authtoken.models import Token

    users = [make_user(str(turn)) for turn in range(number)]
    logins = [login_of(user) for user in users]
    logins += [login_of(user, kind=SESSION, key=session_of(user).session_key) for user in users]
    logins += [login_of(user, kind="authtoken.Token", key=Token.objects.create(user=user).key) for user in users]

    with django_assert_num_queries(4):
        assert ended(logins) == {}
