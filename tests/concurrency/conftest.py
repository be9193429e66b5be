from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, TextIO

import pytest
from django.conf import settings
from django.db import connection

# Each with several threads, each thread with a connection: fifty of these are within what a server admits by default.
PROCESSES = 10


class Crowd:
    """Processes that carry out tasks at the same time."""

    def __init__(self, database: str) -> None:
        pairs = [socket.socketpair() for _ in range(PROCESSES)]
        theirs = [other.fileno() for _, other in pairs]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.concurrency.worker", database, *map(str, theirs)],
            pass_fds=theirs,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE},
        )
        for _, other in pairs:
            other.close()
        self.sockets = [own for own, _ in pairs]
        self.members = [own.makefile("rw") for own in self.sockets]

    def run(self, tasks: list[dict[str, Any]]) -> list[list[Any]]:
        """Carry out all tasks at once, spread over the processes; returns what each task returned, turn by turn."""
        shares = [tasks[number::PROCESSES] for number in range(PROCESSES)]
        busy = [(member, share) for member, share in zip(self.members, shares, strict=True) if share]
        for member, share in busy:
            self._write(member, json.dumps(share))
        for member, _ in busy:
            assert self._read(member) == "ready"
        for member, _ in busy:
            self._write(member, "go")
        return [result for member, _ in busy for result in self._read(member)]

    def close(self) -> None:
        for member, own in zip(self.members, self.sockets, strict=True):
            member.close()
            own.close()
        assert self.process.wait(timeout=30) == 0

    def _write(self, member: TextIO, line: str) -> None:
        member.write(line + "\n")
        member.flush()

    def _read(self, member: TextIO) -> Any:
        line = member.readline()
        assert line, f"the worker ended; all of them: {self.process.poll()}"
        return json.loads(line)


@pytest.fixture(scope="package")
def crowd(django_db_setup: None) -> Iterator[Crowd]:
    """One crowd for all tests: starting a process takes longer than what it then does."""
    crowd = Crowd(str(connection.settings_dict["NAME"]))
    yield crowd
    crowd.close()
