"""The lines of the README, added to a project that has just been started, in processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.package.test_bare_install import readme_lines

# What a browser does whose user is logged in as they are today: a session, no setting of ours.
TALK = """
import json
import django
django.setup()
from django.contrib.auth import get_user_model
from django.test import Client
from django_convo import actions

User = get_user_model()
anna, ben = (User.objects.create_user(name) for name in ("anna", "ben"))
conversation, _ = actions.create_conversation(actor=anna, participants=[ben])
clients = {}
for user in (anna, ben):
    clients[user] = Client(SERVER_NAME="localhost")
    clients[user].force_login(user)
sent = clients[anna].post(
    "/api/messages/",
    {"conversation": str(conversation.pk), "message_body": "Is the room still free?"},
    content_type="application/json",
)
inbox = clients[ben].get("/api/conversations/").json()["results"]
print(json.dumps([sent.status_code, [row["last_message"]["message_body"] for row in inbox], inbox[0]["unread_count"]]))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    _run(folder, "-m", "django", "startproject", "host", ".")
    lines = readme_lines()
    assert set(lines) == {"settings.py", "urls.py"}
    for name, text in lines.items():
        with (folder / "host" / name).open("a") as file:
            file.write(f"\n{text}")
    _run(folder, "manage.py", "migrate", "--verbosity", "0")
    return folder


def _run(folder: Path, *arguments: str) -> str:
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO", "CONVO"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", *arguments],
        cwd=folder,
        env=inherited | {"DJANGO_SETTINGS_MODULE": "host.settings"} if arguments[0] == "-c" else inherited,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_fresh_project_talks_after_the_lines_of_the_readme(site: Path) -> None:
    assert json.loads(_run(site, "-c", TALK)) == [201, ["Is the room still free?"], 1]


def test_fresh_project_has_no_error_and_misses_no_migration(site: Path) -> None:
    _run(site, "manage.py", "check", "--fail-level", "ERROR")
    assert "No changes detected" in _run(site, "manage.py", "makemigrations", "--check", "--dry-run")
