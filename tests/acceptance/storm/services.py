"""What a storm runs on: a database, a Redis, two ASGI processes and one WSGI server, all of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import redis
from psycopg import sql

from tests.acceptance.server import MANAGE, ROOT
from tests.serving import HOST, answers, free_port, stop, wait_for

POSTGRES_URL = os.environ.get("CONVO_TEST_POSTGRES_URL", "postgres://root@127.0.0.1:5432/test")
PROJECT = MANAGE.parent
# Long enough for a machine with much else to do.
START_SECONDS = 180


@dataclass(kw_only=True)
class Service:
    """A process that can be killed and started again with the same command, on the same port."""

    command: list[str]
    port: int
    environment: dict[str, str]
    log: Path
    is_ready: Callable[[int], bool]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command, env=self.environment, cwd=PROJECT, stdout=output, stderr=output
            )
        wait_for(self.process, self.port, self.log, is_ready=self.is_ready, seconds=START_SECONDS)

    def kill(self) -> None:
        """End it without a chance to say anything."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        """End it in an orderly way."""
        stop(self.process)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"


@dataclass(kw_only=True)
class Services:
    """Everything that runs, and how it is reached."""

    environment: dict[str, str]
    log: Path
    asgi: list[Service] = field(default_factory=list)
    wsgi: Service
    redis: Service | None = None

    @property
    def database_url(self) -> str:
        return self.environment["DATABASE_URL"]

    @property
    def is_postgres(self) -> bool:
        return self.database_url.startswith("postgres")

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the example project's commands over the same database."""
        return subprocess.run(
            [sys.executable, str(MANAGE), *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def break_connections(self) -> int:
        """End every connection to the database, as a restart of PostgreSQL would; returns how many there were."""
        with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
            rows = connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [_name(self.database_url)]
            ).fetchall()
        return len(rows)


def _answers_redis(port: int) -> bool:
    try:
        with redis.Redis(host=HOST, port=port) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def python_path() -> str:
    """Return where the servers find the code that is to be shown, and nothing that lies elsewhere."""
    return os.pathsep.join([str(ROOT / "src"), str(PROJECT), str(ROOT)])


def asgi(environment: dict[str, str], log: Path, *, application: str = "example.asgi:application") -> Service:
    """Return an ASGI process as the docs say to run it."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", application, "--host", HOST, "--port", str(port), "--lifespan", "off"]
    command += ["--ws-max-size", "262144", "--ws-per-message-deflate", "false", "--timeout-graceful-shutdown", "5"]
    return _service([*command, "--log-level", "warning"], port, environment, log)


def wsgi(environment: dict[str, str], log: Path) -> Service:
    """Return a WSGI server of two processes."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "example.wsgi:application", "--bind", f"{HOST}:{port}"]
    command += ["--workers", "2", "--threads", "2", "--worker-tmp-dir", "/dev/shm", "--log-level", "warning"]
    return _service(command, port, environment, log)


def _service(command: list[str], port: int, environment: dict[str, str], log: Path) -> Service:
    return Service(command=command, port=port, environment=environment, log=log, is_ready=answers)


def redis_server(folder: Path) -> Service:
    """Return a Redis that keeps nothing."""
    port = free_port()
    command = ["redis-server", "--bind", HOST, "--port", str(port), "--dir", str(folder)]
    command += ["--save", "", "--appendonly", "no"]
    log = folder / "redis.log"
    return Service(command=command, port=port, environment=dict(os.environ), log=log, is_ready=_answers_redis)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Yield the URL of a new and empty database, which is gone afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'storm.sqlite3'}"
        return
    name = f"convo_storm_{uuid.uuid4().hex[:12]}"
    _administer(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(POSTGRES_URL)._replace(path=f"/{name}"))
    finally:
        _administer(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _administer(statement: sql.Composed) -> None:
    # On a connection for this alone: the server is restarted meanwhile.
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(statement)


@contextmanager
def services(
    *,
    broker: str,
    kind: str,
    history: str = "all",
    processes: int = 2,
    extra: dict[str, str] | None = None,
    log: Path | None = None,
) -> Iterator[Services]:
    """Migrate a database of its own, start everything, yield it, and end it; the servers write to the log."""
    with tempfile.TemporaryDirectory(prefix="storm-") as name, ExitStack() as stack:
        folder = Path(name)
        log = log or folder / "server.log"
        environment = {
            **os.environ,
            "DATABASE_URL": stack.enter_context(database(kind, folder)),
            "DJANGO_SETTINGS_MODULE": "example.settings",
            "EXAMPLE_BROKER": broker,
            "EXAMPLE_HISTORY": history,
            "EXAMPLE_THROTTLES": "off",
            "EXAMPLE_FAST_PASSWORDS": "on",
            "PYTHONPATH": python_path(),
            "PYTHONUNBUFFERED": "1",
            **(extra or {}),
        }
        found = Services(environment=environment, log=log, wsgi=wsgi(environment, log))
        if broker == "channels":
            found.redis = redis_server(folder)
            found.redis.start()
            stack.callback(found.redis.stop)
            environment["REDIS_URL"] = f"redis://{HOST}:{found.redis.port}/0"
        migrated = found.manage("migrate", "--verbosity", "0")
        if migrated.returncode:
            raise RuntimeError(migrated.stderr)
        found.asgi = [asgi(environment, log) for _ in range(processes)]
        for service in (*found.asgi, found.wsgi):
            service.start()
            stack.callback(service.stop)
        yield found


def _name(url: str) -> str:
    return urlsplit(url).path.lstrip("/")
