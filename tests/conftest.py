"""What is collected: pages are looked at in a browser only where there is what drives one."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("playwright") and find_spec("axe_playwright_python") else ["e2e"]
