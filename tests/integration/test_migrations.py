"""What a host does with our models: plain `makemigrations` and `migrate`, in a process of its own, from nothing."""

from __future__ import annotations

import json
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


# Each as it is typed, with its checks; one process for all, since to begin one takes longer than to migrate.
COMMANDS = """
import io, json, sys
import django
from django.core.management import call_command

django.setup()
printed = []
for line in sys.argv[1:]:
    out = io.StringIO()
    call_command(*line.split(), stdout=out, skip_checks=False)
    printed.append(out.getvalue())
print(json.dumps(printed))
"""


def test_plain_makemigrations_and_migrate_work(project: str, folder: Path, environment: Mapping[str, str]) -> None:
    # A project that does without bookings has nothing of ours to begin with.
    lines = [] if project == "minimal" else ["migrate test_bookings"]
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-c", COMMANDS, "makemigrations"),
            # Alone, with no more of ours than it depends on: a foreign key to a message needs the message's table.
            *lines,
            "migrate",
            "makemigrations --check",
            # Back and forth: what no model holds, such as the search index, goes and comes too.
            "migrate django_convo 0002",
            "migrate django_convo 0003",
        ],
        cwd=folder,
        env={**environment, "DJANGO_SETTINGS_MODULE": f"tests.projects.{project}.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    printed = json.loads(done.stdout)
    if project in SWAPPING:
        # All in the first migration: whatever points at a swapped model depends on that one.
        (made,) = (folder / "tests" / "projects" / project / "migrations").glob("0*.py")
        assert made.name == "0001_initial.py"
    migrated, checked, back, forth = printed[-4:]
    assert "django_convo.0002" in migrated
    assert "No changes detected" in checked
    assert "Unapplying django_convo.0003" in back
    assert "Applying django_convo.0003" in forth
