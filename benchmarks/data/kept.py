"""A data set in a database of its own: kept and used again, made anew, or dropped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import django
from django.db import connection

from .cast import Cast
from .seeding import seed
from .sizes import Size

# Before 6.1, Django reads a test database into memory unless it is told not to; since then, to tell it is deprecated.
_NO_COPY: dict[str, Any] = {} if django.VERSION >= (6, 1) else {"serialize": False}


@contextmanager
def data_set(size: Size, *, fresh: bool = False, keep: bool = True) -> Iterator[Cast]:
    """Connect to the data set of that size, which is made where it is not there yet, or with `fresh`.

    Without `keep`, it is dropped at the end.
    """
    before = connection.settings_dict["NAME"]
    _open(size)
    cast = (None if fresh else Cast.load()) or _made(size, before)
    try:
        yield cast
    finally:
        _close(before, keep=keep)


def drop(size: Size) -> None:
    """Drop the data set of that size, if there is one."""
    before = connection.settings_dict["NAME"]
    _open(size)
    _close(before, keep=False)


def database_name(size: Size) -> str:
    """Return the name of the database, or of SQLite's file."""
    suffix = os.environ.get("CONVO_TEST_SUFFIX", "")
    name = f"convo_benchmark_{size.name}{'_' + suffix if suffix else ''}"
    if connection.vendor != "sqlite":
        return name
    return str(connection.settings_dict["NAME"]).replace(
        f"test_convo_benchmarks{'_' + suffix if suffix else ''}", name
    )


def _open(size: Size) -> None:
    connection.settings_dict["TEST"]["NAME"] = database_name(size)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, keepdb=True, **_NO_COPY)


def _close(before: Any, *, keep: bool) -> None:
    if keep:
        connection.close()
        connection.settings_dict["NAME"] = before
    else:
        connection.creation.destroy_test_db(before, verbosity=0)


def _made(size: Size, before: Any) -> Cast:
    """Make the data set anew: what is there is old, or was not completed."""
    _close(before, keep=False)
    _open(size)
    started = perf_counter()
    try:
        cast = seed(size)
    except BaseException:
        _close(before, keep=False)
        raise
    print(f"{size.messages:,} messages made in {perf_counter() - started:.0f} s", flush=True)
    return cast
