"""A process is killed at each step of a send: all that it wrote is there, or nothing, and a retry completes it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx
import pytest

from tests.acceptance.conftest import PATIENCE_SECONDS, Site
from tests.acceptance.storm.services import Service
from tests.serving import HOST, answers, free_port

pytestmark = [
    pytest.mark.concurrency,
    pytest.mark.skipif(
        os.environ.get("CONVO_TEST_DATABASE") != "postgres" and "CONVO_EVERY_FAULT" not in os.environ,
        reason="PostgreSQL has both ways of a send; elsewhere with CONVO_EVERY_FAULT",
    ),
]


@pytest.fixture
def mortal(site: Site) -> Iterator[Service]:
    """A server whose one worker dies when it is told to, and is there again at once."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "tests.acceptance.mortal:application", "--bind", f"{HOST}:{port}"]
    command += ["--workers", "1", "--preload", "--worker-tmp-dir", "/dev/shm", "--log-level", "critical"]
    service = Service(
        command=command,
        port=port,
        environment=site.running.environment,
        log=site.running.log,
        is_ready=answers,
    )
    service.start()
    yield service
    service.stop()


class Sender:
    """Sends, each message with a `client_id` of its own."""

    def __init__(self, site: Site, service: Service) -> None:
        self.key = site.group()
        self.url = f"{service.url}/api/conversations/{self.key}/messages/"
        self.headers = {"Authorization": f"Token {site.ada.token}"}
        self.sent: list[str] = []

    def post(self, text: str, die: str | None = None, **body: Any) -> httpx.Response | None:
        """Send; None where the server was gone before it answered."""
        headers = self.headers | ({"X-Die": die} if die else {})
        body = {"message_body": text, "client_id": text, **body}
        try:
            return httpx.post(self.url, json=body, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
        except httpx.TransportError:
            return None

    def dies(self, die: str, **body: Any) -> int | None:
        """Send to a server that dies there, then again; returns how the retry was answered, None where it lived."""
        text = f"{die} {len(self.sent)}"
        self.sent.append(text)
        first = self.post(text, die, **body)
        if first is not None:
            assert first.status_code == 201
            return None
        retry = self.post(text, **body)
        assert retry is not None
        assert retry.status_code in (200, 201), retry.text
        again = self.post(text, **body)
        assert again is not None
        assert (again.status_code, again.json()["message_id"]) == (200, retry.json()["message_id"])
        return retry.status_code


# Words alone, which are one statement where the database can; and what takes the longer way everywhere.
@pytest.mark.parametrize("is_naming", [False, True])
def test_killed_at_each_step_a_retry_makes_one(site: Site, mortal: Service, is_naming: bool) -> None:
    sender = Sender(site, mortal)
    body = {"mentions": [site.bob.user_id]} if is_naming else {}
    # Before the first; after each, which is before the next.
    assert sender.dies("before 1", **body) == 201
    retried = []
    for number in count(1):
        status = sender.dies(f"after {number}", **body)
        if status is None:
            break
        retried.append(status)
    assert len(retried) > 1
    # Once it is there, it is there at every later step.
    assert retried == sorted(retried, reverse=True)
    assert sender.dies("before commit", **body) in (201, None)
    # Where there is no transaction, nobody dies at its end.
    assert sender.dies("after commit", **body) in (200, None)
    if is_naming:
        assert sender.dies("after commit", **body) == 200
    rows = site.api.rows(f"/conversations/{sender.key}/messages/", account=site.bob)
    assert [row["message_body"] for row in rows] == list(reversed(sender.sent))
    assert [row["seq"] for row in rows] == list(range(len(rows), 0, -1))
    verified = site.running.manage("convo_verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
