"""What is collected, and how much at a time: what needs tools that few have is left out where they are missing."""

from __future__ import annotations

import os
from importlib.util import find_spec

import pytest

# What a folder's tests are run with.
TOOLS = {
    "clients": ("openapi_python_client",),
    "e2e": ("playwright", "axe_playwright_python"),
    "fuzz": ("schemathesis",),
}
collect_ignore = [folder for folder, tools in TOOLS.items() if not all(map(find_spec, tools))]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """Run one more test at a time than there are cores where a server of a database is waited for."""
    is_served = os.environ.get("CONVO_TEST_DATABASE", "sqlite") != "sqlite"
    return (os.cpu_count() or 1) + 1 if is_served else None
