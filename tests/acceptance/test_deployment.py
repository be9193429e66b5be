"""The commands of docs/howto/deploy.md, as they stand there, on ports that are free."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import redis
from websockets.typing import Origin

from tests.acceptance.conftest import PATIENCE_SECONDS, Site, answer, frames
from tests.acceptance.server import ROOT
from tests.acceptance.storm.services import PROJECT, Service, Services
from tests.serving import HOST, START_SECONDS, answers, free_port, stop

pytestmark = pytest.mark.concurrency

PAGE = ROOT / "docs" / "howto" / "deploy.md"
NGINX = re.findall(r"^```nginx\n(.+?)\n```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
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
    """The page's nginx in front of them: without its certificate, and on a port of its own."""
    if shutil.which("nginx") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("There is no nginx.")
        pytest.skip("There is no nginx.")
    running, _ = deployed
    port = free_port()
    [servers] = NGINX
    for written, taken in (
        ("listen 443 ssl;", f"listen {HOST}:{port};"),
        (":8001;", f":{running.wsgi.port};"),
        (":8002;", f":{running.asgi[0].port};"),
    ):
        assert written in servers
        servers = servers.replace(written, taken)
    paths = "".join(
        f"{kind}_temp_path {tmp_path / kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"daemon off;\nerror_log stderr;\npid {tmp_path / 'nginx.pid'};\nevents {{}}\n"
        f"http {{\naccess_log off;\n{paths}{servers}\n}}\n"
    )
    front = Service(
        command=["nginx", "-e", "stderr", "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")],
        port=port,
        environment=dict(os.environ),
        log=running.log,
        is_ready=answers,
    )
    front.start()
    try:
        yield Services(environment=running.environment, log=running.log, asgi=[front], wsgi=front)
    finally:
        stop(front.process)


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
