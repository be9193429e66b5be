"""The database that `DATABASE_URL` names, with what messaging wants of each engine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dj_database_url

# How long a writer waits for another before the request is answered with 503 and Retry-After.
LOCK_TIMEOUT_SECONDS = 10
# Connections that one ASGI process shares; without a pool it would open one for each request.
POOL = {"min_size": 2, "max_size": 20, "timeout": 30}


def sqlite_options() -> dict[str, Any]:
    """Take the write lock when a transaction begins, wait for it, and let readers go on meanwhile."""
    return {
        "transaction_mode": "IMMEDIATE",
        "timeout": LOCK_TIMEOUT_SECONDS,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }


def postgresql_options() -> dict[str, Any]:
    return {"options": f"-c lock_timeout={LOCK_TIMEOUT_SECONDS}s", "pool": POOL}


def mysql_options() -> dict[str, Any]:
    return {
        "charset": "utf8mb4",
        "init_command": f"SET SESSION innodb_lock_wait_timeout={LOCK_TIMEOUT_SECONDS}",
    }


OPTIONS = {
    "django.db.backends.sqlite3": sqlite_options,
    "django.db.backends.postgresql": postgresql_options,
    "django.db.backends.mysql": mysql_options,
}


def database(url: str | None, *, default_file: Path) -> dict[str, Any]:
    """Return the DATABASES entry for the URL, or for the SQLite file; options in the URL's query win over ours."""
    # No persistent connections: under ASGI each request may run in another thread, and would leave its own behind.
    # Those of the pool are tried before they are used, since a restart of the database breaks them.
    entry: dict[str, Any] = dict(
        dj_database_url.parse(url or f"sqlite:///{default_file}", conn_max_age=0, conn_health_checks=True)
    )
    given = entry.get("OPTIONS", {})
    options = OPTIONS.get(entry["ENGINE"], dict)() | given
    if "options" in given and entry["ENGINE"].endswith("postgresql"):
        # Both are lists of `-c` switches, of which the last one wins.
        options["options"] = f"{postgresql_options()['options']} {given['options']}"
    return entry | {"OPTIONS": options}
