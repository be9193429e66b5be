"""`python -m benchmarks [workload]`, from the root of a checkout: measures and prints; without a name, all in a row."""

from __future__ import annotations

import importlib
import os
import sys

import django

# Over the same data sets, with the same options.
IN_A_ROW = ("reads", "sends", "mixed", "growth", "peers")
# With options of their own.
OTHERS = ("search", "drop")


def main() -> None:
    """Run the workload that is named first; the rest are its own options."""
    first, *arguments = sys.argv[1:] or [""]
    if first.startswith("--") or not first:
        names, arguments = IN_A_ROW, sys.argv[1:]
    elif first in (*IN_A_ROW, *OTHERS):
        names = (first,)
    else:
        sys.exit(
            f"Name one of: {', '.join((*IN_A_ROW, *OTHERS))}. Each takes --help; without a name: {', '.join(IN_A_ROW)}."
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.settings")
    django.setup()
    for name in names:
        importlib.import_module(f"benchmarks.{name}").main(arguments)


if __name__ == "__main__":
    main()
