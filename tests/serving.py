"""Servers that tests and benchmarks start: a port for one, waiting until it answers, and its end."""

from __future__ import annotations

import http.client
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 10
# How much of a server's log is told where it did not start.
LOG_CHARACTERS = 4_000


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Say whether something answers a request there, whatever it answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def wait_for(
    process: subprocess.Popen[bytes],
    port: int,
    log: Path | None = None,
    *,
    is_ready: Callable[[int], bool] = answers,
    seconds: float = START_SECONDS,
) -> None:
    """Wait until a server answers; raises AssertionError with the end of its log where it ended or does not."""
    deadline = time.monotonic() + seconds
    while not is_ready(port):
        said = "" if log is None else log.read_text(errors="replace")[-LOG_CHARACTERS:]
        assert process.poll() is None, f"the server ended with status {process.returncode}:\n{said}"
        assert time.monotonic() < deadline, f"nothing answered within {seconds} s:\n{said}"
        time.sleep(0.1)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a process, in an orderly way if it will."""
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
