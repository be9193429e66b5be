"""A window of a conversation in one statement, membership and all."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.db import connection

from .beside import add_beside
from .shapes import message_columns, message_joins, message_json
from .sql import largest, parameter, select, smallest, tables

_LIMIT = 50


@lru_cache(maxsize=16)
def _statement(vendor: str, part: str, *, full: bool) -> str:
    names = tables()
    top = largest(f"{smallest('%s', 'i.last_seq')} + {_LIMIT // 2}", f"j.visible_from_seq + {_LIMIT - 1}")
    # Asked by itself, so that it is known before the index is read; as a condition of the join it would come after.
    around = f"""AND m.seq <= (
        SELECT {top} FROM {names["participants"]} j
        JOIN {names["conversations"]} i ON i.conversation_id = j.conversation_id
        WHERE j.user_id = %s AND j.conversation_id = %s
    )"""
    where = {"newest": "", "before": "AND m.seq < %s", "around": around}[part]
    return f"""
        SELECT c.last_seq, c.event_seq, p.visible_from_seq, {message_columns(full=full)}
        FROM {names["participants"]} p
        JOIN {names["conversations"]} c ON c.conversation_id = p.conversation_id AND c.deleted_at IS NULL
        JOIN {names["messages"]} m ON m.conversation_id = p.conversation_id AND m.seq >= p.visible_from_seq
        {message_joins(full=full)}
        WHERE p.user_id = %s AND m.conversation_id = %s {where}
        ORDER BY m.seq DESC LIMIT {_LIMIT + 1}
    """


def read_messages(
    viewer: str, conversation: str, part: str, seq: int | None, address: str, path: str, *, full: bool
) -> dict[str, Any] | None:
    """Return the newest messages, those before a number or those around one; None to those who are no members."""
    me, place = parameter(viewer), parameter(conversation)
    parameters = [me, place, *([] if seq is None else [seq])]
    if part == "around":
        parameters += [me, place]
    rows = select(_statement(connection.vendor, part, full=full), parameters)
    if not rows:
        return None
    last_seq, event_seq, oldest = rows[0][:3]
    shown = [message_json(row[3:], viewer) for row in rows[:_LIMIT]]
    if full:
        add_beside(shown, viewer, address)
    has_newer = shown[0]["seq"] < last_seq
    return {
        "next": f"{path}?before={shown[-1]['seq']}" if len(rows) > _LIMIT else None,
        "previous": f"{path}?after={shown[0]['seq']}" if has_newer else None,
        "event_seq": event_seq,
        "anchor_seq": max(oldest, min(seq, last_seq)) if part == "around" and seq is not None else None,
        "oldest_seq": oldest,
        "results": shown,
    }
