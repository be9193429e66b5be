"""The project that is measured: that of the tests, on PostgreSQL unless `CONVO_TEST_DATABASE` says otherwise."""

from __future__ import annotations

import os

os.environ.setdefault("CONVO_TEST_DATABASE", "postgres")

from tests.projects.databases import database
from tests.projects.default.settings import *  # noqa: F403

DATABASES = {"default": database("benchmarks")}
CONVO_THROTTLE_RATES = dict.fromkeys(("send", "create", "register", "user_search", "search"))
