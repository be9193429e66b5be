"""Processes of the run: servers, whose CPU time and memory Linux tells, and helpers that are told what to do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.serving import free_port

_TICK = os.sysconf("SC_CLK_TCK")
_START_SECONDS = 30
_ANSWER_SECONDS = 300
_LONGEST_LINE = 2**24
# A server is idle when it has run for less than this share of a second, and is waited for so long at most.
_IDLE_SHARE = 0.04
_IDLE_SECONDS = 60


class Server:
    """A server process on loopback."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port

    def cpu_seconds(self) -> float:
        """Return for how long all threads of the process have run, by themselves and in the kernel."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICK

    def memory_kib(self) -> int:
        """Return how much of the machine's memory the process holds."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1])

    async def until_idle(self) -> None:
        """Wait until the process has nothing left to do."""
        for _ in range(_IDLE_SECONDS):
            before = self.cpu_seconds()
            await asyncio.sleep(1)
            if self.cpu_seconds() - before < _IDLE_SHARE:
                return


@asynccontextmanager
async def serve(command: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Server]:
    """Start a server; `{port}` in the command is where it is to listen."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        *(part.replace("{port}", str(port)) for part in command), env={**os.environ, **environment}
    )
    try:
        await _until_listening(process, port)
        yield Server(process.pid, port)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


class Helper:
    """A Python process that answers each line with a line, both JSON."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, do: str, **words: Any) -> dict[str, Any]:
        """Have something done; returns what is answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **words}).encode() + b"\n")
        line = await asyncio.wait_for(self._process.stdout.readline(), _ANSWER_SECONDS)
        if not line:
            raise RuntimeError(f"A helper stopped when it was asked to {do}.")
        answer: dict[str, Any] = json.loads(line)
        return answer


@asynccontextmanager
async def helper(module: str, environment: Mapping[str, str]) -> AsyncIterator[Helper]:
    """Start a helper."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LONGEST_LINE,
        env={**os.environ, **environment},
    )
    try:
        yield Helper(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _until_listening(process: asyncio.subprocess.Process, port: int) -> None:
    for _ in range(_START_SECONDS * 10):
        if process.returncode is not None:
            raise RuntimeError("A server stopped at its start.")
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.1)
    raise RuntimeError("A server does not answer.")
