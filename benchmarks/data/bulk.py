"""Rows by the ten thousand: COPY on PostgreSQL, `executemany` elsewhere; indexes and constraints come afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from time import perf_counter
from typing import Any

from django.db import connection

_AT_ONCE = 20_000
_REST_OF_TABLE = """
    SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), contype = 'f'
    FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype <> 'p' ORDER BY contype = 'f'
"""
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
    FROM pg_index WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary
"""


class Writer:
    """Collects rows of one model and writes them by the block."""

    def __init__(self, model: Any, columns: Sequence[str]) -> None:
        quote = connection.ops.quote_name
        self.table = quote(model._meta.db_table)
        self.columns = ", ".join(quote(model._meta.get_field(name).column) for name in columns)
        self.places = ", ".join(["%s"] * len(columns))
        self.rows: list[Sequence[Any]] = []
        self.written = 0

    def add(self, row: Sequence[Any]) -> None:
        """Take a row; texts as the database writes them."""
        self.rows.append(row)
        if len(self.rows) >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        """Write what is left."""
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.table} ({self.columns}) FROM STDIN") as copy:
                    for row in self.rows:
                        copy.write_row(row)
            elif self.rows:
                cursor.executemany(f"INSERT INTO {self.table} ({self.columns}) VALUES ({self.places})", self.rows)
        self.written += len(self.rows)
        self.rows = []


@contextmanager
def without_indexes(models: Sequence[Any]) -> Iterator[None]:
    """Leave constraints and indexes out while rows come in; they are made, and so checked, at the end."""
    if connection.vendor != "postgresql":
        with connection.constraint_checks_disabled():
            yield
        connection.check_constraints()
        return
    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        # No data set is worth waiting for the disk after each block.
        cursor.execute("SET synchronous_commit = off")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute(_REST_OF_TABLE, [tables])
        constraints = cursor.fetchall()
        for table, name, _, _ in reversed(constraints):
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        cursor.execute(_INDEXES, [tables])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
    yield
    with connection.cursor() as cursor:
        for name, definition in indexes:
            _told(cursor, f"index {name}", definition)
        for table, name, definition, _ in constraints:
            _told(cursor, f"constraint {name}", f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        cursor.execute("RESET synchronous_commit")
        cursor.execute("RESET maintenance_work_mem")


def _told(cursor: Any, what: str, statement: str) -> None:
    started = perf_counter()
    cursor.execute(statement)
    took = perf_counter() - started
    if took > 1:
        print(f"  {what}: {took:.0f} s", flush=True)
