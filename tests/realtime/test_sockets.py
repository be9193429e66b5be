"""Who may open a socket, and what makes the server close one."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from django_convo import actions
from django_convo.models import Ticket
from django_convo.realtime import commands, hub
from django_convo.testing.sockets import SocketClient, call, get_hub
from tests.realtime.conftest import run
from tests.realtime.opening import code_of, log_in, refusal_of, socket_of


def test_cookie_of_an_own_page_opens(ada: Any) -> None:
    browser = log_in(ada)

    async def test() -> None:
        async with socket_of(browser) as socket:
            assert socket.frames[-1]["type"] == "pong"
            assert get_hub().sessions.keys() == {ada.pk}
        assert get_hub().sessions == {}

    run(test())


def test_cookie_of_an_own_page_at_a_port_opens(ada: Any) -> None:
    browser = log_in(ada)

    async def test() -> None:
        socket = socket_of(browser, origin="https://testserver:8443")
        socket._headers["Host"] = "testserver:8443"
        async with socket:
            assert socket.frames[-1]["type"] == "pong"

    run(test())


@pytest.mark.parametrize("origin", ["https://app.example.com", "https://APP.example.com/"])
def test_cookie_of_an_allowed_origin_opens(ada: Any, settings: Any, origin: str) -> None:
    settings.CONVO_ALLOWED_ORIGINS = ["https://app.example.com/"]
    browser = log_in(ada)

    async def test() -> None:
        async with socket_of(browser, origin=origin) as socket:
            assert socket.frames[-1]["type"] == "pong"

    run(test())


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "",
        "null",
        "https://evil.example",
        "https://testserver.evil.example",
        "https://testserver:8443",
        "x" * 999,
    ],
)
def test_cookie_of_a_foreign_origin_is_refused(ada: Any, settings: Any, origin: str | None) -> None:
    settings.CONVO_ALLOWED_ORIGINS = ["https://app.example.com"]
    browser = log_in(ada)

    assert run(refusal_of(socket_of(browser, origin=origin))) == 4403


def test_cookie_of_a_host_that_is_not_ours_is_refused(ada: Any) -> None:
    socket = socket_of(log_in(ada), origin="http://evil.example")
    socket._headers["Host"] = "evil.example"

    assert run(refusal_of(socket)) == 4403


@pytest.mark.parametrize("cookie", [None, "", "sessionid=unknown", "sessionid=;;;=", "\x00=\xff"])
def test_nobody_is_refused(transactional_db: None, cookie: str | None) -> None:
    socket = socket_of(None)
    if cookie is not None:
        socket._headers["Cookie"] = cookie

    assert run(refusal_of(socket)) == 4401


def test_session_that_is_over_is_refused(ada: Any) -> None:
    browser = log_in(ada)
    browser.session.flush()

    assert run(refusal_of(socket_of(browser))) == 4401


def test_ticket_opens_from_any_origin_and_is_answered_with_the_protocol_alone(ada: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada, headers={"Origin": "https://evil.example"}) as socket:
            assert socket.frames[-1]["type"] == "pong"
            assert socket.subprotocol == "convo.v1"

    run(test())


def test_protocol_that_was_not_offered_is_not_answered(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada)

    async def test() -> None:
        async with SocketClient(subprotocols=[f"ticket.{ticket}"]) as socket:
            assert socket.frames[-1]["type"] == "pong"
            assert socket.subprotocol is None

    run(test())


def test_used_ticket_is_refused(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada)

    async def test() -> None:
        async with SocketClient(subprotocols=["convo.v1", f"ticket.{ticket}"]):
            pass
        assert await refusal_of(SocketClient(subprotocols=["convo.v1", f"ticket.{ticket}"])) == 4401

    run(test())


def test_late_ticket_is_refused(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada)
    Ticket.objects.update(expires_at=timezone.now() - timedelta(milliseconds=1))

    assert run(refusal_of(SocketClient(subprotocols=["convo.v1", f"ticket.{ticket}"]))) == 4401


@pytest.mark.parametrize("ticket", ["", "unknown", "x" * 10_000])
def test_unknown_ticket_is_refused(ada: Any, ticket: str) -> None:
    assert run(refusal_of(SocketClient(subprotocols=["convo.v1", f"ticket.{ticket}"]))) == 4401


def test_ticket_is_not_helped_by_a_cookie(ada: Any) -> None:
    socket = socket_of(log_in(ada))
    socket._subprotocols = ["convo.v1", "ticket.unknown"]

    assert run(refusal_of(socket)) == 4401


def test_ticket_of_a_deactivated_user_is_refused(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada)
    ada.is_active = False
    ada.save()

    assert run(refusal_of(SocketClient(subprotocols=[f"ticket.{ticket}"]))) == 4401


def test_ticket_of_a_banned_user_is_refused(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada)
    actions.impose_sanction(actor=None, user=ada, kind="ban")

    assert run(refusal_of(SocketClient(subprotocols=[f"ticket.{ticket}"]))) == 4423


def test_ticket_ends_with_the_token_by_which_it_was_asked_for(ada: Any) -> None:
    ticket = actions.issue_ticket(actor=ada, login_kind="authtoken.Token", login_key="gone")

    assert run(refusal_of(SocketClient(subprotocols=[f"ticket.{ticket}"]))) == 4401


def test_database_that_is_away_is_4503_at_the_ticket(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("away")

    async def test() -> None:
        ticket = await call(actions.issue_ticket, actor=ada)
        monkeypatch.setattr(actions, "redeem_ticket", fail)
        assert await refusal_of(SocketClient(subprotocols=[f"ticket.{ticket}"])) == 4503

    run(test())


def test_database_that_is_away_is_4503_at_the_conversations(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("away")

    monkeypatch.setattr(hub.selectors, "memberships", fail)

    assert run(refusal_of(SocketClient(ada))) == 4503


def test_database_that_goes_away_is_4503_at_a_frame(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise OperationalError("away")

    async def test() -> None:
        async with SocketClient(ada) as socket:
            monkeypatch.setattr(commands, "read_resumption", fail)
            await socket.send("resume")
            assert await code_of(socket) == 4503

    run(test())


async def closed_by(user: Any, *texts: str | bytes) -> int:
    """Return with which code a socket is closed that says this."""
    async with SocketClient(user) as socket, SocketClient(user) as other:
        for text in texts:
            await (socket.send_bytes(text) if isinstance(text, bytes) else socket.send_text(text))
        code = await code_of(socket)
        # One is closed; the server and the other go on.
        await other.send("ping", id="still here")
        await other.until("pong", id="still here")
        return code


def test_frame_that_is_too_large_is_4413_before_it_is_parsed(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []
    parse = commands.parse
    monkeypatch.setattr(commands, "parse", lambda text: (parsed.append(text), parse(text))[1])

    assert run(closed_by(ada, json.dumps({"type": "ping", "id": "x" * 1_048_576}))) == 4413
    assert max(map(len, parsed)) < 1_000


def test_frame_is_measured_in_bytes(ada: Any, settings: Any) -> None:
    settings.CONVO_REALTIME_MAX_FRAME_BYTES = 1_024

    assert run(closed_by(ada, json.dumps({"type": "ping", "x": "é" * 600}, ensure_ascii=False))) == 4413


def test_binary_frame_is_4415(ada: Any) -> None:
    assert run(closed_by(ada, b'{"type": "ping"}')) == 4415


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ping",
        "{",
        "[]",
        '["ping"]',
        "null",
        "1",
        '{"type": "ping", "x": NaN}',
        '{"type": "ping", "id": null}',
        '{"type": "ping", "id": true}',
        '{"type": "ping", "id": 1.5}',
        '{"type": "ping", "id": ["a"]}',
        '{"type": "ping", "id": {"a": 1}}',
        json.dumps({"type": "ping", "id": "x" * 65}),
        json.dumps({"type": "ping", "id": 2**63}),
        '{"type": "ping", "id": "\\u0000"}',
        '{"type": "ping", "id": "\\ud800"}',
        '{"type": ' + "[" * 100_000,
        "[" * 40 + "]" * 40,
    ],
    ids=range(19),
)
def test_malformed_frame_is_4400(ada: Any, text: str) -> None:
    assert run(closed_by(ada, text)) == 4400


@pytest.mark.parametrize("kind", ["nonsense", "", None, 1, ["ping"], {"ping": 1}, "message.created", "__class__"])
def test_unknown_type_is_an_error_and_nothing_worse(ada: Any, kind: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await socket.send_text(json.dumps({"type": kind, "id": 7}))
            assert await socket.receive() == {
                "type": "error",
                "id": 7,
                "code": "unknown_type",
                "detail": "There is no frame of this type.",
            }
            await socket.send("ping")
            await socket.until("pong")

    run(test())


def test_frame_without_a_type_is_an_error(ada: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await socket.send_text("{}")
            assert (await socket.receive())["code"] == "unknown_type"

    run(test())


def test_flood_is_4429(ada: Any, settings: Any) -> None:
    settings.CONVO_REALTIME_FRAMES_PER_SECOND = 2

    assert run(closed_by(ada, *['{"type": "ping"}'] * 7)) == 4429


def test_burst_within_the_allowance_is_answered_and_the_allowance_grows_back(ada: Any, settings: Any) -> None:
    settings.CONVO_REALTIME_FRAMES_PER_SECOND = 100

    async def test() -> None:
        async with SocketClient(ada) as socket:
            for burst in (280, 60):
                for number in range(burst):
                    await socket.send("ping", id=number)
                await socket.until("pong", id=burst - 1)
                await asyncio.sleep(0.6)
            assert socket.close_code is None

    run(test())


def test_connection_too_many_is_4409(ada: Any, bob: Any, settings: Any) -> None:
    settings.CONVO_REALTIME_MAX_CONNECTIONS = 2

    async def test() -> None:
        async with SocketClient(ada) as first, SocketClient(ada), SocketClient(bob):
            assert await refusal_of(SocketClient(ada)) == 4409
            await first.send("ping", id="still here")
            await first.until("pong", id="still here")
        async with SocketClient(ada) as again:
            assert again.close_code is None

    run(test())


def test_slow_reader_is_4408_with_bounded_memory_and_holds_nobody_up(
    ada: Any, bob: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_REALTIME_QUEUE_BYTES = 65_536
    sent = 40

    async def test() -> None:
        async with SocketClient(bob) as slow, SocketClient(bob) as quick:
            slow.stop_reading()
            waiting = next(
                item for item in get_hub().sessions_of(bob.pk) if item._send.__self__.base_send == slow._take
            )  # type: ignore[attr-defined]
            most = 0
            for _ in range(sent):
                await call(actions.send_message, actor=ada, conversation=group, body="x" * 8_000)
                await quick.until("message.created", timeout=20)
                most = max(most, waiting._size)
            assert waiting.is_closed
            assert most <= 65_536 + 10_000
            assert waiting._queue == type(waiting._queue)()
            slow._can_write.set()
            assert await code_of(slow) == 4408
            assert len(slow.frames) < sent

    run(test())


def test_reader_that_is_slow_for_a_while_gets_everything_in_order(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            socket.stop_reading()
            for number in range(10):
                await call(actions.send_message, actor=ada, conversation=group, body=str(number))
            await asyncio.sleep(0.1)
            socket._can_write.set()
            bodies = [(await socket.until("message.created"))["data"]["message"]["message_body"] for _ in range(10)]

        assert bodies == [str(number) for number in range(10)]

    run(test())


def test_client_that_hangs_up_while_its_frame_is_answered_does_no_harm(ada: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await socket.send("message.send", conversation=str(group.pk), message_body="last words", client_id="c")
        assert get_hub().sessions == {}

    run(test())
    group.refresh_from_db()
    assert group.last_seq == 1
