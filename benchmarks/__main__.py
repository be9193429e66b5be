"""`python -m benchmarks <workload>`, from the root of a checkout: measures and prints."""

from __future__ import annotations

import importlib
import os
import sys

import django

WORKLOADS = ("search", "send")


def main() -> None:
    """Run the workload that is named first; the rest are its own options."""
    name, *arguments = sys.argv[1:] or [""]
    if name not in WORKLOADS:
        sys.exit(f"Name one of: {', '.join(WORKLOADS)}. Each takes --help.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    importlib.import_module(f"benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    main()
