"""The example as a careful host would serve it: DEBUG off, hashed static files, a policy that lets nothing inline."""

from __future__ import annotations

import os
from pathlib import Path

os.environ.update(DEBUG="off", SECRET_KEY="only for tests", HTTPS="off")

from example.settings import *  # noqa: F403
from example.settings import MIDDLEWARE

ROOT_URLCONF = "tests.e2e.strict_urls"
STATIC_ROOT = Path(os.environ["CONVO_E2E_FOLDER"]) / "static"
MEDIA_ROOT = Path(os.environ["CONVO_E2E_FOLDER"]) / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
}
MIDDLEWARE = ["tests.e2e.strict_urls.strict_policy", *MIDDLEWARE]
