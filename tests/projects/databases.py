"""The database a test run uses: CONVO_TEST_DATABASE = sqlite (default), postgres or mariadb."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

URLS = {
    "postgres": ("CONVO_TEST_POSTGRES_URL", "postgres://root@127.0.0.1:5432/test"),
    "mariadb": ("CONVO_TEST_MARIADB_URL", "mysql://root@127.0.0.1:3306/test"),
}


def database(project: str) -> dict[str, Any]:
    """Return the DATABASES entry; test databases are named after the project and the process's Python and Django."""
    name = os.environ.get("CONVO_TEST_DATABASE", "sqlite")
    suffix = os.environ.get("CONVO_TEST_SUFFIX", "")
    test_name = f"test_convo_{project}{'_' + suffix if suffix else ''}"
    if name == "sqlite":
        folder = Path(os.environ.get("CONVO_TEST_FOLDER") or tempfile.gettempdir())
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(folder / f"{test_name}.sqlite3"),
            # A file, not memory: the concurrency tests open it from several processes.
            "TEST": {"NAME": str(folder / f"{test_name}.test.sqlite3")},
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 60,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    variable, default = URLS[name]
    parts = urlsplit(os.environ.get(variable, default))
    options: dict[str, Any] = (
        # A commit that the test has seen is seen by all; none of them cuts the power of this server.
        {"options": "-c lock_timeout=20000 -c synchronous_commit=off"}
        if name == "postgres"
        else {"charset": "utf8mb4", "init_command": "SET SESSION innodb_lock_wait_timeout=20"}
    )
    if os.environ.get("CONVO_TEST_PREPARED"):
        # As docs/howto/deploy.md has it, and each statement at once.
        options |= {"server_side_binding": True, "prepare_threshold": 0}
    return {
        "ENGINE": f"django.db.backends.{'postgresql' if name == 'postgres' else 'mysql'}",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
        "TEST": {"NAME": test_name},
    }
