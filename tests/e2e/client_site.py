"""The example under real uvicorn, and people in front of it: each in a Chromium profile of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.example.site import ROOT, Site
from tests.serving import STOP_SECONDS, free_port, wait_for

PASSWORD = "lantern-demo"
MAYA, TOMAS = "maya@lantern.example", "tomas@lantern.example"
CHROMIUM = os.environ.get("CONVO_CHROMIUM", "/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
# On a machine that others use too.
PATIENCE = 15_000
expect.set_options(timeout=PATIENCE)


@dataclass(kw_only=True)
class Server:
    """The example, served on one port, which can be killed and started again."""

    site: Site
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    clients: dict[str, httpx.Client] = field(default_factory=dict)
    # The cookies of those who have logged in by the form.
    cookies: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        with (self.site.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "error", "example_project/manage.py", "demo", "--port", str(self.port)],
                cwd=ROOT,
                env=self.site.environment(EXAMPLE_THROTTLES="off"),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        wait_for(self.process, self.port, self.site.folder / "server.log")

    def kill(self) -> None:
        """End it without a word, as a crash does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def api(self, email: str) -> httpx.Client:
        """Return a client for the API that speaks as somebody; the same one each time."""
        if email in self.clients:
            return self.clients[email]
        answer = httpx.post(
            f"{self.address}/api/token/", json={"username": email, "password": PASSWORD}, trust_env=False
        )
        assert answer.status_code == 200, answer.text
        headers = {"Authorization": f"Token {answer.json()['token']}"}
        client = httpx.Client(base_url=f"{self.address}/api", headers=headers, trust_env=False, timeout=30)
        self.clients[email] = client
        return client


@contextmanager
def serving(site: Site) -> Iterator[Server]:
    server = Server(site=site)
    server.start()
    try:
        yield server
    finally:
        for client in server.clients.values():
            client.close()
        server.kill()


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who is logged in, at a page of theirs."""

    server: Server
    email: str
    context: BrowserContext
    page: Page
    # What the page has complained of.
    complaints: list[str]

    def use(self, transport: str) -> None:
        """Let the page find no better transport than this one: `socket`, `stream` or `poll`."""
        names = {"socket": (), "stream": ("websocket_url",), "poll": ("websocket_url", "stream_url")}[transport]

        def answer(route: Route) -> None:
            config = route.fetch().json()
            route.fulfill(json={**config, **dict.fromkeys(names)})

        self.context.route("**/api/config/", answer)

    def open(self, conversation: str, query: str = "") -> None:
        self.page.goto(f"{self.server.address}/chat/c/{conversation}/{query}")
        # The rows of the server have been taken over.
        self.page.wait_for_function("document.querySelector('convo-thread')?.rows?.size > 0", timeout=PATIENCE)

    def write(self, text: str) -> None:
        self.page.locator("[data-body]").fill(text)
        self.page.locator("[data-body]").press("Enter")

    def row(self, text: str) -> Any:
        return self.page.locator(".convo-message", has_text=text)

    def bodies(self) -> list[str]:
        return self.page.locator(".convo-message [data-slot=body]").all_inner_texts()


# What the fixture `people` is: it takes an address, and options of the browser's.
LogIn = Callable[..., Person]


def log_in(browser: Browser, server: Server, email: str, **options: Any) -> Person:
    """Open a browser of somebody's own; the first of each person logs in by the form, the others have the cookie."""
    context = browser.new_context(**{"viewport": {"width": 1100, "height": 760}, **options})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    if email in server.cookies:
        context.add_cookies(server.cookies[email])
    else:
        page.goto(f"{server.address}/accounts/login/")
        page.fill("[name=username]:not([type=hidden])", email)
        page.fill("[type=password]", PASSWORD)
        page.press("[type=password]", "Enter")
        page.wait_for_url(lambda url: "/accounts/" not in url)
        server.cookies[email] = context.cookies()
    return Person(server=server, email=email, context=context, page=page, complaints=complaints)


def new_conversation(server: Server, owner: str, *others: str, title: str = "") -> str:
    """Create a conversation by the API and return its id."""
    users = [server.api(email).get("/users/me/").json()["user_id"] for email in others]
    body = {"participants": users, "kind": "group", "title": title or f"Talk {time.monotonic_ns()}"}
    answer = server.api(owner).post("/conversations/", json=body)
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["conversation_id"]
    return key


def send(server: Server, email: str, conversation: str, *bodies: str) -> None:
    for body in bodies:
        answer = server.api(email).post(f"/conversations/{conversation}/messages/", json={"message_body": body})
        assert answer.status_code == 201, answer.text


def said(server: Server, conversation: str, email: str = MAYA) -> list[str]:
    """Return the bodies of a conversation as the API has them, the oldest first."""
    page = server.api(email).get(f"/conversations/{conversation}/messages/?limit=200").json()
    return [row["message_body"] for row in reversed(page["results"])]
