"""The wheel alone, in an empty environment, does what the README promises to somebody who adds it to a project."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from tests.package.conftest import ROOT, Distribution
from tests.serving import free_port, wait_for

pytestmark = pytest.mark.bare

# What an empty environment holds afterwards: the three, what they need themselves, and the installer.
EXPECTED = {"django-convo", "django", "djangorestframework", "django-model-utils", "asgiref", "sqlparse", "pip"}
PASSWORD = "correct-horse-battery"
# What the host's own code does, to have something to talk about.
SETTING_UP = f"""
from django.contrib.auth import get_user_model
from django_convo import actions

User = get_user_model()
anna, ben = (User.objects.create_user(name, password="{PASSWORD}") for name in ("anna", "ben"))
User.objects.create_user("eve", password="{PASSWORD}")
conversation, created = actions.create_conversation(actor=anna, participants=[ben])
print(conversation.pk)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Site:
    """A freshly started project with the package added as the README says."""

    python: Path
    folder: Path

    def run(self, *arguments: str) -> str:
        """Run Python there, with every warning an error; return what it prints."""
        done = subprocess.run(
            [str(self.python), "-W", "error", *arguments],
            cwd=self.folder,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def clean_environment() -> dict[str, str]:
    """Return the environment without what steers this test run: its settings, its paths."""
    return {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "DJANGO", "CONVO"))}


def readme_lines() -> dict[str, str]:
    """Return the Python blocks of the README that begin with the name of a file, by that name."""
    blocks = re.findall(r"```python\n# (\w+\.py)\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    return dict(blocks)


@pytest.fixture(scope="module")
def site(distribution: Distribution, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("host")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    subprocess.run([str(python), "-m", "pip", "install", "--quiet", str(distribution.wheel)], check=True)
    site = Site(python=python, folder=folder)
    site.run("-m", "django", "startproject", "host", ".")
    lines = readme_lines()
    assert set(lines) == {"settings.py", "urls.py"}
    for name, text in lines.items():
        with (folder / "host" / name).open("a") as file:
            file.write(f"\n{text}")
    site.run("manage.py", "migrate", "--verbosity", "0")
    return site


@pytest.fixture(scope="module")
def address(site: Site) -> Iterator[str]:
    """Serve the site on a free port."""
    port = free_port()
    command = [str(site.python), "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"]
    log = site.folder / "server.log"
    with (
        log.open("w") as output,
        subprocess.Popen(command, cwd=site.folder, env=clean_environment(), stdout=output, stderr=output) as server,
    ):
        try:
            wait_for(server, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def call(url: str, user: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
    """Send one request with basic authentication; return the status and the JSON of the answer."""
    credentials = base64.b64encode(f"{user}:{PASSWORD}".encode()).decode()
    request = Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except HTTPError as error:
        with error:
            return error.code, json.load(error)
    except URLError as error:
        pytest.fail(f"{url}: {error}")


def test_install_brings_nothing_but_the_three(site: Site) -> None:
    listed = json.loads(site.run("-m", "pip", "list", "--format", "json", "--disable-pip-version-check"))
    names = {package["name"].lower().replace("_", "-") for package in listed}
    # Older Pythons: asgiref's own; systems without a time zone database: Django's own.
    assert names - {"typing-extensions", "tzdata"} == EXPECTED


def test_fresh_project_passes_its_checks(site: Site) -> None:
    site.run("manage.py", "check", "--fail-level", "ERROR")


def test_fresh_project_misses_no_migration(site: Site) -> None:
    site.run("manage.py", "makemigrations", "--check", "--dry-run")


def test_fresh_project_serves_messages(site: Site, address: str) -> None:
    conversation = site.run("manage.py", "shell", "--verbosity", "0", "-c", SETTING_UP).split()[-1]
    messages = f"{address}/api/conversations/{conversation}/messages/"
    body = "Is the room still free? 🛏"

    status, sent = call(f"{address}/api/messages/", "anna", {"conversation": conversation, "message_body": body})
    assert (status, sent["seq"], sent["message_body"]) == (201, 1, body)

    status, inbox = call(f"{address}/api/conversations/", "ben")
    assert status == 200
    assert [(row["conversation_id"], row["unread_count"]) for row in inbox["results"]] == [(conversation, 1)]

    status, page = call(messages, "ben")
    assert (status, [message["message_body"] for message in page["results"]]) == (200, [body])

    status, refused = call(messages, "eve")
    assert (status, refused["code"]) == (404, "not_found")
