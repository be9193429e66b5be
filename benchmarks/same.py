"""What keeps the comparison honest: whether the contestants give the same answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_ADDRESS = re.compile(r"/(api|floor)/")
# What is different in each answer, or is signed.
_CURSOR = re.compile(r"cursor=[^&]*")
_TOKEN = re.compile(r"token=[^&]*")


def differences(ours: Any, floor: Any, where: str = "") -> Iterator[str]:
    """Say, field by field, where two answers differ.

    Addresses are those of each; signatures and cursors are not compared.
    """
    if isinstance(ours, dict) and isinstance(floor, dict):
        for name in sorted(ours.keys() | floor.keys()):
            if name == "cursor":
                continue
            if name not in ours or name not in floor:
                yield f"{where}.{name}: only in {'ours' if name in ours else 'the floor'}"
            else:
                yield from differences(ours[name], floor[name], f"{where}.{name}")
    elif isinstance(ours, list) and isinstance(floor, list):
        if len(ours) != len(floor):
            yield f"{where}: {len(ours)} and {len(floor)}"
        for place, (one, other) in enumerate(zip(ours, floor, strict=False)):
            yield from differences(one, other, f"{where}[{place}]")
    elif _plain(ours) != _plain(floor):
        yield f"{where}: {ours!r} and {floor!r}"


def rows_of(answer: Any) -> Any:
    """Return what every contestant has to agree on: which rows, in which order, and what is unread.

    Naive and tuned shape them as they like.
    """
    if "conversations" in answer:
        return answer["conversations"], answer["messages"]
    return [_row(item) for item in answer["results"]]


def _row(item: dict[str, Any]) -> Any:
    if "unread_count" not in item:
        return item["message_id"]
    people = [participant["user"]["user_id"] for participant in item["participants"]]
    return item["conversation_id"], people, item["last_message"]["message_id"], item["unread_count"]


def _plain(value: Any) -> Any:
    if not isinstance(value, str) or not value.startswith("http"):
        return value
    value = _ADDRESS.sub("/", value, count=1).replace("/full/", "/messages/").replace("/walk/", "/")
    return _TOKEN.sub("token", _CURSOR.sub("cursor", value))
