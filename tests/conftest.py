"""What is collected: the tests in a browser only where there is something to drive one."""

from __future__ import annotations

from importlib.util import find_spec

collect_ignore = [] if find_spec("playwright") else ["e2e"]
