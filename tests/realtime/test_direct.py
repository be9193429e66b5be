"""Frames that are written past ASGI to uvicorn's sockets: the same bytes, and never more than a socket takes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from django_convo.realtime.direct import direct_write
from django_convo.realtime.sessions import Session
from django_convo.selectors.logins import Login

uvicorn = pytest.importorskip("uvicorn")
websockets = pytest.importorskip("websockets.asyncio.client")

TEXTS = ["", "hello", "x" * 125, "x" * 126, "ünïcödé 🙂" * 20, "y" * 70_000]


class Site:
    """A server with one application: it opens a session on its only socket, and hands it to the test."""

    def __init__(self, *, compression: bool = False, wrap: bool = False) -> None:
        self._wrap = wrap
        self.session: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self.send: Any = None
        config = uvicorn.Config(
            self._application,
            interface="asgi3",
            ws="websockets-sansio",
            ws_per_message_deflate=compression,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
        )
        self._server = uvicorn.Server(config)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]

    async def __aenter__(self) -> Site:
        self._task = asyncio.create_task(self._server.serve([self._listening]))
        while not self._server.started:
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.should_exit = True
        await self._task

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        if self._wrap:
            send = _wrapped(send)
        self.send = send
        await receive()
        await send({"type": "websocket.accept"})

        def write(text: str) -> Awaitable[None]:
            done: Awaitable[None] = send({"type": "websocket.send", "text": text})
            return done

        async def close(code: int) -> None:
            await send({"type": "websocket.close", "code": int(code)})

        session = Session(None, Login(user_id=1), send=write, close=close, take=direct_write(send))
        self.session.set_result(session)
        while (await receive())["type"] != "websocket.disconnect":
            pass


def _wrapped(send: Any) -> Callable[[Any], Awaitable[None]]:
    async def wrapped(message: Any) -> None:
        await send(message)

    return wrapped


def run(test: Any) -> None:
    asyncio.run(asyncio.wait_for(test(), 20))


@pytest.mark.parametrize("way", ["direct", "compressed", "wrapped"])
def test_frames_arrive_as_by_asgi(way: str) -> None:
    async def test() -> None:
        async with (
            Site(compression=way == "compressed", wrap=way == "wrapped") as site,
            websockets.connect(f"ws://127.0.0.1:{site.port}/") as client,
        ):
            session = await site.session
            assert (direct_write(site.send) is None) == (way != "direct")
            for text in TEXTS:
                session.push(text)
            assert [await client.recv() for _ in TEXTS] == TEXTS

    run(test)


def test_reader_who_stops_is_waited_for_and_gets_everything_in_order() -> None:
    async def test() -> None:
        async with Site() as site, websockets.connect(f"ws://127.0.0.1:{site.port}/", max_queue=1) as client:
            session = await site.session
            take = direct_write(site.send)
            assert take is not None
            texts = [f"{number:>8192}" for number in range(2_000)]
            limit = 0
            while limit < len(texts) and take(texts[limit]):
                limit += 1
                await asyncio.sleep(0)
            # What the sockets of the system and the buffer of the server hold, and no more.
            assert 0 < limit < len(texts)
            rest = texts[limit : limit + 100]
            for text in rest:
                session.push(text)
            assert not session.is_closed
            found = [await client.recv() for _ in range(limit + len(rest))]
            assert found == texts[: limit + len(rest)]

    run(test)


@pytest.mark.parametrize("is_cut", [True, False])
def test_socket_that_is_gone_takes_nothing(is_cut: bool) -> None:
    async def test() -> None:
        async with Site() as site:
            async with websockets.connect(f"ws://127.0.0.1:{site.port}/") as client:
                await site.session
                take = direct_write(site.send)
                assert take is not None
                assert take("hello")
                if is_cut:
                    client.transport.abort()
            while take("hello"):
                await asyncio.sleep(0.01)

    run(test)


def test_server_that_closes_takes_nothing() -> None:
    async def test() -> None:
        async with Site() as site, websockets.connect(f"ws://127.0.0.1:{site.port}/"):
            await site.session
            take = direct_write(site.send)
            assert take is not None
            await site.send({"type": "websocket.close", "code": 4408})
            assert not take("hello")

    run(test)


def test_other_servers_are_left_alone() -> None:
    async def send(message: Any) -> None:
        pass

    assert direct_write(send) is None
    assert direct_write(asyncio.Queue[Any]().put) is None
