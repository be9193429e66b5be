"""What differs between the databases, where statements are written by hand: PostgreSQL and SQLite."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from django_convo.models import (
    Attachment,
    Departure,
    Draft,
    Event,
    Mention,
    Participant,
    PinnedMessage,
    Reaction,
    get_conversation_model,
    get_message_model,
)


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def tables() -> dict[str, str]:
    """Return what the tables are called, for `str.format`."""
    models: dict[str, Any] = {
        "users": get_user_model(),
        "conversations": get_conversation_model(),
        "messages": get_message_model(),
        "participants": Participant,
        "drafts": Draft,
        "pins": PinnedMessage,
        "reactions": Reaction,
        "attachments": Attachment,
        "mentions": Mention,
        "events": Event,
        "departures": Departure,
    }
    return {name: model._meta.db_table for name, model in models.items()}


def key(column: str) -> str:
    """Return the expression for a UUID as JSON has it; cheaper here than an object of Python's for each."""
    if is_postgres():
        return f"{column}::text"
    return "||'-'||".join(f"substr({column}, {start}, {many})" for start, many in _PARTS)


_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))


def array(*columns: str) -> str:
    """Return the expression for one JSON array of values."""
    return f"{'json_build_array' if is_postgres() else 'json_array'}({', '.join(columns)})"


def gathered(rows: str) -> str:
    """Return the expression for the JSON array of all rows, as text."""
    return f"json_agg({rows})::text" if is_postgres() else f"json_group_array({rows})"


def among(column: str, keys: Sequence[str]) -> tuple[str, list[Any]]:
    """Return the condition for one of several UUIDs, and its parameters."""
    if is_postgres():
        return f"{column} = ANY(%s::uuid[])", [list(keys)]
    return f"{column} IN ({', '.join(['%s'] * len(keys))})", [parameter(value) for value in keys]


def largest(*values: str) -> str:
    return f"{'GREATEST' if is_postgres() else 'MAX'}({', '.join(values)})"


def smallest(*values: str) -> str:
    return f"{'LEAST' if is_postgres() else 'MIN'}({', '.join(values)})"


def parameter(value: str) -> str:
    """Return a UUID as the database takes it."""
    return value if is_postgres() else value.replace("-", "")


def moment(value: datetime) -> Any:
    """Return a time as the database compares it."""
    return value if is_postgres() else str(value.astimezone(timezone.utc).replace(tzinfo=None))


def stamp(value: Any) -> str | None:
    """Return a time as JSON has it."""
    if value is None:
        return None
    # SQLite gives texts, and times without a zone.
    text = value.replace(" ", "T") if isinstance(value, str) else value.isoformat()
    return f"{text.removesuffix('+00:00')}Z"


def loads(text: str | None) -> Any:
    return json.loads(text) if text else []


def select(statement: str, parameters: list[Any] | dict[str, Any]) -> list[Any]:
    """Return all rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
