"""The commands of docs/howto/deploy.md, as they stand there, on ports that are free."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import redis
from websockets.typing import Origin

from tests import proxy
from tests.acceptance.conftest import PATIENCE_SECONDS, Site, answer, frames
from tests.acceptance.server import ROOT
from tests.acceptance.storm.services import PROJECT, Service, Services
from tests.serving import HOST, START_SECONDS, answers, free_port, stop

pytestmark = pytest.mark.concurrency

PAGE = ROOT / "docs" / "howto" / "deploy.md"
# Who sends at once, where nginx has four places.
CROWD = 40
COMMANDS = re.findall(r"^```bash\n(.+?)\n```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)


def commands(*programs: str) -> list[list[str]]:
    """Return the page's commands that begin with these programs, the last of each, in the order of the page."""
    found = {command.split()[0]: shlex.split(command) for command in COMMANDS}
    return [found[program] for program in programs]


@pytest.fixture
def deployed(site: Site, tmp_path: Path) -> Iterator[tuple[Services, int]]:
    """Gunicorn, uvicorn and Redis by the page's commands, over the database of the other tests."""
    ports: dict[str, int] = {}

    def own_port(match: re.Match[str]) -> str:
        return str(ports.setdefault(match[0], free_port()))

    lines = [
        [re.sub(r"\b(6379|800\d)\b", own_port, word) for word in command]
        for command in commands("redis-server", "gunicorn", "uvicorn")
    ]
    environment = {
        **{name: value for name, value in site.running.environment.items() if name != "EXAMPLE_BROKER"},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "REDIS_URL": f"redis://{HOST}:{ports['6379']}/0",
    }
    log = tmp_path / "server.log"
    with ExitStack() as stack:
        output = stack.enter_context(log.open("ab"))
        for line in lines:
            # Redis leaves a file behind where it runs, should it be told to save after all.
            place = tmp_path if line[0] == "redis-server" else PROJECT
            process = subprocess.Popen(line, cwd=place, env=environment, stdout=output, stderr=output)
            stack.callback(stop, process)
        deadline = time.monotonic() + START_SECONDS
        while not (answers(ports["8001"]) and answers(ports["8002"])):
            assert time.monotonic() < deadline, log.read_text()[-2_000:]
            time.sleep(0.2)
        rest, sockets = (
            Service(command=[], port=ports[port], environment=environment, log=log, is_ready=answers)
            for port in ("8001", "8002")
        )
        yield Services(environment=environment, log=log, asgi=[sockets], wsgi=rest), ports["6379"]


def test_documented_commands_deliver(deployed: tuple[Services, int]) -> None:
    running, redis_port = deployed
    deployment = Site(running)
    with deployment.socket(deployment.bob) as opened:
        assert answer(opened, {"type": "ping", "id": 1})["type"] == "pong"
        with redis.Redis(host=HOST, port=redis_port) as client:
            assert client.pubsub_channels("*convo.*"), "nobody listens to Redis"
        deployment.send("by the page")
        frame = next(found for found in frames(opened) if found["type"] == "message.created")
        assert frame["data"]["message"]["message_body"] == "by the page"
    deployment.api.close()


@pytest.fixture
def nginx(deployed: tuple[Services, int], tmp_path: Path) -> Iterator[Services]:
    """The page's nginx in front of them, with few places."""
    if not proxy.is_installed():
        if os.environ.get("CI") == "true":
            pytest.fail("There is no nginx.")
        pytest.skip("There is no nginx.")
    running, _ = deployed
    with proxy.nginx(tmp_path, rest=running.wsgi.port, sockets=running.asgi[0].port, at_once=4) as port:
        front = Service(command=[], port=port, environment=running.environment, log=running.log, is_ready=answers)
        yield Services(environment=running.environment, log=running.log, asgi=[front], wsgi=front)


def test_documented_nginx_passes_rest_sockets_and_streams(nginx: Services) -> None:
    deployment = Site(nginx)
    url = nginx.wsgi.url
    cookie = {"Cookie": deployment.cookie(deployment.bob)}
    with ExitStack() as stack:
        # By the cookie, which is taken only if nginx leaves Origin and Host as the browser said them.
        opened = stack.enter_context(deployment.open(additional_headers=cookie, origin=Origin(url)))
        stream = stack.enter_context(
            httpx.stream("GET", f"{url}/api/stream/", headers=cookie, trust_env=False, timeout=PATIENCE_SECONDS)
        )
        assert stream.status_code == 200
        lines = stream.iter_lines()
        assert answer(opened, {"type": "ping", "id": 1})["type"] == "pong"
        deployment.send("through nginx")
        frame = next(found for found in frames(opened) if found["type"] == "message.created")
        assert frame["data"]["message"]["message_body"] == "through nginx"
        assert next(line for line in lines if "through nginx" in line)
    deployment.api.close()


def test_documented_nginx_refuses_what_it_has_no_place_for(nginx: Services) -> None:
    deployment = Site(nginx)
    url = f"{nginx.wsgi.url}/api/conversations/{deployment.key}/messages/"
    headers = {"Authorization": f"Token {deployment.ada.token}"}

    def send(number: int) -> httpx.Response:
        body = {"message_body": f"one of many {number}", "client_id": f"crowd-{number}"}
        return httpx.post(url, json=body, headers=headers, trust_env=False, timeout=PATIENCE_SECONDS)

    with ThreadPoolExecutor(CROWD) as pool:
        first = list(pool.map(send, range(CROWD)))
    refused = [number for number, response in enumerate(first) if response.status_code != 201]
    assert refused, "all of them had a place"
    for number in refused:
        assert (first[number].status_code, first[number].headers["Retry-After"]) == (503, "1")
        assert first[number].json() == {"detail": "Try again in a moment.", "code": "try_again"}
    # Sent again one after the other, as whoever waits does, each is there once.
    assert [send(number).status_code for number in range(CROWD)] == [
        201 if number in refused else 200 for number in range(CROWD)
    ]
    found = deployment.api.expect(200, "GET", f"/conversations/{deployment.key}/messages/", account=deployment.bob)
    bodies = [row["message_body"] for row in found["results"] if row["message_body"].startswith("one of many")]
    assert sorted(bodies) == sorted(f"one of many {number}" for number in range(CROWD))
    deployment.api.close()
