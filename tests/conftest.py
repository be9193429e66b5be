"""What is collected: what needs tools that few have is left out where they are missing."""

from __future__ import annotations

from importlib.util import find_spec

# What a folder's tests are run with.
TOOLS = {
    "clients": ("openapi_python_client",),
    "e2e": ("playwright", "axe_playwright_python"),
    "fuzz": ("schemathesis",),
}
collect_ignore = [folder for folder, tools in TOOLS.items() if not all(map(find_spec, tools))]
