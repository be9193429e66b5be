from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.acceptance.client import PASSWORD, Account, Api, Directory
from tests.acceptance.journal import Journal
from tests.acceptance.storm.services import Service, Services, services

LOGIN = "/accounts/login/"
PATIENCE_SECONDS = 30.0
# The sweep, and what a machine with more to do may add.
SWEEP_SECONDS = 2.0
SLACK_SECONDS = 6.0
SMALLEST_BUFFER = 4_096


class Site:
    """A running site without a broker, with somebody who talks and somebody who listens."""

    def __init__(self, running: Services) -> None:
        self.running = running
        self.journal = Journal()
        self.api = Api([running.wsgi.url], self.journal)
        self.directory = Directory(self.api, uuid.uuid4().hex[:12])
        self.ada, self.bob = self.directory.account("ada"), self.directory.account("bob")
        self.key = self.group()

    def group(self) -> str:
        """Return a new conversation of the two."""
        body = {"kind": "group", "title": "two", "participants": [self.bob.user_id]}
        key: str = self.api.expect(201, "POST", "/conversations/", account=self.ada, json=body)["conversation_id"]
        return key

    def send(self, text: str, **more: Any) -> dict[str, Any]:
        """Send as the first of the two, over HTTP to the WSGI server."""
        body = {"message_body": text, **more}
        path = f"/conversations/{self.key}/messages/"
        message: dict[str, Any] = self.api.expect(201, "POST", path, account=self.ada, json=body)
        return message

    def address(self, account: Account) -> str:
        """Return with what somebody logs in."""
        email: str = self.api.expect(200, "GET", "/users/me/", account=account)["email"]
        return email

    def cookie(self, account: Account) -> str:
        """Log in as a browser does, where the sockets are, and return its cookie."""
        url = self.running.asgi[0].url
        with httpx.Client(base_url=url, trust_env=False, follow_redirects=True) as browser:
            browser.get(LOGIN)
            form = {"username": self.address(account), "password": PASSWORD}
            browser.post(LOGIN, data=form, headers={"X-CSRFToken": browser.cookies["csrftoken"], "Referer": url})
            return f"sessionid={browser.cookies['sessionid']}"

    def execute(self, statement: str) -> None:
        """Change rows as no action does."""
        if self.running.is_postgres:
            with psycopg.connect(self.running.database_url) as connection:
                connection.execute(statement)
            return
        with closing(sqlite3.connect(self.running.database_url.removeprefix("sqlite:///"), timeout=10)) as database:
            database.execute(statement)
            database.commit()

    def ticket(self, account: Account, url: str | None = None) -> str:
        """Return a ticket, issued by the WSGI server or by another one."""
        answer = httpx.post(
            f"{url or self.running.wsgi.url}/api/ticket/",
            headers={"Authorization": f"Token {account.token}"},
            trust_env=False,
            timeout=PATIENCE_SECONDS,
        )
        ticket: str = answer.json()["ticket"]
        return ticket

    def socket(self, account: Account, service: Service | None = None, **options: Any) -> ClientConnection:
        """Open a socket of this account, with a ticket."""
        return self.open(f"ticket.{self.ticket(account)}", service=service, **options)

    def halted_socket(self, stack: ExitStack, account: Account, service: Service) -> ClientConnection:
        """Open a socket that takes one frame, and of what follows as little as a kernel can be made to take."""
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_BUFFER)
        raw.connect(("127.0.0.1", service.port))
        halted = stack.enter_context(self.socket(account, service, sock=raw, max_queue=1, ping_interval=None))
        # Registered, so that what is said from now on is for it.
        assert answer(halted, {"type": "ping", "id": 1})
        return halted

    def open(self, *protocols: str, service: Service | None = None, **options: Any) -> ClientConnection:
        """Open a socket with these subprotocols beside our own."""
        place = (service or self.running.asgi[0]).url.replace("http", "ws", 1)
        offered = [Subprotocol(name) for name in ("convo.v1", *protocols)]
        return connect(f"{place}/ws/convo/", subprotocols=offered, compression=None, proxy=None, **options)


def is_well(site: Site) -> bool:
    """Say whether a new socket is answered."""
    with site.socket(site.bob) as opened:
        return bool(answer(opened, {"type": "ping", "id": 1})["type"] == "pong")


def answer(opened: ClientConnection, frame: dict[str, Any]) -> dict[str, Any]:
    """Say something, and return the frame that answers it."""
    opened.send(json.dumps(frame))
    return next(found for found in frames(opened) if found.get("id") == frame["id"])


def frames(opened: ClientConnection, seconds: float = PATIENCE_SECONDS) -> Iterator[dict[str, Any]]:
    """Yield what comes within the time."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            yield json.loads(opened.recv(timeout=max(0.0, deadline - time.monotonic())))
        except TimeoutError:
            return


def closing_code(opened: ClientConnection) -> int:
    """Read until the server closes, and return its code."""
    try:
        for _ in frames(opened):
            pass
    except ConnectionClosed as closed:
        return 1006 if closed.rcvd is None else closed.rcvd.code
    raise AssertionError(f"the socket is still open after {PATIENCE_SECONDS} s")


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    kind = os.environ.get("CONVO_TEST_DATABASE", "sqlite")
    if kind == "mariadb":
        pytest.skip("what is delivered is the same on every database: SQLite and PostgreSQL are asked")
    if kind == "sqlite" and os.environ.get("CI") == "true":
        pytest.skip("what is delivered is the same on every database: with CI=true, PostgreSQL is there to be asked")
    with services(broker="memory", kind=kind) as running:
        found = Site(running)
        yield found
        found.api.close()
