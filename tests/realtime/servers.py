"""Where hints travel in the tests of brokers: each kind of broker with a server of its own, which can go and come."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import pytest
from django.db import connection

LAYERS = {
    "pubsub": ("channels_redis.pubsub.RedisPubSubChannelLayer", {}),
    # More than the default of 100, beyond which this layer drops what nobody has taken.
    "redis": ("channels_redis.core.RedisChannelLayer", {"capacity": 5_000}),
}


class Place:
    """A kind of broker, and how its server goes away; the memory broker has none."""

    broker = "memory"
    has_processes = False
    tells_of_loss = False

    def layers(self) -> dict[str, Any]:
        return {}

    def go_away(self) -> None:
        """Take the server away."""

    def come_back(self) -> None:
        """Bring it back."""

    def close(self) -> None:
        """End what was begun."""

    def start(self, task: str, **options: Any) -> Worker:
        """Start a process that uses this broker."""
        options |= {
            "database": str(connection.settings_dict["NAME"]),
            "broker": self.broker,
            "layers": self.layers(),
        }
        return Worker(task, options)


class Postgres(Place):
    """PostgreSQL, which cuts the connections of whoever listens and publishes."""

    broker = "database"
    has_processes = True
    tells_of_loss = True

    def go_away(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND (query LIKE %s OR query LIKE %s)",
                ["%LISTEN%", "%pg_notify%"],
            )

    def close(self) -> None:
        # The connection by which hints are sent lasts as long as the process: the database could not be dropped.
        self.go_away()


class Redis(Place):
    """A Redis of one's own, on a port of its own."""

    broker = "channels"
    has_processes = True

    def __init__(self, layer: str) -> None:
        self._layer = layer
        self.tells_of_loss = layer == "redis"
        self._folder = tempfile.mkdtemp()
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self._port = found.getsockname()[1]
        self.come_back()

    def layers(self) -> dict[str, Any]:
        backend, options = LAYERS[self._layer]
        # redis-py 8 gives up a read after five seconds, which is as long as the second of the layers waits for one.
        host = {"address": f"redis://127.0.0.1:{self._port}", "socket_timeout": None}
        config = {"hosts": [host], **options}
        return {"default": {"BACKEND": backend, "CONFIG": config}}

    def go_away(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def come_back(self) -> None:
        self._process = _redis_server(self._port, self._folder)

    def close(self) -> None:
        self.go_away()
        shutil.rmtree(self._folder)


class Cluster(Place):
    """A Redis Cluster of one's own: whoever asks for the layer is sent to another of its nodes."""

    broker = "channels"
    has_processes = True

    def __init__(self) -> None:
        self._folder = tempfile.mkdtemp()
        self._ports = _cluster_ports()
        self._turns = itertools.cycle(self._ports)
        self.come_back()
        nodes = [f"127.0.0.1:{port}" for port in self._ports]
        command = ["redis-cli", "--cluster", "create", *nodes, "--cluster-yes"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def layers(self) -> dict[str, Any]:
        backend, _ = LAYERS["pubsub"]
        return {"default": {"BACKEND": backend, "CONFIG": {"hosts": [f"redis://127.0.0.1:{next(self._turns)}"]}}}

    def go_away(self) -> None:
        for process in self._processes:
            process.terminate()
            process.wait(10)

    def come_back(self) -> None:
        self._processes = [
            _redis_server(port, self._folder, "--cluster-enabled", "yes", "--cluster-config-file", f"{port}.conf")
            for port in self._ports
        ]

    def close(self) -> None:
        self.go_away()
        shutil.rmtree(self._folder)


def _redis_server(port: int, folder: str, *options: str) -> subprocess.Popen[bytes]:
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", folder, *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process
        time.sleep(0.05)
    raise AssertionError("Redis does not start")


def _cluster_ports() -> list[int]:
    """Return three free ports; a node speaks to the others at a port that is ten thousand higher."""
    with ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < 3:
            port = random.randrange(10_000, 30_000)
            try:
                for number in (port, port + 10_000):
                    stack.enter_context(socket.socket()).bind(("127.0.0.1", number))
            except OSError:
                continue
            ports.append(port)
        return ports


class Worker:
    """A process of `tests.realtime.worker`."""

    def __init__(self, task: str, options: dict[str, Any]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.realtime.worker", task, json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Worker:
        assert self.read() == "ready"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._process.kill()
        self._process.communicate(timeout=60)

    def go(self) -> None:
        """Let it begin."""
        assert self._process.stdin is not None
        self._process.stdin.write("go\n")
        self._process.stdin.flush()

    def read(self) -> Any:
        """Return its next result."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the worker ended with status {self._process.poll()}"
        return json.loads(line)


def place_of(name: str) -> Place:
    """Return the place of that name, with its server running."""
    if name == "memory":
        return Place()
    if name == "postgres":
        return Postgres()
    if shutil.which("redis-server") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("There is no redis-server.")
        pytest.skip("There is no redis-server.")
    return Cluster() if name == "cluster" else Redis(name)
