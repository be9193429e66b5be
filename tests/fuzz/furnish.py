"""Puts what is there into generated requests: an id that is made up is there in none of them.

Which, and whether at all, follows from the request alone, so that a run can be repeated.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.fuzz.world import SUBJECT, World

# How many of a hundred are of things that are there; and of those, how many messages are of the conversation beside.
THERE = 85
BESIDE = 90
# By name, wherever it stands: what it is an id of.
KINDS = {
    "conversation_id": "conversation",
    "conversation": "conversation",
    "message_id": "message",
    "reply_to": "message",
    "thread_root": "message",
    "attachment_id": "attachment",
    "attachments": "attachment",
    "report_id": "report",
    "sanction_id": "sanction",
    "scheduled_id": "scheduled",
    "user_id": "user",
    "user": "user",
    "actor": "user",
    "sender": "user",
    "participant": "user",
    "participants": "user",
    "mentions": "user",
}
EMOJI = ("👍", "🌊", "❤️")
WORDS = ("lighthouse", "good even", "lit")
# Of which values of a part that was generated to be wrong is certain that they are not what is wrong with it.
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PARTS = {"path": "path_parameters", "query": "query", "body": "body"}

Ask = Callable[[str, dict[str, Any]], Any]


class Furnisher:
    """Furnishes the requests of one actor; `get` and `post` ask the site as that actor, and return the JSON."""

    def __init__(self, world: World, *, get: Ask, post: Ask) -> None:
        self._world = world
        self._get = get
        self._post = post

    def furnish(self, case: Any) -> None:
        """Change the case in place; what was generated to be wrong stays so."""
        self._chance = random.Random(digest(case) // 2)
        self._conversation: str | None = None
        wrong = _wrong_parts(case)
        for part, change in (("path", self._path), ("query", self._query), ("body", self._body)):
            value = getattr(case, _PARTS[part])
            if isinstance(value, dict) and value:
                self._is_wrong = part in wrong
                changed = change(case, dict(value))
                # What is set is taken for another value.
                if changed != value:
                    setattr(case, _PARTS[part], changed)

    def _path(self, case: Any, found: dict[str, Any]) -> dict[str, Any]:
        # In this order the conversation comes first, by which its messages are chosen.
        for name in sorted(found):
            if name == "emoji":
                found[name] = self._one_of(EMOJI) if not self._is_wrong and self._is_likely(THERE) else found[name]
            elif name in KINDS:
                found[name] = self._id(KINDS[name], found[name])
        return found

    def _query(self, case: Any, found: dict[str, Any]) -> dict[str, Any]:
        for name in sorted(found):
            if name in KINDS and found[name] != "none":
                found[name] = self._id(KINDS[name], found[name])
        if self._is_wrong:
            return found
        if "subject_type" in found and self._is_likely(THERE):
            found |= {"subject_type": SUBJECT, "subject_id": self._one_of(self._world.ids["booking"])}
        for name in sorted({"search", "q"} & set(found)):
            found[name] = self._one_of(WORDS) if self._is_likely(50) else found[name]
        if "token" in found and self._is_likely(50):
            found["token"] = self._token(case) or found["token"]
        if "cursor" in found and self._is_likely(70):
            found |= self._cursor(case, found)
        return found

    def _body(self, case: Any, found: dict[str, Any]) -> dict[str, Any]:
        for name in sorted(found):
            if name in KINDS:
                found[name] = self._ids(KINDS[name], found[name])
        if self._is_wrong:
            return found
        if "client_id" in found and self._is_likely(20):
            found["client_id"] = self._one_of(("known", "later"))
        if isinstance(found.get("subject"), dict) and self._is_likely(THERE):
            found["subject"] = {"type": SUBJECT, "id": self._one_of(self._world.ids["booking"])}
        if isinstance(found.get("heads"), dict):
            found["heads"] = {self._id("conversation", key): value for key, value in sorted(found["heads"].items())}
        if isinstance(found.get("cursor"), str) and self._is_likely(THERE):
            found["cursor"] = self._post("/api/sync/", {})["cursor"]
        return found

    def _ids(self, kind: str, value: Any) -> Any:
        # Few, so that not one of many that is not there spoils them all.
        return [self._id(kind, item) for item in value[:2]] if isinstance(value, list) else self._id(kind, value)

    def _id(self, kind: str, made_up: Any) -> Any:
        is_certain = isinstance(made_up, str) and (not self._is_wrong or _UUID.fullmatch(made_up))
        if not is_certain or not self._is_likely(THERE):
            return made_up
        if kind == "message":
            return self._message()
        chosen = self._one_of(self._world.ids[kind])
        if kind == "conversation":
            self._conversation = chosen
        return chosen

    def _message(self) -> str:
        within = self._world.messages.get(self._conversation or "")
        if within is None or not self._is_likely(BESIDE):
            within = self._one_of(list(self._world.messages.values()))
        return str(self._one_of(within))

    def _cursor(self, case: Any, query: dict[str, Any]) -> dict[str, Any]:
        """Return the cursor of the second page of this very list, where there is one."""
        page = self._get(case.formatted_path, {**query, "cursor": "", "limit": 1})
        link = page.get("next") if isinstance(page, dict) else None
        return {"cursor": parse_qs(urlsplit(link).query)["cursor"][0]} if link else {}

    def _token(self, case: Any) -> str | None:
        shown = self._get(case.formatted_path.removesuffix("download/"), {})
        link = shown.get("url") if isinstance(shown, dict) else None
        return parse_qs(urlsplit(link).query)["token"][0] if link else None

    def _one_of(self, items: Any) -> Any:
        return items[self._chance.randrange(len(items))]

    def _is_likely(self, percent: int) -> bool:
        return self._chance.randrange(100) < percent


def digest(case: Any) -> int:
    """Return a number that is the same for the same case in every run."""
    return zlib.crc32(f"{case.method} {case.path} {case!r}".encode(errors="surrogatepass"))


def _wrong_parts(case: Any) -> set[str]:
    """Return the parts that were generated against the schema."""
    components = {} if case.meta is None else case.meta.components
    return {location.value for location, made in components.items() if made.mode.is_negative}
