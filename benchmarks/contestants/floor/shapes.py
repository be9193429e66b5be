"""A message in the floor's statements: its columns, and the JSON made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from django.core import signing

from .sql import array, gathered, key, loads, stamp, tables

# Of a row: the message itself, then whom it quotes, then what stands beside it.
_PLAIN = 15
_QUOTED = 5
_BESIDE = 4
WIDTH = _PLAIN
FULL_WIDTH = _PLAIN + _QUOTED + _BESIDE


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
    return ", ".join([*plain, *quoted, "substr(q.message_body, 1, 140)", *_beside()])


def message_joins(*, full: bool) -> str:
    """Return the joins that the columns need."""
    joins = "LEFT JOIN {users} s ON s.user_id = m.sender_id"
    if full:
        joins += """
            LEFT JOIN {messages} q ON q.message_id = m.reply_to_id
            LEFT JOIN {users} qs ON qs.user_id = q.sender_id"""
    return joins.format(**tables())


def _beside() -> list[str]:
    names = tables()
    file = array(key("a.attachment_id"), "a.name", "a.content_type", "a.size", "a.width", "a.height", "a.thumbnail")
    person = array(key("n.user_id"), "u.first_name || ' ' || u.last_name")
    # Here alone is a user named: %s is who asks.
    reaction = array("e.emoji", "e.many", "e.mine")
    return [
        f"EXISTS (SELECT 1 FROM {names['pins']} t WHERE t.message_id = m.message_id)",
        f"(SELECT {gathered(file)} FROM (SELECT * FROM {names['attachments']} f "
        "WHERE f.message_id = m.message_id ORDER BY f.position) a)",
        f"(SELECT {gathered(person)} FROM {names['mentions']} n LEFT JOIN {names['users']} u "
        "ON u.user_id = n.user_id WHERE n.message_id = m.message_id)",
        f"(SELECT {gathered(reaction)} FROM (SELECT r.emoji, count(*) AS many, "
        f"max(CASE WHEN r.user_id = %s THEN 1 ELSE 0 END) AS mine, min(r.id) AS first FROM {names['reactions']} r "
        "WHERE r.message_id = m.message_id GROUP BY r.emoji ORDER BY first) e)",
    ]


def message_json(row: Sequence[Any], viewer: str, address: str) -> dict[str, Any]:
    """Return the JSON of a row of `message_columns`."""
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
        "reply_to": None,
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
    if len(row) > _PLAIN:
        _add_beside(data, row[_PLAIN:], viewer, address)
    return data


def _add_beside(data: dict[str, Any], row: Sequence[Any], viewer: str, address: str) -> None:
    quoted, seq, sender, name, excerpt, pinned, files, mentions, reactions = row
    if quoted is not None:
        card = None if sender is None else {"user_id": sender, "name": name, "avatar": None}
        data["reply_to"] = {"message_id": quoted, "seq": seq, "sender": card, "excerpt": excerpt}
    data["pinned"] = bool(pinned)
    data["attachments"] = [_file(file, viewer, address) for file in loads(files)]
    data["mentions"] = [
        {"user_id": user, "name": name or "everyone", "avatar": None} for user, name in loads(mentions)
    ]
    data["reactions"] = [{"emoji": emoji, "count": many, "me": bool(mine)} for emoji, many, mine in loads(reactions)]


def _file(file: Sequence[Any], viewer: str, address: str) -> dict[str, Any]:
    key, name, content_type, size, width, height, thumbnail = file
    token = signing.dumps([viewer, key.replace("-", "")], salt="django_convo.attachment")
    url = f"{address}attachments/{key}/download/?token={token}"
    return {
        "attachment_id": key,
        "name": name,
        "content_type": content_type,
        "size": size,
        "width": width,
        "height": height,
        "url": url,
        "thumbnail_url": f"{url}&thumbnail=true" if thumbnail else None,
    }
