"""Drops the data sets that were kept: of every size, or of one."""

from __future__ import annotations

import argparse

from benchmarks.data import SIZES, drop


def main(arguments: list[str]) -> None:
    """Drop them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks drop", description=__doc__)
    parser.add_argument("--size", choices=SIZES)
    options = parser.parse_args(arguments)
    for name in SIZES if options.size is None else [options.size]:
        drop(SIZES[name])
