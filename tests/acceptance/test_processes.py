"""What real processes deliver that know nothing of each other but the database."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import ClientConnection

from tests.acceptance.conftest import SLACK_SECONDS, SWEEP_SECONDS, Site, answer, closing_code, frames
from tests.acceptance.storm.services import Service, asgi, wsgi

pytestmark = pytest.mark.concurrency

READERS = 50
SOCKETS_EACH = 10
LARGE = 10_000
# More than the queue holds, and than the kernel holds of it between server and client.
LARGE_MESSAGES = 240
QUEUE_KIB = 1_024


@pytest.fixture
def deadly(site: Site) -> Iterator[Service]:
    """A WSGI server of the same site that is killed wherever it should tell of a commit."""
    broken = wsgi(
        {**site.running.environment, "EXAMPLE_BROKER": "tests.acceptance.deadly.DeadlyBroker"}, site.running.log
    )
    broken.start()
    yield broken
    broken.stop()


def test_message_of_wsgi_arrives_within_the_sweep(site: Site) -> None:
    with site.socket(site.bob) as opened:
        assert answer(opened, {"type": "ping", "id": 1})
        body = f"by WSGI {time.monotonic()}"
        began = time.monotonic()
        site.send(body)
        frame = next(found for found in frames(opened) if found["type"] == "message.created")
        assert frame["data"]["message"]["message_body"] == body
        assert time.monotonic() - began < SWEEP_SECONDS + SLACK_SECONDS


def test_killed_between_commit_and_hint_is_delivered_once(site: Site, deadly: Service) -> None:
    with ExitStack() as stack:
        sockets = [stack.enter_context(site.socket(site.bob, service)) for service in site.running.asgi]
        for opened in sockets:
            assert answer(opened, {"type": "ping", "id": 1})
        body = f"the last words {time.monotonic()}"
        with pytest.raises(httpx.TransportError):
            httpx.post(
                f"{deadly.url}/api/conversations/{site.key}/messages/",
                json={"message_body": body},
                headers={"Authorization": f"Token {site.ada.token}"},
                trust_env=False,
            )
        for opened in sockets:
            found = list(frames(opened, SWEEP_SECONDS + SLACK_SECONDS))
            bodies = [
                frame["data"]["message"]["message_body"] for frame in found if frame["type"] == "message.created"
            ]
            assert bodies.count(body) == 1


def test_ticket_of_one_process_opens_a_socket_in_another(site: Site) -> None:
    first, second = site.running.asgi
    ticket = site.ticket(site.bob, first.url)
    with site.open(f"ticket.{ticket}", service=second) as opened:
        assert opened.subprotocol == "convo.v1"
        assert answer(opened, {"type": "ping", "id": 1})["type"] == "pong"


def test_readers_that_never_read_cost_no_more_than_their_queues(site: Site) -> None:
    # One person has at most twenty sockets.
    people = [site.directory.account(f"reader{number}") for number in range(-(-READERS // SOCKETS_EACH))]
    for person in people:
        body = {"user_id": person.user_id}
        site.api.expect(200, "POST", f"/conversations/{site.key}/add_participant/", account=site.ada, json=body)
    with ExitStack() as stack:
        service = asgi(site.running.environment, site.running.log)
        service.start()
        stack.callback(service.stop)
        sockets = [site.halted_socket(stack, people[number // SOCKETS_EACH], service) for number in range(READERS)]
        before = resident_kib(service)
        for number in range(LARGE_MESSAGES):
            # Four bytes a character: the queue counts characters, the kernel bytes.
            site.send(f"{number}".ljust(LARGE, "\N{DUCK}"))
        time.sleep(SWEEP_SECONDS + SLACK_SECONDS)
        # The texts are the same for everyone, so that they cost far less than each queue for itself.
        assert resident_kib(service) - before < READERS * QUEUE_KIB
        # They read again, and find out: with the code, or cut where they have not taken even that for ten seconds.
        with ThreadPoolExecutor(SOCKETS_EACH) as pool:
            assert set(pool.map(read_again, sockets)) <= {4408, 1006}
        with site.socket(people[0], service) as opened:
            assert answer(opened, {"type": "ping", "id": 1})["type"] == "pong"


def read_again(opened: ClientConnection) -> int:
    """Read all that was on its way, and return the code with which it ends."""
    opened.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, LARGE * LARGE_MESSAGES)
    return closing_code(opened)


def resident_kib(service: Service) -> int:
    """Return how much memory a process has."""
    status = Path(f"/proc/{service.process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
