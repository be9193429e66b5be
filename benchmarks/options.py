"""What every workload over a data set takes and needs."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.test.utils import setup_test_environment, teardown_test_environment

from benchmarks.contestants.authentication import forget_users
from benchmarks.data import SIZES


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the size, whether to keep it, and for how long to measure."""
    parser.add_argument("--size", choices=SIZES, default="1m")
    parser.add_argument("--fresh", action="store_true", help="make the data set anew")
    parser.add_argument("--drop", action="store_true", help="drop the data set at the end; it is kept otherwise")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60, help="of one workload at most")
    parser.add_argument("--output", help="a folder for JSON and plots")


@contextmanager
def prepared() -> Iterator[None]:
    """Run as Django's tests do, but for what they record; and not as whom another data set knew."""
    setup_test_environment(debug=False)
    logging.getLogger("django.request").setLevel(logging.ERROR)
    forget_users()
    try:
        yield
    finally:
        teardown_test_environment()
