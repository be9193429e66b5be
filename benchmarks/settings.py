"""The project that is measured: that of the tests, on PostgreSQL unless `CONVO_TEST_DATABASE` says otherwise."""

from __future__ import annotations

import os

os.environ.setdefault("CONVO_TEST_DATABASE", "postgres")

from tests.projects.databases import database
from tests.projects.default.settings import *  # noqa: F403

DATABASES = {"default": database("benchmarks")}
# As a site would have it that does not connect anew for each request.
DATABASES["default"]["CONN_MAX_AGE"] = None
if "CONVO_BENCHMARK_DATABASE" in os.environ:
    # A server that was started for a data set.
    DATABASES["default"]["NAME"] = os.environ["CONVO_BENCHMARK_DATABASE"]
ROOT_URLCONF = "benchmarks.urls"
# What all contestants share costs each of them the same, and hides how they differ: so nothing is shared but the
# handler, and a way to say who asks that looks nothing up.
MIDDLEWARE: list[str] = []
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["benchmarks.authentication.NamedUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
CONVO_THROTTLE_RATES = dict.fromkeys(
    ("send", "create", "register", "user_search", "search", "upload", "report", "react")
)
# What goes wrong is to stop the run, not to be answered.
DEBUG_PROPAGATE_EXCEPTIONS = True
