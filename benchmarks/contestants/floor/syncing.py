"""What somebody has missed, in six statements; of the log, it knows the events of messages alone."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from django.core import signing

from django_convo.conf import settings

from .beside import add_beside
from .inbox import read_changed
from .shapes import message_columns, message_joins, message_json
from .sql import key, moment, parameter, select, stamp, tables

_OVERLAP = timedelta(seconds=60)
_EVENT = 7


def sync(viewer: str, cursor: str, heads: Mapping[str, int], address: str) -> dict[str, Any]:
    """Return the first page after the cursor, and the events after the heads as far as they are few enough."""
    salt, started = f"django_convo.sync:{viewer}", datetime.now(timezone.utc)
    since = datetime.fromisoformat(signing.loads(cursor, salt=salt)[1])
    conversations, more = read_changed(viewer, since - _OVERLAP, settings.PAGE_SIZE, address)
    known = _known(viewer, heads)
    within = _within(known, heads)
    last = conversations[-1] if more else None
    position = [settings.EPOCH, since.isoformat(), started.isoformat(), *_place(last)]
    return {
        "conversations": conversations,
        "events": _frames(viewer, known, within, address),
        "limited": sorted(name for name in heads if name in known and name not in within),
        "removed": sorted({name for name in heads if name not in known} | _gone(viewer, since - _OVERLAP)),
        "cursor": signing.dumps(position, salt=salt),
        "more": more,
        "epoch": settings.EPOCH,
    }


def _known(viewer: str, heads: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return, of one's own conversations, how far the log and the counter have come."""
    names, places = tables(), ", ".join(["%s"] * len(heads))
    rows = select(
        f"""
        SELECT {key("c.conversation_id")}, c.event_seq, c.count_seq
        FROM {names["participants"]} p JOIN {names["conversations"]} c ON c.conversation_id = p.conversation_id
        WHERE p.user_id = %s AND c.deleted_at IS NULL AND p.conversation_id IN ({places})
        """,
        [parameter(viewer), *map(parameter, heads)],
    )
    return {name: (event_seq, count_seq) for name, event_seq, count_seq in rows}


def _within(known: Mapping[str, tuple[int, int]], heads: Mapping[str, int]) -> dict[str, int]:
    """Keep what is little enough to be told event by event, those that are least behind first."""
    budget, within = settings.SYNC_MAX_EVENTS * 10, {}
    behind = {name: known[name][0] - head for name, head in heads.items() if name in known}
    for name in sorted(behind, key=behind.__getitem__):
        if behind[name] <= min(settings.SYNC_MAX_EVENTS, budget):
            within[name] = heads[name]
            budget -= behind[name]
    return within


def _frames(
    viewer: str, known: Mapping[str, tuple[int, int]], within: Mapping[str, int], address: str
) -> dict[str, list[dict[str, Any]]]:
    names = tables()
    wanted = " OR ".join(["(e.conversation_id = %s AND e.event_seq > %s)"] * len(within))
    columns = f"{key('e.conversation_id')}, e.type, e.event_seq, e.seq, {key('e.actor_id')}, e.created_at"
    parameters = [value for name, head in within.items() for value in (parameter(name), head)]
    rows = select(
        f"""
        SELECT {columns}, w.first_name || ' ' || w.last_name, {message_columns(full=True)}
        FROM {names["events"]} e
        JOIN {names["messages"]} m ON m.conversation_id = e.conversation_id AND m.seq = e.seq
        LEFT JOIN {names["users"]} w ON w.user_id = e.actor_id
        {message_joins(full=True)}
        WHERE {wanted} ORDER BY e.conversation_id, e.event_seq
        """,
        parameters,
    )
    messages = [message_json(row[_EVENT:], viewer) for row in rows]
    add_beside(messages, viewer, address)
    frames: dict[str, list[dict[str, Any]]] = {name: [] for name in within}
    for (conversation, kind, event_seq, seq, actor, at, name), message in zip(
        (row[:_EVENT] for row in rows), messages, strict=True
    ):
        # To its sender, beside what everyone gets.
        client_id = message.pop("client_id", None)
        frames[conversation].append(
            {
                "type": kind,
                "conversation_id": conversation,
                "event_seq": event_seq,
                "seq": seq,
                "count_seq": known[conversation][1],
                "actor": {"user_id": actor, "name": name, "avatar": None},
                "at": stamp(at),
                "data": {"message": _framed(message)},
                **({} if client_id is None else {"client_id": client_id}),
            }
        )
    return frames


def _framed(message: dict[str, Any]) -> dict[str, Any]:
    quoted = message["reply_to"]
    message["reply_to"] = quoted and {"message_id": quoted["message_id"], "seq": quoted["seq"]}
    message["reactions"] = [{"emoji": item["emoji"], "count": item["count"]} for item in message["reactions"]]
    return message


def _gone(viewer: str, since: datetime) -> set[str]:
    names = tables()
    me, after = parameter(viewer), moment(since)
    rows = select(
        f"""
        SELECT {key("conversation_id")} FROM {names["departures"]} WHERE user_id = %s AND left_at >= %s
        UNION SELECT {key("c.conversation_id")} FROM {names["conversations"]} c
        JOIN {names["participants"]} p ON p.conversation_id = c.conversation_id
        WHERE p.user_id = %s AND c.deleted_at >= %s
        """,
        [me, after, me, after],
    )
    return {name for (name,) in rows}


def _place(last: dict[str, Any] | None) -> list[str | None]:
    return [None, None] if last is None else [last["last_message_at"], last["conversation_id"]]
