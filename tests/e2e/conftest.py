"""A browser for all tests of this folder, and the example for those that chat."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.example.site import Site

from .client_site import (
    ARGUMENTS,
    CHROMIUM,
    MAYA,
    TOMAS,
    LogIn,
    Person,
    Server,
    log_in,
    new_conversation,
    send,
    serving,
)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if not Path(CHROMIUM).exists() and os.environ.get("CI") != "true":
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The example, filled once for all: who tests has conversations of their own."""
    site = Site(folder=tmp_path_factory.mktemp("client"))
    finished = site.manage("demo", "--no-serve")
    assert finished.returncode == 0, finished.stderr
    with serving(site) as server:
        yield server


@pytest.fixture
def people(browser: Browser, server: Server) -> Iterator[LogIn]:
    """Log people in; in the end, none of their pages has complained."""
    there: list[Person] = []

    def enter(email: str, **options: object) -> Person:
        person = log_in(browser, server, email, **options)
        there.append(person)
        return person

    yield enter
    for person in there:
        assert person.complaints == []
        person.context.close()


@pytest.fixture
def talk(server: Server) -> str:
    """A conversation of the two with three messages."""
    key = new_conversation(server, MAYA, TOMAS)
    send(server, TOMAS, key, "one", "two")
    send(server, MAYA, key, "three")
    return key
