"""A connection ends with the login by which it was opened, with a code that says why."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.backends import base
from django.test import Client
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.models import Sanction
from django_convo.realtime import logins
from django_convo.testing.sockets import SocketClient, call, get_hub
from tests.realtime.conftest import run
from tests.realtime.opening import code_of, log_in, refusal_of, socket_of


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the turn in which each login is asked again, at least once a minute, come at once and often."""
    monkeypatch.setattr(logins, "RECHECK_SECONDS", 0.05)


@pytest.fixture
def engine(request: pytest.FixtureRequest, settings: Any) -> None:
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"


# One that is all in its cookie is ended by nobody but the browser.
kept = pytest.mark.parametrize("engine", ["db", "cache", "cached_db"], indirect=True)


def ticket_by_token(user: Any) -> str:
    """Return a ticket that was asked for with a token."""
    client = APIClient()
    token, _ = Token.objects.get_or_create(user=user)
    client.force_authenticate(user, token)
    ticket: str = client.post("/api/ticket/").json()["ticket"]
    return ticket


def socket_by(ticket: str) -> SocketClient:
    return SocketClient(subprotocols=["convo.v1", f"ticket.{ticket}"])


@pytest.mark.parametrize("engine", ["db", "cache", "cached_db", "signed_cookies"], indirect=True)
def test_session_of_every_engine_opens_and_stays(ada: Any, engine: None, soon: None) -> None:
    browser = log_in(ada)

    async def test() -> None:
        async with socket_of(browser) as socket:
            assert await socket.silence(0.2) == []
            assert socket.close_code is None

    run(test())


@kept
def test_logout_closes_at_once(ada: Any, engine: None) -> None:
    browser, other = log_in(ada), log_in(ada)

    async def test() -> None:
        async with socket_of(browser) as socket, socket_of(other) as staying:
            await call(browser.logout)
            assert await code_of(socket, seconds=10) == 4401
            assert await staying.silence(0.2) == []

    run(test())


