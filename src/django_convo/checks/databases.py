"""Checks of the database's OPTIONS, without connecting."""

from __future__ import annotations

import re
from typing import Any, Final

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Warning  # noqa: A004 - Django's name
from django.core.exceptions import ImproperlyConfigured
from django.db import connections, router
from django.db.backends.base.base import BaseDatabaseWrapper

from django_convo.models import get_conversation_model

from .values import is_acceptable

# The line to write per vendor. 20 s: longer than any sound transaction, shorter than the patience of a web server.
LOCK_TIMEOUTS: Final = {
    "postgresql": '"OPTIONS": {"options": "-c lock_timeout=20s"}',
    "mysql": '"OPTIONS": {"init_command": "SET SESSION innodb_lock_wait_timeout=20"}',
    "sqlite": '"OPTIONS": {"timeout": 20}',
}


def _connection() -> BaseDatabaseWrapper | None:
    """Return the connection that conversations are written through, or None where another check says why not."""
    if not is_acceptable("CONVERSATION_MODEL"):
        return None
    try:
        return connections[router.db_for_write(get_conversation_model())]
    except ImproperlyConfigured:
        return None


def check_sqlite_transactions(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W001: SQLite refuses a transaction that begins by reading and finds another writer when it comes to write."""
    connection = _connection()
    if connection is None or connection.vendor != "sqlite":
        return []
    if str(_options(connection).get("transaction_mode")).upper() in {"IMMEDIATE", "EXCLUSIVE"}:
        return []
    return [
        Warning(
            f"The SQLite database {connection.alias!r} begins transactions without the write lock: with two writers, "
            "one is refused with 'database is locked' at once, whatever its timeout.",
            hint=f'In DATABASES[{connection.alias!r}]: "OPTIONS": {{"transaction_mode": "IMMEDIATE"}}',
            id="django_convo.W001",
        )
    ]


def check_lock_timeout(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W002: how long a writer waits for another is the host's to say."""
    connection = _connection()
    if connection is None or connection.vendor not in LOCK_TIMEOUTS or _has_lock_timeout(connection):
        return []
    return [
        Warning(
            f"The OPTIONS of the database {connection.alias!r} set no lock timeout: one stuck transaction makes every "
            "request for its conversation wait, for ever or for the server's default.",
            hint=f"In DATABASES[{connection.alias!r}]: {LOCK_TIMEOUTS[connection.vendor]}",
            id="django_convo.W002",
        )
    ]


def _options(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    options: dict[str, Any] = connection.settings_dict.get("OPTIONS") or {}
    return options


def _has_lock_timeout(connection: BaseDatabaseWrapper) -> bool:
    options = _options(connection)
    if connection.vendor == "sqlite":
        return bool(options.get("timeout"))
    name, key = {
        "postgresql": ("lock_timeout", "options"),
        "mysql": ("innodb_lock_wait_timeout", "init_command"),
    }[connection.vendor]
    # Zero is PostgreSQL's word for waiting for ever.
    return re.search(rf"\b{name}\s*=\s*'?0*[1-9]", str(options.get(key, ""))) is not None


def check_connection_pool(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W003: under ASGI a request has no connection that outlives it, unless there is a pool.

    Django cannot see how it is served; a project that names an ASGI_APPLICATION is taken at its word.
    """
    connection = _connection()
    if connection is None or connection.vendor != "postgresql" or not getattr(django_settings, "ASGI_APPLICATION", ""):
        return []
    if _options(connection).get("pool"):
        return []
    return [
        Warning(
            f"ASGI_APPLICATION is set and the database {connection.alias!r} has no connection pool: under ASGI every "
            "request opens a connection of its own, which costs more than the request.",
            hint=f'In DATABASES[{connection.alias!r}]: "CONN_MAX_AGE": 0, "OPTIONS": {{"pool": True}}',
            id="django_convo.W003",
        )
    ]
