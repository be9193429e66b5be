"""Conversations as the inbox and `sync` show them: a page in one statement, and one for what stands
beside the last messages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any

from django.db import connection

from django_convo.policy.capabilities import SHOWN
from django_convo.policy.roles import CONVERSATION_ROLES
from django_convo.policy.rules import _FIXED_IN_DIRECT

from .beside import add_beside
from .shapes import message_columns, message_joins, message_json
from .sql import array, gathered, key, largest, loads, moment, parameter, select, stamp, tables

_CONVERSATION = 29
# What orders a page, which conversations it holds, and in which direction.
_UNARCHIVED = """(
    p.archived_at IS NULL
    OR (p.archived_at < c.last_message_at AND (p.muted_until IS NULL OR p.muted_until <= %s))
)"""
_CHANGED = "(c.changed_at >= %s OR p.updated_at >= %s)"


@lru_cache(maxsize=4)
def _statement(vendor: str, *, changed: bool) -> str:
    if changed:
        moved_at = largest("c.changed_at", "p.updated_at")
        wanted, rank, order = _CHANGED, moved_at, "rank, {0}conversation_id"
    else:
        rank = "p.pinned_at IS NOT NULL"
        wanted, order = _UNARCHIVED, "rank DESC, {0}last_message_at DESC, {0}conversation_id DESC"
    people = array("f.user_id", "f.name", "f.role", "f.last_read_seq", "f.last_delivered_seq")
    columns = [
        key("page.conversation_id"),
        "page.kind",
        "page.title",
        "page.topic",
        "page.created_at",
        key("page.created_by_id"),
        "b.first_name || ' ' || b.last_name",
        "page.metadata",
        "y.app_label || '.' || y.model",
        "page.subject_id",
        "page.closed_at",
        "page.slow_mode_seconds",
        "page.participant_count",
        "page.last_message_at",
        "page.last_seq",
        "page.count_seq",
        "page.event_seq",
        "page.role",
        "page.joined_at",
        "page.last_read_seq",
        "page.read_count_seq",
        "page.mention_count",
        "page.muted_until",
        "page.archived_at",
        "page.pinned_at",
        "page.notify",
        "d.message_body",
        key("d.reply_to_id"),
        "d.updated_at",
    ]
    names = tables()
    return f"""
        WITH page AS (
            SELECT c.conversation_id, c.kind, c.title, c.topic, c.created_at, c.created_by_id, c.metadata,
                c.subject_type_id, c.subject_id, c.closed_at, c.slow_mode_seconds, c.participant_count,
                c.last_message_id, c.last_message_at, c.last_seq, c.count_seq, c.event_seq,
                p.user_id, p.role, p.joined_at, p.visible_from_seq, p.last_read_seq, p.read_count_seq,
                p.mention_count, p.muted_until, p.archived_at, p.pinned_at, p.notify,
                {rank} AS rank
            FROM {names["participants"]} p JOIN {names["conversations"]} c ON c.conversation_id = p.conversation_id
            WHERE p.user_id = %s AND c.deleted_at IS NULL AND {wanted}
            ORDER BY {order.format("c.")} LIMIT %s
        )
        SELECT {", ".join(columns)}, (
            SELECT {gathered(people)} FROM (
                SELECT {key("o.user_id")} AS user_id, u.first_name || ' ' || u.last_name AS name, o.role,
                    o.last_read_seq, o.last_delivered_seq
                FROM {names["participants"]} o JOIN {names["users"]} u ON u.user_id = o.user_id
                WHERE o.conversation_id = page.conversation_id ORDER BY o.id LIMIT 10
            ) f
        ), {message_columns(full=True)}
        FROM page
        LEFT JOIN {names["users"]} b ON b.user_id = page.created_by_id
        LEFT JOIN django_content_type y ON y.id = page.subject_type_id
        LEFT JOIN {names["drafts"]} d ON d.conversation_id = page.conversation_id AND d.user_id = page.user_id
        LEFT JOIN {names["messages"]} m ON m.message_id = page.last_message_id AND m.seq >= page.visible_from_seq
        {message_joins(full=True)}
        ORDER BY {order.format("page.")}
    """


def read_inbox(viewer: str, limit: int, address: str) -> tuple[list[dict[str, Any]], bool]:
    """Return a page of the inbox, and whether there are more."""
    me = parameter(viewer)
    statement = _statement(connection.vendor, changed=False)
    rows = select(statement, [me, moment(datetime.now(timezone.utc)), limit + 1])
    return _shown(rows[:limit], viewer, address), len(rows) > limit


def read_changed(viewer: str, since: datetime, limit: int, address: str) -> tuple[list[dict[str, Any]], bool]:
    """Return what changed since a moment, the longest ago first, and whether there is more."""
    me, after = parameter(viewer), moment(since)
    statement = _statement(connection.vendor, changed=True)
    rows = select(statement, [me, after, after, limit + 1])
    return _shown(rows[:limit], viewer, address), len(rows) > limit


def _shown(rows: Sequence[Any], viewer: str, address: str) -> list[dict[str, Any]]:
    conversations = [_conversation(row, viewer) for row in rows]
    add_beside([item["last_message"] for item in conversations if item["last_message"] is not None], viewer, address)
    return conversations


def _conversation(row: Sequence[Any], viewer: str) -> dict[str, Any]:
    (
        key, kind, title, topic, created_at, creator, creator_name, metadata, subject_type, subject_id, closed_at,
        slow, people, last_at, last_seq, count_seq, event_seq, role, joined_at, read, read_count, mentions, muted,
        archived, pinned, notify, draft, draft_reply, draft_at,
    ) = row[:_CONVERSATION]  # fmt: skip
    message = row[_CONVERSATION + 1 :]
    return {
        "conversation_id": key,
        "kind": kind,
        "title": title,
        "topic": topic,
        "created_at": stamp(created_at),
        "created_by": None if creator is None else {"user_id": creator, "name": creator_name, "avatar": None},
        "metadata": {} if metadata == "{}" else json.loads(metadata),
        "subject": None if subject_type is None else {"type": subject_type, "id": subject_id},
        "closed_at": stamp(closed_at),
        "slow_mode_seconds": slow,
        "participant_count": people,
        "participants": [_participant(item, kind) for item in loads(row[_CONVERSATION])],
        "last_message": None if message[0] is None else message_json(message, viewer),
        "last_message_at": stamp(last_at),
        "last_seq": last_seq,
        "count_seq": count_seq,
        "event_seq": event_seq,
        "unread_count": count_seq - read_count,
        "mention_count": mentions,
        "membership": {
            "role": role,
            "joined_at": stamp(joined_at),
            "last_read_seq": read,
            "read_count_seq": read_count,
            "muted_until": stamp(muted),
            "archived_at": stamp(archived),
            "pinned_at": stamp(pinned),
            "notify": notify,
            "draft": None
            if draft is None
            else {"message_body": draft, "reply_to": draft_reply, "updated_at": stamp(draft_at)},
        },
        "capabilities": _CAPABILITIES[kind == "direct", role],
    }


def _participant(item: Sequence[Any], kind: str) -> dict[str, Any]:
    user, name, role, read, delivered = item
    data = {"user": {"user_id": user, "name": name, "avatar": None}, "role": role}
    return {**data, "last_read_seq": read, "last_delivered_seq": delivered} if kind == "direct" else data


# By whether it is a direct, and the role: written down, where ours asks the policy.
_CAPABILITIES = {
    (is_direct, role): sorted((names & SHOWN) - (_FIXED_IN_DIRECT if is_direct else frozenset()))
    for is_direct in (False, True)
    for role, names in CONVERSATION_ROLES.items()
}