def test_logout_closes_though_django_tells_of_it_before_it_ends_the_session(
    ada: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = log_in(ada)
    flush = base.SessionBase.flush

    def flush_late(self: Any) -> None:
        time.sleep(0.3)
        flush(self)

    monkeypatch.setattr(base.SessionBase, "flush", flush_late)

    async def test() -> None:
        async with socket_of(browser) as socket:
            await call(browser.logout)
            assert await code_of(socket, seconds=10) == 4401

    run(test())


@kept
def test_session_that_is_over_is_found_by_the_recheck(ada: Any, engine: None, soon: None) -> None:
    browser = log_in(ada)

    async def test() -> None:
        async with socket_of(browser) as socket:
            await call(browser.session.flush)
            assert await code_of(socket) == 4401

    run(test())


def test_cookie_that_is_all_the_session_grows_too_old(ada: Any, settings: Any, soon: None) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    browser = log_in(ada)

    async def test() -> None:
        async with socket_of(browser) as socket:
            settings.SESSION_COOKIE_AGE = -1
            assert await code_of(socket) == 4401

    run(test())


def test_ticket_of_a_session_ends_with_it(ada: Any, soon: None) -> None:
    browser = log_in(ada)
    ticket = browser.post("/api/ticket/").json()["ticket"]

    async def test() -> None:
        async with socket_by(ticket) as socket:
            await call(browser.session.flush)
            assert await code_of(socket) == 4401

    run(test())


def test_ticket_of_a_session_that_is_all_in_its_cookie_opens(ada: Any, settings: Any, soon: None) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
    browser = Client()
    browser.force_login(ada)
    session = browser.session
    session["a long one"] = "x" * 300
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    ticket = browser.post("/api/ticket/").json()["ticket"]

    async def test() -> None:
        async with socket_by(ticket) as socket:
            assert await socket.silence(0.2) == []

    run(test())


def test_ticket_of_a_token_ends_with_it(ada: Any, soon: None) -> None:
    ticket = ticket_by_token(ada)

    async def test() -> None:
        async with socket_by(ticket) as socket:
            assert await socket.silence(0.2) == []
            await call(Token.objects.filter(user=ada).delete)
            assert await code_of(socket) == 4401

    run(test())


def change_password(user: Any) -> None:
    user.set_password("another long one")
    user.save()


def deactivate(user: Any) -> None:
    user.is_active = False
    user.save()


@pytest.mark.parametrize("end", [change_password, deactivate])
def test_account_that_changes_is_found_by_the_recheck(ada: Any, soon: None, end: Callable[[Any], None]) -> None:
    ticket = actions.issue_ticket(actor=ada)

    async def test() -> None:
        async with socket_by(ticket) as socket:
            await call(end, ada)
            assert await code_of(socket) == 4401

    run(test())


@pytest.mark.parametrize(
    "end",
    [
        lambda user: actions.update_user(actor=None, user=user, fields={}, password="another long one"),
        lambda user: actions.delete_user(actor=None, user=user),
        lambda user: user.delete(),
        lambda user: actions.erase_user(actor=None, user=user, keep_account=False),
    ],
    ids=["password", "delete_user", "user.delete()", "erased"],
)
def test_account_that_changes_by_us_closes_at_once(ada: Any, end: Callable[[Any], None]) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await call(end, ada)
            assert await code_of(socket, seconds=10) == 4401

    run(test())


def test_ban_from_the_site_closes_at_once_and_refuses_what_comes_back(ada: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await call(actions.impose_sanction, actor=None, user=ada, kind="ban")
            assert await code_of(socket, seconds=10) == 4423
        assert await refusal_of(SocketClient(ada)) == 4423

    run(test())


def test_ban_that_is_over_lets_in_again(ada: Any) -> None:
    actions.impose_sanction(actor=None, user=ada, kind="ban", expires_at=timezone.now() + timedelta(hours=1))
    Sanction.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    async def test() -> None:
        async with SocketClient(ada) as socket:
            assert socket.close_code is None

    run(test())


@pytest.mark.parametrize("kind", ["mute", "ban"])
def test_sanction_in_one_conversation_closes_nothing(ada: Any, bob: Any, group: Any, kind: str) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.impose_sanction, actor=ada, user=bob, kind=kind, conversation=group)
            await socket.until("conversation.left" if kind == "ban" else "membership.updated")
            await asyncio.sleep(0.1)
            assert socket.close_code is None

    run(test())


def test_others_stay(ada: Any, bob: Any, soon: None) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as staying:
            await call(deactivate, ada)
            assert await code_of(socket) == 4401
            await staying.silence(0.2)
            assert staying.close_code is None

    run(test())


def test_recheck_that_fails_closes_nobody_and_is_made_again(
    ada: Any, soon: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = logins.ended
    failed: list[int] = []

    def fail_at_first(found: Any) -> Any:
        if len(failed) < 2:
            failed.append(1)
            raise OSError("away")
        return ended(found)

    monkeypatch.setattr(logins, "ended", fail_at_first)

    async def test() -> None:
        async with SocketClient(ada) as socket:
            while len(failed) < 2:
                await asyncio.sleep(0.01)
            assert socket.close_code is None
            await call(deactivate, ada)
            assert await code_of(socket) == 4401

    run(test())


def test_closed_socket_hears_nothing_and_answers_nothing(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.impose_sanction, actor=None, user=bob, kind="ban")
            assert await code_of(socket, seconds=10) == 4423
            await socket.send("message.send", conversation=str(group.pk), message_body="still here")
            await call(actions.send_message, actor=ada, conversation=group, body="secret")
            await asyncio.sleep(0.1)
            assert socket._from_server.empty()
        assert get_hub().sessions == {}

    run(test())
    group.refresh_from_db()
    assert group.last_seq == 1
