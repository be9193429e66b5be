"""What compares a generated document with its golden file, and writes it."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Callable
from pathlib import Path

import django


def main(kind: str, golden: Path, generate: Callable[[], str]) -> int:
    """Print how the document differs from its golden file, or write that; return the exit code."""
    parser = argparse.ArgumentParser(description=f"Compare the {kind} document with its golden file.")
    parser.add_argument("--write", action="store_true", help="write the golden file")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.projects.default.settings"
    django.setup()
    document = generate()
    if options.write:
        golden.write_text(document)
        return 0
    before = golden.read_text() if golden.exists() else ""
    if document == before:
        return 0
    difference = difflib.unified_diff(before.splitlines(), document.splitlines(), "golden", "now", lineterm="")
    print("\n".join(difference))
    print(f"{golden.name} is not up to date: run this with --write, and read what changed", file=sys.stderr)
    return 1
