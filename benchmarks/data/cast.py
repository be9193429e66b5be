"""Who is who in a data set: the people and conversations that the workloads name."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from django.db import connection

_TABLE = "benchmark_cast"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cast:
    """Ids as texts. A row of this in the database says that the data set is whole."""

    size: str
    # When it was made, which is when the last message was sent; ISO 8601.
    made_at: str
    # A member of 20 conversations, the deep, the full and the large one among them.
    reader: str
    # A member of thousands.
    busy: str
    # Away for a while; the conversations where something was missed.
    returning: str
    missed_in: list[str]
    # Writes, in many conversations, in one between two people, in one of ten, in the large one.
    writer: str
    many: list[str]
    pair: str
    hot: str
    large: str
    # Members of the hot conversation, and of the many.
    writers: list[str]
    # The longest conversation, with plain messages, and one whose messages show everything that there is.
    deep: str
    deep_length: int
    full: str
    rare_words: list[str]

    def save(self) -> None:
        """Write it down, as the last thing that is written."""
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {_TABLE} (facts text NOT NULL)")
            cursor.execute(f"INSERT INTO {_TABLE} VALUES (%s)", [json.dumps(asdict(self))])

    @classmethod
    def load(cls) -> Cast | None:
        """Return that of the database, or None where none was completed."""
        if _TABLE not in connection.introspection.table_names():
            return None
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT facts FROM {_TABLE}")
            row = cursor.fetchone()
        return None if row is None else cls(**json.loads(row[0]))
