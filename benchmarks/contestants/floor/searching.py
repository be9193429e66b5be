"""Searching for one word: by the index where it is rare, by walking through one's own messages where it is not.

Which of the two, the floor is told; ours has to find out.
"""

from __future__ import annotations

import re
from typing import Any

from django_convo.models.fields import SEARCH_VECTOR

from .beside import add_beside
from .shapes import message_columns, message_joins, message_json
from .sql import is_postgres, parameter, select, tables

_PAGE = 50
# The best of the newest so many.
_WINDOW = 100


def search(viewer: str, word: str, address: str, *, walks: bool) -> tuple[list[dict[str, Any]], bool]:
    """Return the best of the newest matches, and whether there are more."""
    rows = select(_statement(walks=walks), _asked(parameter(viewer), word, walks=walks))
    begins = re.compile(rf"\b{re.escape(word)}", re.IGNORECASE)
    found = [message_json(row, viewer) for row in rows[:_WINDOW]]
    found.sort(key=lambda message: _rank(word, message), reverse=True)
    add_beside(found[:_PAGE], viewer, address)
    shown = [
        {
            "message": message,
            "highlights": [
                {"start": match.start(), "end": match.end()} for match in begins.finditer(message["message_body"])
            ],
        }
        for message in found[:_PAGE]
    ]
    return shown, len(rows) > _PAGE


def _rank(word: str, message: dict[str, Any]) -> tuple[int, str, str]:
    body = message["message_body"]
    is_whole = re.search(rf"\b{re.escape(word)}\b", body, re.IGNORECASE) is not None
    score = is_whole * 100 + len(re.findall(re.escape(word), body, re.IGNORECASE))
    return score, message["sent_at"], message["message_id"]


def _statement(*, walks: bool) -> str:
    return f"""
        WITH {_walk() if walks else _look_up()}
        SELECT {message_columns(full=True)}
        FROM found JOIN {tables()["messages"]} m ON m.message_id = found.message_id
        {message_joins(full=True)}
        ORDER BY m.sent_at DESC, m.message_id DESC
    """


def _look_up() -> str:
    """Return the part that asks the index first, and then whether one may read what was found."""
    matches = f"{SEARCH_VECTOR} @@ to_tsquery('simple', %s)" if is_postgres() else "message_body LIKE %s"
    names = tables()
    return f"""
        hits AS MATERIALIZED (
            SELECT message_id, conversation_id, seq, sent_at FROM {names["messages"]}
            WHERE {matches} AND deleted_at IS NULL
        ),
        found AS (
            SELECT h.message_id FROM hits h
            JOIN {names["participants"]} p ON p.conversation_id = h.conversation_id AND p.visible_from_seq <= h.seq
            JOIN {names["conversations"]} c ON c.conversation_id = h.conversation_id AND c.deleted_at IS NULL
            WHERE p.user_id = %s ORDER BY h.sent_at DESC, h.message_id DESC LIMIT {_WINDOW + 1}
        )
    """


def _walk() -> str:
    """Return the part that reads one's own messages from the newest on until there are enough."""
    matches = f"message_body ILIKE %s AND {SEARCH_VECTOR} @@ to_tsquery('simple', %s)"
    names = tables()
    return f"""
        found AS (
            SELECT message_id FROM (
                SELECT m.message_id, m.message_body FROM {names["participants"]} p
                JOIN {names["conversations"]} c ON c.conversation_id = p.conversation_id AND c.deleted_at IS NULL
                JOIN {names["messages"]} m ON m.conversation_id = p.conversation_id AND m.seq >= p.visible_from_seq
                WHERE p.user_id = %s AND m.deleted_at IS NULL
                ORDER BY m.sent_at DESC, m.message_id DESC {"OFFSET 0" if is_postgres() else ""}
            ) walked WHERE {matches if is_postgres() else "message_body LIKE %s"} LIMIT {_WINDOW + 1}
        )
    """


def _asked(me: str, word: str, *, walks: bool) -> list[str]:
    contains = f"%{word}%"
    if not is_postgres():
        return [me, contains] if walks else [contains, me]
    query = f"'{word}':*"
    return [me, contains, query] if walks else [query, me]
