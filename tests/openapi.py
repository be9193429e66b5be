"""The OpenAPI document of the package, as `docs/reference/openapi.yaml` has it.

python -m tests.openapi            say whether the document is valid, warns of nothing, and is that file
python -m tests.openapi --write    bring the file up to date
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from django.core.management import call_command

from tests import golden

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


if __name__ == "__main__":
    sys.exit(golden.main("OpenAPI", GOLDEN, generate))
