"""Start the example project on a fresh database, as its README says, and stop it again."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.acceptance.expect import History
from tests.serving import free_port, stop, wait_for

ROOT = Path(__file__).resolve().parents[2]
MANAGE = ROOT / "example_project" / "manage.py"
# How much of the server's log is shown where something went wrong.
LOG_LINES = 40


def environment(database_file: Path, history: History) -> dict[str, str]:
    """Return the example's environment: no throttles, cheap passwords, a new SQLite file if no database is given."""
    return {
        "DATABASE_URL": f"sqlite:///{database_file}",
        **os.environ,
        "EXAMPLE_HISTORY": history,
        "EXAMPLE_THROTTLES": "off",
        # Hashing passwords slowly is right for a site, and would be most of what a replay measures.
        "EXAMPLE_FAST_PASSWORDS": "on",
        "PYTHONUNBUFFERED": "1",
    }


def show_end(log: Path) -> None:
    """Print what the server said last."""
    print("\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:]), file=sys.stderr)


@contextmanager
def example_project(history: History, count: int) -> Iterator[tuple[list[str], Path]]:
    """Migrate, serve from so many processes over one database, yield their base URLs and their log, and stop them.

    An error shows the end of the log.
    """
    with tempfile.TemporaryDirectory(prefix="replay-irc-") as name, ExitStack() as stack:
        folder = Path(name)
        log = folder / "server.log"
        output = stack.enter_context(log.open("ab"))
        command = [sys.executable, str(MANAGE), "demo", "--empty"]
        options: dict[str, Any] = {
            "env": environment(folder / "replay.sqlite3", history),
            "cwd": folder,
            "stdout": output,
            "stderr": output,
        }
        try:
            subprocess.run([*command, "--no-serve"], check=True, **options)
            urls = []
            for _ in range(count):
                port = free_port()
                process = subprocess.Popen([*command, "--port", str(port)], **options)
                stack.callback(stop, process)
                urls.append(f"http://127.0.0.1:{port}")
                wait_for(process, port)
            yield urls, log
        except Exception:
            show_end(log)
            raise
