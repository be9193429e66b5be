"""What the environment changes, and what the checks say of the result."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management.utils import get_random_secret_key
from example_project.example.databases import database

from tests.example.site import Site


@pytest.fixture
def empty(tmp_path: Path) -> Site:
    return Site(folder=tmp_path)


def test_check_finds_nothing(empty: Site) -> None:
    finished = empty.manage("check", "--fail-level", "WARNING")
    assert finished.returncode == 0, finished.stderr
    assert "no issues (0 silenced)" in finished.stdout


PRODUCTION = {
    "DEBUG": "off",
    "SECRET_KEY": get_random_secret_key(),
    "ALLOWED_HOSTS": "stays.example",
    "REDIS_URL": "redis://127.0.0.1:6379/9",
}


@pytest.mark.parametrize("database_url", [None, "postgres://stays@db.example/stays"])
def test_check_finds_nothing_to_say_against_a_deployment(empty: Site, database_url: str | None) -> None:
    urls = {} if database_url is None else {"DATABASE_URL": database_url}
    finished = empty.manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION, **urls)
    assert finished.returncode == 0, finished.stderr
    assert "no issues (0 silenced)" in finished.stdout


def test_a_deployment_is_reached_by_https_alone(empty: Site) -> None:
    code = (
        "from django.test import Client; client = Client(headers={'host': 'stays.example'}); page = client.get('/'); "
        "api = client.get('/api/config/'); secure = client.get('/accounts/login/', secure=True); "
        "print(page.status_code, page.headers['Location'], api.status_code, secure.status_code, "
        "secure.headers['Strict-Transport-Security'], secure.cookies['csrftoken']['secure'])"
    )
    printed = empty.python(code, **{**PRODUCTION, "REDIS_URL": ""})
    # A client of the API that sends its token in the clear is not led on as though nothing were wrong.
    assert printed == "301 https://stays.example/ 401 200 max-age=31536000; includeSubDomains; preload True"


def test_https_can_be_switched_off_to_try_a_deployment(empty: Site) -> None:
    code = "from django.conf import settings as s; print(s.SECURE_SSL_REDIRECT, s.SESSION_COOKIE_SECURE)"
    assert empty.python(code, **PRODUCTION, HTTPS="off") == "False False"
    assert empty.python(code) == "False False"


def test_no_migration_is_missing(empty: Site) -> None:
    finished = empty.manage("makemigrations", "--check", "--dry-run")
    assert finished.returncode == 0, finished.stdout


def test_debug_off_wants_a_secret_key(empty: Site) -> None:
    finished = empty.manage("check", DEBUG="off")
    assert finished.returncode != 0
    assert "SECRET_KEY must be set" in finished.stderr


def test_environment_is_obeyed(empty: Site) -> None:
    code = (
        "from django.conf import settings as s; print(s.DEBUG, s.SECRET_KEY, s.ALLOWED_HOSTS, "
        "s.CACHES['default']['BACKEND'], s.CONVO_HISTORY_FOR_NEW_PARTICIPANTS, s.CONVO_THROTTLE_RATES['send'])"
    )
    printed = empty.python(
        code,
        DEBUG="off",
        SECRET_KEY="of-this-test",
        ALLOWED_HOSTS="stays.example, www.stays.example",
        REDIS_URL="redis://127.0.0.1:6379/9",
        EXAMPLE_HISTORY="none",
        EXAMPLE_THROTTLES="off",
    )
    assert printed == (
        "False of-this-test ['stays.example', 'www.stays.example'] "
        "django.core.cache.backends.redis.RedisCache none None"
    )


def test_sqlite_takes_the_write_lock_first(tmp_path: Path) -> None:
    entry = database(None, default_file=tmp_path / "db.sqlite3")
    assert entry["NAME"] == str(tmp_path / "db.sqlite3")
    assert entry["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in entry["OPTIONS"]["init_command"]


def test_postgresql_gets_a_pool_and_a_lock_timeout_beside_its_own_options(tmp_path: Path) -> None:
    url = "postgres://somebody:p%40ss@db.example:6432/stays?sslmode=require&options=-c%20search_path%3Dstays"
    entry = database(url, default_file=tmp_path / "db.sqlite3")
    assert (entry["HOST"], entry["PORT"], entry["PASSWORD"]) == ("db.example", 6432, "p@ss")
    assert entry["OPTIONS"]["sslmode"] == "require"
    assert entry["OPTIONS"]["pool"]["max_size"] > 1
    assert entry["OPTIONS"]["options"] == "-c lock_timeout=10s -c search_path=stays"
    # Django refuses persistent connections beside a pool.
    assert entry["CONN_MAX_AGE"] == 0
    assert entry["CONN_HEALTH_CHECKS"]


def test_mariadb_gets_a_lock_timeout_which_the_url_may_change(tmp_path: Path) -> None:
    url = "mysql://somebody@db.example/stays"
    entry = database(url, default_file=tmp_path / "db.sqlite3")
    assert "innodb_lock_wait_timeout=10" in entry["OPTIONS"]["init_command"]
    changed = database(f"{url}?init_command=SET%20SESSION%20innodb_lock_wait_timeout%3D3", default_file=tmp_path / "x")
    assert changed["OPTIONS"]["init_command"] == "SET SESSION innodb_lock_wait_timeout=3"
    assert changed["OPTIONS"]["charset"] == "utf8mb4"
