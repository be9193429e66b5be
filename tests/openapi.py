"""The OpenAPI document of the package, as `docs/reference/openapi.yaml` has it.

python -m tests.openapi            say whether the document is valid, warns of nothing, and is that file
python -m tests.openapi --write    bring the file up to date
"""

from __future__ import annotations

import argparse
import difflib
import os
import sys
import tempfile
from pathlib import Path

import django
from django.core.management import call_command

GOLDEN = Path(__file__).parents[1] / "docs" / "reference" / "openapi.yaml"
DOCUMENT = {
    "TITLE": "django-convo",
    "DESCRIPTION": "Messaging: conversations, messages, users, reading and catching up.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
}


def generate() -> str:
    """Return the document of the default test project; a warning or an invalid document raises."""
    from drf_spectacular.settings import spectacular_settings

    spectacular_settings.apply_patches(DOCUMENT)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "openapi.yaml"
        call_command("spectacular", file=str(file), validate=True, fail_on_warn=True)
        return file.read_text()


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare the OpenAPI document with its golden file.")
    parser.add_argument("--write", action="store_true", help="write the golden file")
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.projects.default.settings"
    django.setup()
    document = generate()
    if options.write:
        GOLDEN.write_text(document)
        return 0
    golden = GOLDEN.read_text() if GOLDEN.exists() else ""
    if document == golden:
        return 0
    difference = difflib.unified_diff(golden.splitlines(), document.splitlines(), "golden", "now", lineterm="")
    print("\n".join(difference))
    print(f"{GOLDEN.name} is not up to date: run this with --write, and read what changed", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
