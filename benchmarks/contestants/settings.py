"""The site in which the contestants stand side by side, less what they would all pay for alike."""

from __future__ import annotations

import os

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import DATABASES

# As a site would have it that does not connect anew for each request.
DATABASES["default"]["CONN_MAX_AGE"] = None
if "CONVO_BENCHMARK_DATABASE" in os.environ:
    # A server that was started for a data set.
    DATABASES["default"]["NAME"] = os.environ["CONVO_BENCHMARK_DATABASE"]
ROOT_URLCONF = "benchmarks.contestants.urls"
# What all contestants share costs each of them the same, and hides how they differ: so nothing is shared but the
# handler, and a way to say who asks that looks nothing up.
MIDDLEWARE: list[str] = []
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["benchmarks.contestants.authentication.NamedUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
CONVO_THROTTLE_RATES = dict.fromkeys(
    ("send", "create", "register", "user_search", "search", "upload", "report", "react")
)
# What goes wrong is to stop the run, not to be answered.
DEBUG_PROPAGATE_EXCEPTIONS = True
