"""What a host does with our models: plain `makemigrations` and `migrate`, each a process of its own, from nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.projects.databases import URLS

pytestmark = pytest.mark.exhaustive

PROJECTS = Path(__file__).parents[1] / "projects"
VENDOR = os.environ.get("CONVO_TEST_DATABASE", "sqlite")
NAMES = ("default", "swapped_message", "swapped_conversation", "swapped", "int_user", "minimal")
# Which migrations are made, and in which order they run, is the same on each database; how tables are altered is not.
if VENDOR != "sqlite":
    NAMES = ("default", "swapped")
# The projects that are apps themselves, with models that take the place of ours or of Django's.
SWAPPING = ("swapped_message", "swapped_conversation", "swapped", "minimal")


@pytest.fixture(params=NAMES)
def project(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Copy the projects as they were before their hosts made any migration."""
    shutil.copytree(PROJECTS, tmp_path / "tests" / "projects", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "tests" / "__init__.py").touch()
    for migration in tmp_path.glob("tests/projects/*/migrations/0*.py"):
        migration.unlink()
    return tmp_path


@pytest.fixture
def environment(project: str, folder: Path, django_db_blocker: object) -> Iterator[Mapping[str, str]]:
    """Say where a new, empty database of the kind under test is."""
    inherited = {key: value for key, value in os.environ.items() if key != "DJANGO_SETTINGS_MODULE"}
    if VENDOR == "sqlite":
        yield inherited | {"CONVO_TEST_FOLDER": str(folder)}
        return
    suffix = os.environ.get("CONVO_TEST_SUFFIX", "").replace("-", "_")
    name = f"convo_new_{project}_{suffix}"
    variable, default = URLS[VENDOR]
    parts = urlsplit(os.environ.get(variable, default))
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        _execute(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
        try:
            yield inherited | {variable: parts._replace(path=f"/{name}").geturl()}
        finally:
            _execute(f"DROP DATABASE {name}")


def _execute(*statements: str) -> None:
    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def test_plain_makemigrations_and_migrate_work(project: str, folder: Path, environment: Mapping[str, str]) -> None:
    def manage(*arguments: str) -> str:
        done = subprocess.run(
            [
                sys.executable,
                "-W",
                "error",
                "-m",
                "django",
                *arguments,
                f"--settings=tests.projects.{project}.settings",
            ],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    manage("makemigrations")
    if project in SWAPPING:
        # All in the first migration: whatever points at a swapped model depends on that one.
        (made,) = (folder / "tests" / "projects" / project / "migrations").glob("0*.py")
        assert made.name == "0001_initial.py"
    if project != "minimal":
        # Alone, with no more of ours than it depends on: a foreign key to a message needs the message's table.
        manage("migrate", "test_bookings")
    assert "django_convo.0002" in manage("migrate")
    assert "No changes detected" in manage("makemigrations", "--check")
    # Back and forth: what no model holds, such as the search index, goes and comes too.
    manage("migrate", "django_convo", "0002")
    assert "django_convo.0003" in manage("migrate")
