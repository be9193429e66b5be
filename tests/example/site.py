"""The example project as its README runs it: a command in another process, on a database of its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.serving import free_port, stop, wait_for

ROOT = Path(__file__).resolve().parents[2]
COMMAND_SECONDS = 120
# What a developer's shell may hold and a test must not see.
OURS = ("DATABASE_URL", "REDIS_URL", "DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DJANGO_SETTINGS_MODULE")


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """The example with its database in one folder."""

    folder: Path

    @property
    def database(self) -> Path:
        return self.folder / "example.sqlite3"

    def environment(self, **changes: str) -> dict[str, str]:
        inherited = {
            name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("EXAMPLE_")
        }
        return {
            **inherited,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "EXAMPLE_FAST_PASSWORDS": "on",
            "PYTHONUNBUFFERED": "1",
            **changes,
        }

    def command(self, *arguments: str) -> list[str]:
        """Return the command as it is typed in the root of the repository; no warning goes unseen."""
        return [sys.executable, "-W", "error", "example_project/manage.py", *arguments]

    def manage(self, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and return what it printed, whatever its status."""
        return subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
        )

    def python(self, code: str, **changes: str) -> str:
        """Run code in the example's Django and return what it printed."""
        finished = self.manage("shell", "--verbosity=0", "--command", code, **changes)
        assert finished.returncode == 0, finished.stderr
        return finished.stdout.strip()

    def rows(self, sql: str, *parameters: object) -> list[Any]:
        """Return what a query finds in the database."""
        with closing(sqlite3.connect(self.database)) as connection:
            return connection.execute(sql, parameters).fetchall()

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has."""
        tables = [name for (name,) in self.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: self.rows(f'SELECT count(*) FROM "{name}"')[0][0] for name in tables}

    @contextmanager
    def served(self, *options: str) -> Iterator[str]:
        """Serve by `demo --port`, with other options besides, yield the address, stop."""
        port = free_port()
        log = self.folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command("demo", "--port", str(port), *options),
                cwd=ROOT,
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            try:
                wait_for(process, port, log)
                yield f"http://127.0.0.1:{port}"
            finally:
                stop(process)
