"""Without the extra everything is there but uploading; with it, one room alone imports what it brings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Runs in a process of its own, in which the extra cannot be imported.
BARE = """
import sys
for name in ("PIL", "filetype"):
    sys.modules[name] = None
import django
django.setup()
import django_convo.urls, django_convo.actions, django_convo.checks
from django_convo import files
try:
    files.read_upload(None)
except ImportError as error:
    print(error)
"""
WHOLE = """
import sys
import django
django.setup()
import django_convo.urls, django_convo.actions
print(sorted({"PIL", "filetype"} & sys.modules.keys()))
"""


def run(code: str) -> str:
    settings = {"DJANGO_SETTINGS_MODULE": "tests.projects.minimal.settings"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "printed"),
    [(BARE, "pip install 'django-convo[attachments]'"), (WHOLE, "[]")],
    ids=["without", "with"],
)
def test_package_imports_without_the_extra(code: str, printed: str) -> None:
    assert run(code).endswith(printed)
