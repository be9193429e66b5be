from __future__ import annotations

import base64
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from rest_framework.settings import api_settings
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.api import TicketViewSet
from django_convo.models import Ticket

HAS_SESSIONS = "django.contrib.sessions" in django_settings.INSTALLED_APPS
HAS_TOKENS = "rest_framework.authtoken" in django_settings.INSTALLED_APPS
USES_SESSIONS = any("Session" in item.__name__ for item in api_settings.DEFAULT_AUTHENTICATION_CLASSES)

with_sessions = pytest.mark.skipif(not (HAS_SESSIONS and USES_SESSIONS), reason="This host has no sessions.")


def test_ticket_is_good_for_who_asks(as_ada: Any, ada: Any) -> None:
    answer = as_ada.post("/api/ticket/", {})

    assert (answer.status_code, list(answer.json())) == (201, ["ticket"])
    assert answer["Cache-Control"] == "private, no-store"
    assert actions.redeem_ticket(ticket=answer.json()["ticket"]).user == ada


@with_sessions
def test_ticket_of_a_session_names_it(ada: Any) -> None:
    browser = Client()
    browser.force_login(ada)

    assert browser.post("/api/ticket/").status_code == 201
    row = Ticket.objects.get()
    assert (row.login_kind, row.login_key) == ("session", browser.session.session_key)


@with_sessions
def test_ticket_by_a_cookie_needs_the_csrf_token(ada: Any) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)

    assert browser.post("/api/ticket/").status_code == 403
    assert not Ticket.objects.exists()


@pytest.mark.skipif(not HAS_TOKENS, reason="This host has no tokens.")
def test_ticket_of_a_token_names_its_row(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.authentication import TokenAuthentication
    from rest_framework.authtoken.models import Token

    monkeypatch.setattr(TicketViewSet, "authentication_classes", [TokenAuthentication])
    token = Token.objects.create(user=ada)

    answer = Client().post("/api/ticket/", headers={"Authorization": f"Token {token.key}"})

    assert answer.status_code == 201
    row = Ticket.objects.get()
    assert (row.login_kind, row.login_key) == ("authtoken.Token", token.key)


def test_ticket_of_a_password_names_nothing(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.authentication import BasicAuthentication

    if not hasattr(ada, "set_password"):
        pytest.skip("This host's users have no passwords.")
    ada.set_password("a long one")
    ada.save()
    monkeypatch.setattr(TicketViewSet, "authentication_classes", [BasicAuthentication])
    words = base64.b64encode(f"{ada.get_username()}:a long one".encode()).decode()

    answer = Client().post("/api/ticket/", headers={"Authorization": f"Basic {words}"})

    assert answer.status_code == 201
    row = Ticket.objects.get()
    assert (row.user, row.login_kind, row.login_key) == (ada, "", "")


def test_ticket_is_for_those_who_are_logged_in(db: None) -> None:
    assert APIClient().post("/api/ticket/", {}).status_code in (401, 403)
    assert not Ticket.objects.exists()


def test_tickets_too_many_are_429(as_ada: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"ticket": "1/min"}

    assert as_ada.post("/api/ticket/", {}).status_code == 201
    answer = as_ada.post("/api/ticket/", {})
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
