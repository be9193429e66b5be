"""How tests open sockets by a cookie, and see one refused."""

from __future__ import annotations

import contextlib
from typing import Any

from django.conf import settings
from django.test import Client

from django_convo.testing.sockets import Closed, SocketClient


def log_in(user: Any) -> Client:
    """Return a browser in which the user is logged in."""
    browser = Client()
    browser.force_login(user)
    return browser


def socket_of(browser: Client | None, *, origin: str | None = "http://testserver", **options: Any) -> SocketClient:
    """Return a socket as a page of that origin opens it in the browser."""
    headers = {"Host": "testserver"}
    if browser is not None:
        headers["Cookie"] = f"other=1; {settings.SESSION_COOKIE_NAME}={browser.session.session_key}"
    if origin is not None:
        headers["Origin"] = origin
    return SocketClient(headers=headers, subprotocols=["convo.v1"], **options)


async def code_of(socket: SocketClient, *, seconds: float = 5) -> int:
    """Return with which code the server closes the socket, soon."""
    while socket.close_code is None:
        with contextlib.suppress(Closed):
            await socket.receive(timeout=seconds)
    return socket.close_code


async def refusal_of(socket: SocketClient) -> int:
    """Return with which code the server refuses to open the socket, before it has said anything."""
    async with socket:
        code = await code_of(socket)
        assert socket.frames == []
        return code
