"""A message in the floor's statements: its columns, and the JSON made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from .sql import key, stamp, tables

_PLAIN = 15


def message_columns(*, full: bool) -> str:
    """Return the columns of message `m` with its sender `s` and, in full, its quote `q`, whose sender is `qs`."""
    plain = [
        key("m.message_id"),
        key("m.conversation_id"),
        "m.seq",
        "m.kind",
        key("m.sender_id"),
        "s.first_name",
        "s.last_name",
        "m.message_body",
        "m.sent_at",
        "m.edited_at",
        "m.deleted_at",
        key("m.thread_root_id"),
        "m.reply_count",
        "m.metadata",
        "m.client_id",
    ]
    if not full:
        return ", ".join(plain)
    quoted = [key("q.message_id"), "q.seq", key("q.sender_id"), "qs.first_name || ' ' || qs.last_name"]
    return ", ".join([*plain, *quoted, "substr(q.message_body, 1, 140)"])


def message_joins(*, full: bool) -> str:
    """Return the joins that the columns need."""
    joins = "LEFT JOIN {users} s ON s.user_id = m.sender_id"
    if full:
        joins += """
            LEFT JOIN {messages} q ON q.message_id = m.reply_to_id
            LEFT JOIN {users} qs ON qs.user_id = q.sender_id"""
    return joins.format(**tables())


def message_json(row: Sequence[Any], viewer: str) -> dict[str, Any]:
    """Return the JSON of a row of `message_columns`, with nothing beside it yet."""
    (message_id, conversation, seq, kind, sender, first, last, body, sent, edited, deleted, root, replies) = row[:13]
    data = {
        "message_id": message_id,
        "conversation": conversation,
        "seq": seq,
        "kind": kind,
        "sender": None if sender is None else {"user_id": sender, "name": f"{first} {last}", "avatar": None},
        "message_body": body,
        "sent_at": stamp(sent),
        "edited_at": stamp(edited),
        "deleted_at": stamp(deleted),
        "reply_to": _quote(row[_PLAIN:]),
        "thread_root": root,
        "reply_count": replies,
        "attachments": [],
        "mentions": [],
        "reactions": [],
        "metadata": {} if row[13] == "{}" else json.loads(row[13]),
        "pinned": False,
        "editable_until": None,
    }
    if sender == viewer:
        data["client_id"] = row[14]
    return data


def _quote(row: Sequence[Any]) -> dict[str, Any] | None:
    if not row or row[0] is None:
        return None
    quoted, seq, sender, name, excerpt = row
    card = None if sender is None else {"user_id": sender, "name": name, "avatar": None}
    return {"message_id": quoted, "seq": seq, "sender": card, "excerpt": excerpt}
