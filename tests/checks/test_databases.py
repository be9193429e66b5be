"""The database's OPTIONS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from django_convo.checks.databases import check_connection_pool, check_lock_timeout, check_sqlite_transactions
from tests.checks.found import found, only

Pretend = Callable[..., None]


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Pretend:
    """Make the connection look like one to another database; the checks do not connect."""

    def set_up(vendor: str, **options: Any) -> None:
        monkeypatch.setattr(connection, "vendor", vendor)
        monkeypatch.setitem(connection.settings_dict, "OPTIONS", options)

    return set_up


@pytest.mark.parametrize("mode", [None, "DEFERRED", "deferred"])
def test_sqlite_without_immediate_transactions_is_a_warning(pretend: Pretend, mode: str | None) -> None:
    pretend("sqlite", **({} if mode is None else {"transaction_mode": mode}))

    message = only(check_sqlite_transactions)

    assert message.id == "django_convo.W001"
    assert '"OPTIONS": {"transaction_mode": "IMMEDIATE"}' in str(message.hint)


@pytest.mark.parametrize("mode", ["IMMEDIATE", "immediate", "EXCLUSIVE"])
def test_sqlite_with_immediate_transactions_is_fine(pretend: Pretend, mode: str) -> None:
    pretend("sqlite", transaction_mode=mode)

    assert found(check_sqlite_transactions) == []


@pytest.mark.parametrize("vendor", ["postgresql", "mysql"])
def test_other_databases_have_no_transaction_mode(pretend: Pretend, vendor: str) -> None:
    pretend(vendor)

    assert found(check_sqlite_transactions) == []


@pytest.mark.parametrize(
    ("vendor", "options", "line"),
    [
        ("postgresql", {}, "-c lock_timeout=20s"),
        ("postgresql", {"options": "-c statement_timeout=5s"}, "-c lock_timeout=20s"),
        ("postgresql", {"options": "-c lock_timeout=0"}, "-c lock_timeout=20s"),
        ("mysql", {}, "SET SESSION innodb_lock_wait_timeout=20"),
        ("mysql", {"init_command": "SET sql_mode='STRICT_TRANS_TABLES'"}, "SET SESSION innodb_lock_wait_timeout=20"),
        ("sqlite", {}, '"timeout": 20'),
    ],
)
def test_no_lock_timeout_is_a_warning(pretend: Pretend, vendor: str, options: dict[str, Any], line: str) -> None:
    pretend(vendor, **options)

    message = only(check_lock_timeout)

    assert message.id == "django_convo.W002"
    assert line in str(message.hint)


@pytest.mark.parametrize(
    ("vendor", "options"),
    [
        ("postgresql", {"options": "-c lock_timeout=20s"}),
        ("postgresql", {"options": "-c search_path=chat -c lock_timeout='500ms'"}),
        ("mysql", {"init_command": "SET SESSION innodb_lock_wait_timeout=20"}),
        ("mysql", {"init_command": "SET sql_mode='STRICT_TRANS_TABLES', innodb_lock_wait_timeout = 5"}),
        ("sqlite", {"timeout": 20}),
        ("oracle", {}),
    ],
)
def test_lock_timeout_is_found(pretend: Pretend, vendor: str, options: dict[str, Any]) -> None:
    pretend(vendor, **options)

    assert found(check_lock_timeout) == []


@pytest.mark.parametrize("options", [{}, {"pool": False}, {"pool": {}}])
def test_asgi_without_a_pool_is_a_warning(pretend: Pretend, settings: Any, options: dict[str, Any]) -> None:
    settings.ASGI_APPLICATION = "site.asgi.application"
    pretend("postgresql", **options)

    message = only(check_connection_pool)

    assert message.id == "django_convo.W003"
    assert '"pool": True' in str(message.hint)


@pytest.mark.parametrize("pool", [True, {"min_size": 2}])
def test_asgi_with_a_pool_is_fine(pretend: Pretend, settings: Any, pool: Any) -> None:
    settings.ASGI_APPLICATION = "site.asgi.application"
    pretend("postgresql", pool=pool)

    assert found(check_connection_pool) == []


@pytest.mark.parametrize(("application", "vendor"), [(None, "postgresql"), ("site.asgi.application", "mysql")])
def test_no_pool_is_needed_under_wsgi_or_where_there_is_none(
    pretend: Pretend, settings: Any, application: str | None, vendor: str
) -> None:
    settings.ASGI_APPLICATION = application
    pretend(vendor)

    assert found(check_connection_pool) == []
