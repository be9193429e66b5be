"""PostgreSQL is restarted, and crashes, while people send: what was accepted stays, the rest is sent again."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.client import Account, Api, Directory
from tests.acceptance.conftest import PATIENCE_SECONDS
from tests.acceptance.journal import Journal
from tests.acceptance.storm.services import Services, services
from tests.serving import HOST, free_port

SENDERS = 6
# The server is restarted once so many messages have been accepted.
RESTARTED_AT = {60: "fast", 150: "immediate"}
ENOUGH = 240
MOST_TRIES = 200


def _binaries() -> Path | None:
    found = shutil.which("pg_ctl") or next(map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))), None)
    return None if found is None else Path(found).parent


BINARIES = _binaries()
pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.skipif(
        os.environ.get("CONVO_TEST_DATABASE") != "postgres" or BINARIES is None,
        reason="needs PostgreSQL's own programs, to start one that may be restarted",
    ),
]


class Postgres:
    """A server of our own."""

    def __init__(self, folder: Path) -> None:
        self.data, self.port = folder / "data", free_port()
        # It refuses to run as root.
        self.user = "postgres" if os.geteuid() == 0 else None
        if self.user:
            shutil.chown(folder, self.user)
        self._run("initdb", "--auth", "trust", "--username", "postgres", "--no-sync")

    def control(self, action: str, *arguments: str) -> None:
        """Start, stop or restart it, and wait until that is done."""
        options = f"-p {self.port} -k {self.data.parent} -c listen_addresses={HOST}"
        self._run("pg_ctl", action, "-w", "-l", str(self.data.parent / "postgres.log"), "-o", options, *arguments)

    def restart_under_sends(self, mode: str) -> None:
        """Hold what they write to until some of them wait for it, and restart then: they are cut off."""
        import psycopg

        with closing(psycopg.connect(self.url)) as holder:
            holder.execute("SELECT FROM django_convo_conversation FOR UPDATE")
            ends = time.monotonic() + PATIENCE_SECONDS
            while not holder.execute("SELECT FROM pg_locks WHERE NOT granted").fetchall():
                assert time.monotonic() < ends, "nobody sends"
                time.sleep(0.01)
            self.control("restart", "-m", mode)

    @property
    def url(self) -> str:
        return f"postgres://postgres@{HOST}:{self.port}/postgres"

    def _run(self, program: str, *arguments: str) -> None:
        assert BINARIES is not None
        command = [str(BINARIES / program), "-D", str(self.data), *arguments]
        # No pipes: the server that is started would hold them open.
        done = subprocess.run(command, user=self.user, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        assert done.returncode == 0, command


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="convo-postgres-") as name:
        found = Postgres(Path(name))
        found.control("start")
        yield found
        found.control("stop", "-m", "immediate")


@pytest.fixture(scope="module")
def running(postgres: Postgres) -> Iterator[Services]:
    with services(broker="memory", kind="sqlite", processes=1, extra={"DATABASE_URL": postgres.url}) as found:
        yield found


class Sending:
    """Several people who send at once, each message until it is accepted."""

    def __init__(self, url: str, key: str, account: Account) -> None:
        self.url = f"{url}/api/conversations/{key}/messages/"
        self.headers = {"Authorization": f"Token {account.token}"}
        self.accepted: dict[str, dict[str, Any]] = {}
        self.refused: list[int | None] = []
        self.is_over = False
        self.changed = threading.Condition()

    def work(self, name: str) -> None:
        number = 0
        while not self.is_over:
            number += 1
            self._send(f"{name} {number}")

    def _send(self, text: str) -> None:
        for _ in range(MOST_TRIES):
            status, message = self._post(text)
            with self.changed:
                if message is not None:
                    self.accepted[text] = message
                    self.changed.notify_all()
                    return
                self.refused.append(status)
                self.changed.wait(0.05)
        raise AssertionError(f"{text} was never accepted")

    def _post(self, text: str) -> tuple[int | None, dict[str, Any] | None]:
        body = {"message_body": text, "client_id": text}
        try:
            answer = httpx.post(self.url, json=body, headers=self.headers, timeout=PATIENCE_SECONDS, trust_env=False)
        except httpx.TransportError:
            return None, None
        return answer.status_code, answer.json() if answer.status_code in (200, 201) else None

    def wait_for(self, many: int) -> None:
        """Wait until so many were accepted."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.accepted) >= many, timeout=120)


def test_restarts_lose_nothing_that_was_accepted(postgres: Postgres, running: Services) -> None:
    journal = Journal()
    api = Api([running.wsgi.url], journal)
    ada, bob = (Directory(api, name).account(name) for name in ("ada", "bob"))
    body = {"kind": "group", "title": "two", "participants": [bob.user_id]}
    key = api.expect(201, "POST", "/conversations/", account=ada, json=body)["conversation_id"]
    # Both ways to serve REST: workers with a pool each, and one event loop.
    places = [running.wsgi.url, running.asgi[0].url]
    sendings = [Sending(url, key, ada) for url in places]
    with ExitStack() as stack:
        threads = [
            threading.Thread(target=sending.work, args=(f"{place}.{number}",))
            for place, sending in enumerate(sendings)
            for number in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
            stack.callback(thread.join)
        stack.callback(lambda: [setattr(sending, "is_over", True) for sending in sendings])
        for many, mode in RESTARTED_AT.items():
            for sending in sendings:
                sending.wait_for(many)
            postgres.restart_under_sends(mode)
        for sending in sendings:
            # By the same processes.
            sending.wait_for(ENOUGH)
    assert running.wsgi.process.poll() is None
    assert running.asgi[0].process.poll() is None
    refused = {status for sending in sendings for status in sending.refused}
    assert refused <= {500, 503, None}
    # Those who were cut off.
    assert refused
    accepted = {text: message for sending in sendings for text, message in sending.accepted.items()}
    rows = api.rows(f"/conversations/{key}/messages/", account=bob, params={"limit": 200})
    assert {row["message_body"]: row["message_id"] for row in rows} == {
        text: message["message_id"] for text, message in accepted.items()
    }
    assert [row["seq"] for row in rows] == list(range(len(accepted), 0, -1))
    assert all(message["seq"] for message in accepted.values())
    verified = running.manage("convo_verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    api.close()
