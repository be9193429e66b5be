"""Server-sent events: the same frames, where WebSockets do not get through."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.db.backends.signals import connection_created

from django_convo import actions
from django_convo.realtime import hub, logins, outlets
from django_convo.testing.sockets import SocketClient, call, get_hub
from tests.people import make_group
from tests.realtime.away import age, cursor_of
from tests.realtime.conftest import eventually, run
from tests.realtime.opening import log_in
from tests.realtime.streams import StreamClient


def say(actor: Any, conversation: Any, *bodies: str) -> None:
    for body in bodies:
        actions.send_message(actor=actor, conversation=conversation, body=body)


def test_stream_says_what_it_is(ada: Any) -> None:
    browser = log_in(ada)

    async def test() -> None:
        async with StreamClient(browser) as stream:
            assert stream.status == 200
            assert stream.headers["content-type"] == "text/event-stream"
            assert stream.headers["x-accel-buffering"] == "no"
            assert stream.headers["cache-control"] == "private, no-store"
            sent = await stream.receive()
            assert sent.frame["type"] == "resumed"
            assert sent.id

    run(test())


def test_stream_brings_the_frames_of_a_socket(ada: Any, bob: Any, group: Any) -> None:
    browser = log_in(bob)

    async def test() -> None:
        async with StreamClient(browser) as stream, SocketClient(bob) as socket:
            await stream.until("resumed")
            await call(say, ada, group, "one", "two\nlines", "\u2028 and what breaks lines elsewhere")
            await call(actions.mark_read, actor=bob, conversation=group)
            new = await call(make_group, ada, bob)
            for kind in ["message.created"] * 3 + ["membership.updated", "conversation.joined"]:
                assert (await stream.until(kind)).frame == await socket.until(kind)
            await call(actions.leave, actor=bob, conversation=new)
            assert (await stream.until("conversation.left")).frame == await socket.until("conversation.left")

    run(test())


SEEN: list[bytes] = []


def looking_on(get_response: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Put something around a stream, as the middleware does that compresses."""

    async def seen(parts: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for part in parts:
            SEEN.append(part)
            yield part

    def middleware(request: Any) -> Any:
        response = get_response(request)
        response.streaming_content = seen(response.streaming_content)
        return response

    return middleware


def test_stream_goes_through_what_a_middleware_puts_around_it(ada: Any, settings: Any) -> None:
    browser = log_in(ada)
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.looking_on"]
    SEEN.clear()

    async def test() -> None:
        async with StreamClient(browser) as stream:
            await stream.until("resumed")

    run(test())
    assert b"resumed" in b"".join(SEEN)


def test_stream_answers_any_accept(ada: Any) -> None:
    browser = log_in(ada)

    async def test() -> None:
        async with StreamClient(browser, headers={"Accept": "text/event-stream"}) as stream:
            assert stream.status == 200

    run(test())


def test_stream_is_for_those_who_are_logged_in(transactional_db: None) -> None:
    async def test() -> None:
        async with StreamClient(None, headers={"Accept": "text/event-stream"}) as stream:
            assert stream.status in (401, 403)
            assert (await stream.body())["code"] == "not_authenticated"

    run(test())


@pytest.mark.parametrize("how", ["header", "query"])
def test_stream_resumes_from_an_id(ada: Any, bob: Any, group: Any, how: str) -> None:
    browser = log_in(bob)

    async def test() -> None:
        async with StreamClient(browser) as stream:
            await stream.until("resumed")
            await call(say, ada, group, "seen")
            last = (await stream.until("message.created")).id
            assert last
        await call(say, ada, group, "missed")
        new = await call(make_group, ada, bob)
        position: dict[str, Any] = (
            {"headers": {"Last-Event-ID": last}} if how == "header" else {"query": f"cursor={last}"}
        )
        async with StreamClient(browser, **position) as stream:
            frames = []
            while not frames or frames[-1]["type"] != "resumed":
                frames.append((await stream.receive()).frame)
            await call(say, ada, new, "and on")
            frames.append((await stream.until("message.created")).frame)

        shown = str(frames)
        assert "missed" in shown
        assert str(new.pk) in {frame.get("conversation_id") for frame in frames}
        assert frames[-1]["data"]["message"]["message_body"] == "and on"

    run(test())


def test_stream_that_is_cut_during_a_resumption_brings_the_rest(ada: Any, bob: Any, group: Any) -> None:
    missed = [f"missed {number}" for number in range(50)]
    say(ada, group, *missed)
    age(group)
    cursor = cursor_of(bob, minutes=11)
    browser = log_in(bob)

    async def test() -> None:
        shown: list[str] = []
        position: str | None = cursor
        for least in (1, 20, 50):
            async with StreamClient(browser, headers={"Last-Event-ID": position or cursor}) as stream:
                while len(shown) < least:
                    sent = await stream.until("message.created")
                    position = sent.id or position
                    body = sent.frame["data"]["message"]["message_body"]
                    shown += [] if body in shown else [body]
        assert shown == missed

    run(test())


def test_cursor_that_is_none_is_an_error_and_the_stream_goes_on(ada: Any, bob: Any, group: Any) -> None:
    browser = log_in(bob)

    async def test() -> None:
        async with StreamClient(browser, headers={"Last-Event-ID": "nonsense"}) as stream:
            assert (await stream.receive()).frame["code"] == "invalid_cursor"
            await call(say, ada, group, "hello")
            await stream.until("message.created")

    run(test())


def test_heart_beats_where_nothing_happens_and_moves_the_id(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "PING_INTERVAL", 0.1)
    browser = log_in(ada)

    async def test() -> None:
        async with StreamClient(browser) as stream:
            first = await stream.until("pong")
            get_hub().sweep.soon()
            await asyncio.sleep(0.1)
            beats = [await stream.until("pong", timeout=20) for _ in range(3)]

        assert first.frame["cursor"] == first.id
        assert beats[-1].id != first.id

    run(test())


def test_logout_closes_the_stream(ada: Any) -> None:
    browser = log_in(ada)

    async def test() -> None:
        async with StreamClient(browser) as stream:
            await stream.until("resumed")
            await call(browser.logout)
            closed = (await stream.until("closed", timeout=20)).frame
            assert (closed["code"], closed["reason"]) == (4401, "logged_out")
            await eventually(lambda: not get_hub().sessions)
            await asyncio.wait_for(stream.task, 1)

    run(test())


def test_stream_ends_with_the_session_of_its_cookie(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "RECHECK_SECONDS", 0.05)
    browser = log_in(ada)

    async def test() -> None:
        async with StreamClient(browser) as stream:
            await stream.until("resumed")
            await call(browser.session.flush)
            assert (await stream.until("closed")).frame["code"] == 4401

    run(test())


def test_stream_too_many_is_closed_with_4409(ada: Any, settings: Any) -> None:
    settings.CONVO_REALTIME_MAX_CONNECTIONS = 1
    browser = log_in(ada)

    async def test() -> None:
        async with SocketClient(ada), StreamClient(browser) as stream:
            assert (await stream.until("closed")).frame["code"] == 4409

    run(test())


def test_slow_reader_is_closed_with_bounded_memory_and_holds_nobody_up(
    ada: Any, bob: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_REALTIME_QUEUE_BYTES = 65_536
    browser = log_in(bob)

    async def test() -> None:
        async with StreamClient(browser) as stream, SocketClient(ada) as quick:
            await stream.until("resumed")
            (session,) = get_hub().sessions_of(bob.pk)
            stream.stop_reading()
            most = 0
            for _ in range(50):
                await call(say, ada, group, "x" * 8_000)
                await quick.until("message.created", timeout=20)
                most = max(most, session._size)
            assert session.is_closed
            assert most <= 65_536 + 10_000
            stream.read_again()
            assert (await stream.until("closed")).frame["code"] == 4408

    run(test())


def test_stream_keeps_no_thread(ada: Any) -> None:
    browser = log_in(ada)

    def threads() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if not thread.name.startswith("convo-hub")}

    async def test() -> None:
        before = threads()
        async with StreamClient(browser) as stream:
            await stream.until("resumed")
            await eventually(lambda: threads() <= before)

    run(test())


@pytest.mark.parametrize("is_reading", [True, False])
def test_client_who_hangs_up_leaves_nothing_behind(ada: Any, bob: Any, group: Any, is_reading: bool) -> None:
    browser = log_in(bob)

    async def test() -> None:
        async with StreamClient(browser) as stream:
            await stream.until("resumed")
            (session,) = get_hub().sessions_of(bob.pk)
            if not is_reading:
                stream.stop_reading()
                await call(say, ada, group, *[str(number) for number in range(40)])
                await eventually(lambda: session._writer is not None)
        assert get_hub().sessions == {}
        await eventually(lambda: session._writer is None)
        assert not session._queue

    run(test())


def test_database_that_is_away_closes_with_4503(ada: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any) -> Any:
        raise OperationalError("away")

    browser = log_in(ada)
    monkeypatch.setattr(hub.selectors, "memberships", fail)

    async def test() -> None:
        async with StreamClient(browser) as stream:
            assert (await stream.until("closed")).frame["code"] == 4503

    run(test())


@pytest.fixture
def opened() -> Iterator[list[Any]]:
    """The connections to the database that anybody but the hub opens meanwhile."""
    found: list[Any] = []

    def note(connection: Any, **kwargs: Any) -> None:
        if not threading.current_thread().name.startswith("convo-hub"):
            found.append(connection)

    connection_created.connect(note)
    yield found
    connection_created.disconnect(note)


def test_stream_keeps_no_connection_to_the_database(
    ada: Any, opened: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(connections.settings["default"], "CONN_MAX_AGE", 60)
    browser = log_in(ada)
    opened.clear()

    async def test() -> None:
        async with StreamClient(browser) as stream:
            await stream.until("resumed")
            assert opened
            assert [connection.connection for connection in opened] == [None] * len(opened)

    run(test())


def test_wsgi_answers_501(ada: Any) -> None:
    answer = log_in(ada).get("/api/stream/")

    assert answer.status_code == 501
    assert answer.json()["code"] == "no_stream"
    assert "/sync/" in answer.json()["detail"]
