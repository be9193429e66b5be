"""Many who send at once: by SQL alone, over REST, to few and to thousands, and on SQLite.

Contestants take turns, and what is printed is the median of the rounds. Writers, server and database share the
machine. The database is PostgreSQL (for `--only sqlite`, a file), one of its own that is dropped at the end.
"""

from __future__ import annotations

import argparse
import importlib

from django.conf import settings
from django.db import connection
from django.test.utils import setup_test_environment, teardown_test_environment

PARTS = ("sql", "rest", "members", "sqlite")


def main(arguments: list[str]) -> None:
    """Measure all parts that the database has, or one."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks send", description=__doc__)
    parser.add_argument("--only", choices=PARTS)
    parser.add_argument("--writers", type=int, default=32)
    parser.add_argument("--seconds", type=int, default=4, help="of one turn")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(arguments)
    parts = [options.only] if options.only else _fitting()
    setup_test_environment(debug=False)
    name = settings.DATABASES["default"]["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        for part in parts:
            # Not above: the servers and writers import this room before their Django is set up.
            importlib.import_module(f"benchmarks.send.{part}").run(options)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        teardown_test_environment()


def _fitting() -> list[str]:
    return ["sqlite"] if connection.vendor == "sqlite" else ["sql", "rest", "members"]
