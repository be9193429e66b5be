"""A send in one statement, where the database can: counters, message, log row and read mark, for members alone.

It stores the `client_id`, but looks up no retry; it asks no policy, and knows no quotes, files, mentions or hooks.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from django.db import connection, transaction

from django_convo.models.fields import uuid7

from .sql import is_postgres, parameter, select, tables

_MOVE = """
    UPDATE {conversations} AS c SET last_seq = last_seq + 1, count_seq = count_seq + 1, event_seq = event_seq + 1,
        last_message_id = %(message)s, last_message_at = %(now)s, changed_at = %(now)s
    WHERE conversation_id = %(conversation)s AND deleted_at IS NULL AND closed_at IS NULL AND EXISTS (
        SELECT 1 FROM {participants} p WHERE p.conversation_id = c.conversation_id AND p.user_id = %(user)s
    )
    RETURNING last_seq, count_seq, event_seq
"""
_WRITE = """
    INSERT INTO {messages} (message_id, conversation_id, sender_id, message_body, sent_at, seq, count_seq, kind,
        client_id, reply_count, metadata)
    SELECT %(message)s{uuid}, %(conversation)s{uuid}, %(user)s{uuid}, %(body)s, %(now)s{moment}, {last_seq},
        {count_seq}, 'user', %(client_id)s, 0, '{{}}' {moved}
"""
_LOG = """
    INSERT INTO {events} (conversation_id, event_seq, type, actor_id, seq, payload, created_at)
    SELECT %(conversation)s{uuid}, {event_seq}, 'message.created', %(user)s{uuid}, {last_seq}, %(payload)s{json},
        %(now)s{moment} {moved}
"""
_READ = """
    UPDATE {participants} SET last_read_seq = {last_seq}, read_count_seq = {count_seq},
        last_delivered_seq = {last_seq}, mention_count = 0, updated_at = %(now)s {moved}
    WHERE conversation_id = %(conversation)s AND user_id = %(user)s
"""


@lru_cache(maxsize=1)
def _in_one() -> str:
    names = {name: f"moved.{name}" for name in ("last_seq", "count_seq", "event_seq")}
    facts = {**tables(), **names, "uuid": "::uuid", "moment": "::timestamptz", "json": "::jsonb"}
    facts["moved"] = "FROM moved"
    move, write, log, read = (part.format(**facts) for part in (_MOVE, _WRITE, _LOG, _READ))
    parts = f"WITH moved AS ({move}), written AS ({write}), logged AS ({log}), marked AS ({read})"
    return f"{parts} SELECT last_seq FROM moved"


def send(user: str, conversation: str, body: str, client_id: str | None) -> dict[str, Any] | None:
    """Send, and return the message as JSON has it; None to those who are no members."""
    message, now = str(uuid7()), datetime.now(timezone.utc)
    values = {
        "message": parameter(message),
        "conversation": parameter(conversation),
        "user": parameter(user),
        "body": body,
        "client_id": client_id,
        "payload": json.dumps({"message_id": message}),
        "now": now,
    }
    seq = _write(values)
    if seq is None:
        return None
    return {
        "message_id": message,
        "conversation": conversation,
        "seq": seq,
        "kind": "user",
        "sender": None,
        "message_body": body,
        "sent_at": f"{now.isoformat()[:-6]}Z",
        "edited_at": None,
        "deleted_at": None,
        "reply_to": None,
        "thread_root": None,
        "reply_count": 0,
        "attachments": [],
        "mentions": [],
        "reactions": [],
        "metadata": {},
        "pinned": False,
        "editable_until": None,
        "client_id": client_id,
    }


def _write(values: dict[str, Any]) -> int | None:
    if is_postgres():
        rows = select(_in_one(), values)
        return rows[0][0] if rows else None
    values["now"] = str(values["now"].replace(tzinfo=None))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_MOVE.format(**tables()), values)
        rows = cursor.fetchall()
        if not rows:
            return None
        numbers = {name: f"%({name})s" for name in ("last_seq", "count_seq", "event_seq")}
        values |= dict(zip(numbers, rows[0], strict=True))
        facts = {**tables(), **numbers, "uuid": "", "moment": "", "json": "", "moved": ""}
        for part in (_WRITE, _LOG, _READ):
            cursor.execute(part.format(**facts), values)
    return int(rows[0][0])
