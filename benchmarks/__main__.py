"""`python -m benchmarks [workload]`, from the root of a checkout: measures and prints.

Without a name, all that are measured beside other contestants, in a row.
"""

from __future__ import annotations

import importlib
import os
import sys

import django

# Over the same data sets, with the same options, in a site of their own.
BESIDE = ("reads", "sends", "mixed", "growth", "peers")
WORKLOADS = (*BESIDE, "drop", "endurance", "search", "send", "fanout")
_SETTINGS = dict.fromkeys((*BESIDE, "drop", "endurance"), "benchmarks.contestants.settings")


def main() -> None:
    """Run the workload that is named first; the rest are its own options."""
    first, *arguments = sys.argv[1:] or [""]
    names: tuple[str, ...] = (first,)
    if not first or first.startswith("--"):
        names, arguments = BESIDE, sys.argv[1:]
    elif first not in WORKLOADS:
        sys.exit(f"Name one of: {', '.join(WORKLOADS)}. Each takes --help.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", _SETTINGS.get(names[0], "benchmarks.settings"))
    django.setup()
    for name in names:
        importlib.import_module(f"benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    main()
