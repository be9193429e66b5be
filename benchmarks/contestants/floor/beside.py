"""What stands beside messages: one more statement for a whole page.

It could be subqueries of the first one; PostgreSQL takes more than twice as long to plan and run that for 50 messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import signing

from .sql import among, key, parameter, select, tables

_REACTION, _FILE, _MENTION, _PIN = range(4)


def add_beside(messages: Sequence[dict[str, Any]], viewer: str, address: str) -> None:
    """Add reactions, files, mentions and whether it is pinned to the JSON of messages."""
    shown = {message["message_id"]: message for message in messages}
    if not shown:
        return
    for message_id, kind, _, first, second, third, fourth, one, two, three in _rows(list(shown), viewer):
        message = shown[message_id]
        if kind == _REACTION:
            message["reactions"].append({"emoji": first, "count": one, "me": bool(two)})
        elif kind == _FILE:
            message["attachments"].append(_file(first, second, third, fourth, (one, two, three), viewer, address))
        elif kind == _MENTION:
            message["mentions"].append({"user_id": first, "name": second or "everyone", "avatar": None})
        else:
            message["pinned"] = True


def _rows(keys: Sequence[str], viewer: str) -> list[Any]:
    names = tables()
    reacted, reacted_keys = among("r.message_id", keys)
    attached, attached_keys = among("a.message_id", keys)
    mentioned, mentioned_keys = among("n.message_id", keys)
    pinned, pinned_keys = among("t.message_id", keys)
    return select(
        f"""
        SELECT {key("r.message_id")}, {_REACTION}, min(r.id), r.emoji, '', '', '', count(*),
            max(CASE WHEN r.user_id = %s THEN 1 ELSE 0 END), 0
        FROM {names["reactions"]} r WHERE {reacted} GROUP BY r.message_id, r.emoji
        UNION ALL
        SELECT {key("a.message_id")}, {_FILE}, a.position, a.name, a.content_type, {key("a.attachment_id")},
            a.thumbnail, a.size, a.width, a.height
        FROM {names["attachments"]} a WHERE {attached}
        UNION ALL
        SELECT {key("n.message_id")}, {_MENTION}, n.id, {key("n.user_id")}, u.first_name || ' ' || u.last_name,
            '', '', 0, 0, 0
        FROM {names["mentions"]} n LEFT JOIN {names["users"]} u ON u.user_id = n.user_id WHERE {mentioned}
        UNION ALL
        SELECT {key("t.message_id")}, {_PIN}, 0, '', '', '', '', 0, 0, 0 FROM {names["pins"]} t WHERE {pinned}
        ORDER BY 2, 3
        """,
        [parameter(viewer), *reacted_keys, *attached_keys, *mentioned_keys, *pinned_keys],
    )


def _file(
    name: str, content_type: str, key: str, thumbnail: str, measures: tuple[int, ...], viewer: str, address: str
) -> dict[str, Any]:
    size, width, height = measures
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
