"""A real server on loopback, and clients that keep it busy for a bounded time.

Server and clients share the machine, as the figures say; both are bounded in number.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from urllib.parse import quote

from django.db import connection
from tests.serving import free_port, stop, wait_for

from benchmarks.calls import HEADER, Request
from benchmarks.cpu import cpu_of

_HEADER_NAME = HEADER.removeprefix("HTTP_").replace("_", "-")


@dataclass(kw_only=True, slots=True)
class Load:
    """What clients saw: milliseconds of each answer by kind of request, and what was refused."""

    seconds: float = 0.0
    # CPU of the server's workers and of the database's backends, in milliseconds, over all answers.
    python: float = 0.0
    database: float = 0.0
    took: dict[str, list[float]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def answers(self) -> int:
        """How many there were."""
        return sum(map(len, self.took.values()))

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return self.answers / self.seconds if self.seconds else 0.0

    def all(self) -> list[float]:
        """Return every time, in order."""
        return sorted(time for times in self.took.values() for time in times)


def percentile(times: list[float], share: int) -> float:
    """Return the time that so many of a hundred stay within; times are sorted."""
    return times[min(len(times) - 1, len(times) * share // 100)] if times else 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Server:
    """Where it listens, and its processes."""

    port: int
    master: int

    def python_cpu(self) -> dict[int, float]:
        """Return for how many milliseconds each of its workers has run; none where the system does not tell."""
        children = Path(f"/proc/{self.master}/task/{self.master}/children")
        return {int(pid): cpu_of(pid) for pid in children.read_text().split()} if children.exists() else {}

    def database_cpu(self) -> dict[int, float]:
        """Return for how many milliseconds each of the database's processes has run; none where nobody tells."""
        if connection.vendor != "postgresql":
            return {}
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return {pid: cpu_of(pid) for (pid,) in cursor.fetchall()}


def _since(before: dict[int, float], after: dict[int, float]) -> float:
    """Return for how long the processes that are there have run meanwhile; some may be new."""
    return sum(ran - before.get(pid, 0.0) for pid, ran in after.items())


@contextmanager
def server(workers: int) -> Iterator[Server]:
    """Serve the data set that is connected to, with gunicorn's plain workers."""
    port = free_port()
    environment = {**os.environ, "CONVO_BENCHMARK_DATABASE": str(connection.settings_dict["NAME"])}
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", str(workers)]
    command += ["--log-level", "warning", "django.core.wsgi:get_wsgi_application()"]
    process = subprocess.Popen(command, env=environment)
    try:
        wait_for(process, port)
        yield Server(port=port, master=process.pid)
    finally:
        stop(process)


def drive(site: Server, draw: Callable[[], tuple[str, Request]], *, clients: int, seconds: float) -> Load:
    """Let so many clients ask what `draw` gives them, each as soon as it has its answer, for so long."""
    load = Load()
    python, database = site.python_cpu(), site.database_cpu()
    asyncio.run(_drive(site.port, draw, clients, seconds, load))
    load.python, load.database = _since(python, site.python_cpu()), _since(database, site.database_cpu())
    return load


async def _drive(port: int, draw: Callable[[], tuple[str, Request]], clients: int, seconds: float, load: Load) -> None:
    started = perf_counter()
    ends = started + seconds
    await asyncio.gather(*(_client(port, draw, ends, load) for _ in range(clients)))
    load.seconds = perf_counter() - started


async def _client(port: int, draw: Callable[[], tuple[str, Request]], ends: float, load: Load) -> None:
    while perf_counter() < ends:
        kind, request = draw()
        started = perf_counter()
        status = await ask(port, request)
        if 200 <= status < 300:
            load.took.setdefault(kind, []).append((perf_counter() - started) * 1000)
        else:
            load.failed[f"{kind} {status}"] += 1


async def ask(port: int, request: Request) -> int:
    """Ask on a connection of its own, which gunicorn's plain workers close after the answer."""
    content_type, body = request.content()
    query = f"?{request.query}" if request.query else ""
    head = (
        f"{request.method} {quote(request.path)}{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        f"{_HEADER_NAME}: {request.user}\r\nAccept: application/json\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head.encode() + body)
        answer = await reader.read()
    finally:
        writer.close()
    return int(answer[9:12])
