"""The script: its size, what it keeps from doing, and its own tests, which Node runs."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from django_convo.contrib import ui

SCRIPT = Path(ui.__file__).parent / "static" / "convo_ui" / "convo.js"
SOURCE = SCRIPT.read_text(encoding="utf-8")
TESTS = sorted((Path(__file__).parent / "js").glob("*.test.mjs"))
SECONDS = 300


def test_script_is_small() -> None:
    assert len(gzip.compress(SOURCE.encode())) <= 20 * 1024


def test_script_makes_no_markup_of_text_and_loads_nothing() -> None:
    """Under the strictest policy there is nothing to forbid; and a hashed name rewrites no import."""
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc"
    code = r"\beval\b|new Function|^import\b|\bimport\("
    styles = r"setAttribute\(.style|\.cssText"
    forbidden = f"{markup}|{code}|{styles}"
    assert re.findall(forbidden, SOURCE, re.MULTILINE) == []


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_script_in_node(path: Path) -> None:
    node = shutil.which("node")
    if node is None and os.environ.get("CI") != "true":
        pytest.skip("Node is not installed")
    assert node is not None, "CI runs these"
    finished = subprocess.run(
        [node, "--test-reporter=tap", "--test", str(path)], capture_output=True, text=True, timeout=SECONDS
    )
    assert finished.returncode == 0, finished.stdout[-8000:]
    passed = re.search(r"^# pass (\d+)$", finished.stdout, re.MULTILINE)
    assert passed is not None, finished.stdout
    assert int(passed[1]) > 0
