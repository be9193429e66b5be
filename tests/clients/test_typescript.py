"""Types that `openapi-typescript` makes of the document are enough for a strict compiler, and for a conversation."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import DOCUMENT, Register

pytestmark = [
    pytest.mark.clients,
    pytest.mark.skipif(
        os.environ.get("CI") != "true" and shutil.which("npm") is None,
        reason="npm is not installed, so nothing was compiled",
    ),
]

SOURCES = Path(__file__).parent / "typescript"
SECONDS = 180


def run(folder: Path, *command: str) -> str:
    """Return what a command has printed; fails with it where the command fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sources with their tools, at the versions that `package-lock.json` has, and the types."""
    copied = shutil.copytree(SOURCES, tmp_path_factory.mktemp("typescript") / "talk")
    run(copied, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    run(copied, "npx", "openapi-typescript", str(DOCUMENT), "--output", "schema.d.ts")
    return copied


def test_typed_client_compiles_and_talks(folder: Path, address: str, register: Register) -> None:
    run(folder, "npx", "tsc")
    own, other = (register(name).token for name in ("ada", "bob"))

    assert run(folder, "node", "talk.js", address, own, other) == "talked\n"


def test_what_does_not_fit_the_document_does_not_compile(folder: Path) -> None:
    wrong = folder / "wrong.ts"
    text = (folder / "talk.ts").read_text()
    assert "limit: 1 " in text
    wrong.write_text(text.replace("limit: 1 ", 'limit: "one" '))

    done = subprocess.run(["npx", "tsc", "--noEmit"], cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    wrong.unlink()

    assert "wrong.ts" in done.stdout
    assert "not assignable to type 'number'" in done.stdout
