from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

# Each with several threads, each thread with a connection: fifty of these are within what a server admits by default.
PROCESSES = 10


class Crowd:
    """Processes that carry out tasks at the same time."""

    def __init__(self, database: str) -> None:
        environment = os.environ | {"DJANGO_SETTINGS_MODULE": settings.SETTINGS_MODULE}
        self.processes = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.concurrency.worker", database],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                env=environment,
            )
            for _ in range(PROCESSES)
        ]

    def run(self, tasks: list[dict[str, Any]]) -> list[list[Any]]:
        """Carry out all tasks at once, spread over the processes; returns what each task returned, turn by turn."""
        shares = [tasks[number::PROCESSES] for number in range(PROCESSES)]
        busy = [(process, share) for process, share in zip(self.processes, shares, strict=True) if share]
        for process, share in busy:
            self._write(process, json.dumps(share))
        for process, _ in busy:
            assert self._read(process) == "ready"
        for process, _ in busy:
            self._write(process, "go")
        return [result for process, _ in busy for result in self._read(process)]

    def close(self) -> None:
        for process in self.processes:
            process.communicate(timeout=30)

    def _write(self, process: subprocess.Popen[str], line: str) -> None:
        assert process.stdin is not None
        process.stdin.write(line + "\n")
        process.stdin.flush()

    def _read(self, process: subprocess.Popen[str]) -> Any:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, f"the worker ended with status {process.poll()}"
        return json.loads(line)


@pytest.fixture(scope="package")
def crowd(django_db_setup: None) -> Iterator[Crowd]:
    """One crowd for all tests: starting a process takes longer than what it then does."""
    crowd = Crowd(str(connection.settings_dict["NAME"]))
    yield crowd
    crowd.close()
