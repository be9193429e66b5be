"""The settings of the server that is sent to."""

from __future__ import annotations

import os

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import DATABASES

DATABASES["default"] |= {"NAME": os.environ.get("CONVO_BENCHMARK_DATABASE", ""), "CONN_MAX_AGE": None}
ROOT_URLCONF = "benchmarks.send.urls"
MIDDLEWARE: list[str] = []
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["benchmarks.send.authentication.NamedUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
