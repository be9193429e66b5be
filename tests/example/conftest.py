"""One filled and served example for all tests of this folder; they need the `demo` extra."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest

from tests.example.site import Site

PASSWORD = "lantern-demo"
Browser = Callable[[str], httpx.Client]
Caller = Callable[[str], httpx.Client]


@dataclass(frozen=True, kw_only=True, slots=True)
class Filling:
    """What the command has made."""

    site: Site
    printed: str
    counts: dict[str, int]
    said: list[str]


@pytest.fixture(scope="session")
def filling(tmp_path_factory: pytest.TempPathFactory) -> Filling:
    """The example after the command, and what that printed; nothing has been done with it yet."""
    site = Site(folder=tmp_path_factory.mktemp("example"))
    finished = site.manage("demo", "--no-serve")
    assert finished.returncode == 0, finished.stderr
    bodies = site.rows("SELECT message_body FROM django_convo_message ORDER BY message_id")
    return Filling(site=site, printed=finished.stdout, counts=site.counts(), said=[body for (body,) in bodies])


@pytest.fixture(scope="session")
def site(filling: Filling) -> Site:
    """The filled example."""
    return filling.site


@pytest.fixture(scope="session")
def address(site: Site) -> Iterator[str]:
    """Where the filled example is served."""
    with site.served() as address:
        yield address


@pytest.fixture
def browser(address: str) -> Iterator[Browser]:
    """Log somebody in by the site's own form and return their client, its CSRF token in every request."""
    opened = []

    def log_in(email: str) -> httpx.Client:
        client = httpx.Client(base_url=address, trust_env=False, follow_redirects=True)
        opened.append(client)
        form = client.get("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form.text)
        assert token is not None
        answer = client.post(
            "/accounts/login/", data={"csrfmiddlewaretoken": token[1], "username": email, "password": PASSWORD}
        )
        assert answer.url.path == "/", answer.text
        client.headers["X-CSRFToken"] = client.cookies["csrftoken"]
        return client

    yield log_in
    for client in opened:
        client.close()


@pytest.fixture
def caller(address: str) -> Iterator[Caller]:
    """Fetch somebody a token and return their client for the API."""
    opened = []

    def fetch(email: str) -> httpx.Client:
        client = httpx.Client(base_url=f"{address}/api", trust_env=False)
        opened.append(client)
        answer = client.post("/token/", json={"username": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        client.headers["Authorization"] = f"Token {answer.json()['token']}"
        return client

    yield fetch
    for client in opened:
        client.close()
