"""At the end: what each client shows beside a fresh load, and each frame beside who was a member at its number."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from typing import Any

import psycopg

from tests.acceptance.journal import Journal
from tests.acceptance.storm.device import comparable
from tests.acceptance.storm.rest import Person, Rest
from tests.acceptance.storm.services import Services

LOG = "SELECT conversation_id, event_seq, type, seq, payload, created_at FROM django_convo_event ORDER BY 1, 2"
NOW = "SELECT conversation_id, user_id, joined_event_seq, visible_from_seq FROM django_convo_participant"
TEXTS = "SELECT client_id, conversation_id, count(*) FROM django_convo_message GROUP BY 1, 2"


async def judge_states(
    rest: Rest, people: dict[str, Person], testimonies: Iterable[dict[str, Any]], log: Log, journal: Journal
) -> None:
    """Compare what each client shows with a fresh load, and its unread count with the server's."""
    fresh: dict[str, dict[str, Any]] = {}
    for user_id, person in people.items():
        keys = sorted([key async for key in rest.inbox(person)])
        loaded = await asyncio.gather(*(rest.load(key, person) for key in keys))
        fresh[user_id] = {
            # What the server counts, where a client counts by two figures.
            key: {**comparable(shown), "unread": shown.own["unread_count"]}
            for key, shown in zip(keys, loaded, strict=True)
            if shown
        }
    for testimony in testimonies:
        _compare(testimony, fresh[testimony["user_id"]], log, journal)


def _compare(testimony: dict[str, Any], fresh: dict[str, Any], log: Log, journal: Journal) -> None:
    where = f"a client of {testimony['user_id']}"
    shown = testimony["shown"]
    for key in fresh.keys() ^ shown.keys():
        what = "missing" if key in fresh else "too many"
        moves = log.moves.get((key, testimony["user_id"]))
        journal.differ(f"{where}: {key}", f"{what}; the way there: {testimony['trail'].get(key)}; moves: {moves}")
    for key in fresh.keys() & shown.keys():
        for part, expected in fresh[key].items():
            actual = shown[key][part]
            if part == "messages":
                journal.count("messages compared", len(expected))
                journal.check(f"{where}: which messages in {key}", sorted(expected), sorted(actual))
                for name in expected.keys() & actual.keys():
                    journal.check(f"{where}: message {name} in {key}", expected[name], actual[name])
            else:
                is_equal = journal.check(f"{where}: {part} in {key}", expected, actual)
                if not is_equal and part == "counters":
                    journal.differ(f"{where}: {key}", f"the way there: {testimony['trail'].get(key)}")


class Log:
    """Who was a member at which event, and from which message on they might see: from the rows in the database."""

    def __init__(self, services: Services) -> None:
        events, members, self.texts = _rows(services, LOG, NOW, TEXTS)
        # By conversation and user: (first event, first event no more, first message to be seen).
        self.spans: dict[tuple[str, str], list[tuple[int, float, int]]] = {}
        # When they came and went, for whoever looks into a difference.
        self.moves: dict[tuple[str, str], list[str]] = {}
        self.size = len(events)
        last_seq: Counter[str] = Counter()
        begun: dict[tuple[str, str], tuple[int, int]] = {}
        for raw_key, number, kind, seq, raw_payload, at in events:
            key = _key(raw_key)
            place = (key, _json(raw_payload).get("user", ""))
            if kind.startswith("participant."):
                self.moves.setdefault(place, []).append(f"{kind} {number} {at}")
            if kind == "message.created":
                last_seq[key] = seq
            elif kind == "participant.added":
                begun[place] = (number, last_seq[key] + 1)
            elif kind == "participant.removed":
                # Whose adding the log does not know was there when the conversation was created.
                begin, visible = begun.pop(place, (1, 1))
                self.spans.setdefault(place, []).append((begin, number, visible))
        for raw_key, raw_user, joined, visible in members:
            self.spans.setdefault((_key(raw_key), _key(raw_user)), []).append((joined, float("inf"), visible))

    def may(self, user_id: str, key: str, number: int, seq: int | None, history: str) -> bool:
        """Say whether this user was a member at that event, and might see that message."""
        for begin, end, visible in self.spans.get((key, user_id), ()):
            if begin <= number < end:
                return seq is None or history == "all" or seq >= visible
        return False


def judge_sight(log: Log, testimonies: Iterable[dict[str, Any]], history: str, journal: Journal) -> None:
    """Find every frame that came to somebody who was no member at its number, or who might not see its message."""
    for testimony in testimonies:
        user_id = testimony["user_id"]
        for key, numbers in testimony["seen"].items():
            for number, seq in numbers:
                journal.count("frames held against the log")
                if not log.may(user_id, key, number, seq, history):
                    spans = log.spans.get((key, user_id))
                    journal.differ(f"{user_id} saw {key}", f"event {number}, message {seq}; a member in {spans}")
        for key, number in testimony["snapshots"]:
            if not log.may(user_id, key, number, None, history):
                spans = log.spans.get((key, user_id))
                journal.differ(f"{user_id} saw {key}", f"the whole of it at {number}; a member in {spans}")


def judge_texts(log: Log, accepted: dict[str, str], journal: Journal) -> None:
    """Find what the server has accepted, each once, in the conversation that it was sent to."""
    found: dict[str, list[tuple[str, int]]] = {}
    for client_id, raw_key, number in log.texts:
        found.setdefault(client_id, []).append((_key(raw_key), number))
    for client_id, key in accepted.items():
        journal.check(f"message {client_id}", [(key, 1)], found.get(client_id, []))


def judge_counts(services: Services, journal: Journal) -> None:
    """Let the project recount."""
    recounted = services.manage("convo_verify")
    if recounted.returncode:
        journal.differ("convo_verify", (recounted.stdout + recounted.stderr)[-2_000:])


def _rows(services: Services, *statements: str) -> list[list[Any]]:
    if services.is_postgres:
        with psycopg.connect(services.database_url) as connection:
            return [connection.execute(statement).fetchall() for statement in statements]
    with sqlite3.connect(services.database_url.removeprefix("sqlite:///")) as database:
        return [database.execute(statement).fetchall() for statement in statements]


def _key(value: Any) -> str:
    """Return an id as the API writes it; SQLite keeps ids without hyphens."""
    text = str(value)
    return text if "-" in text else f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _json(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value
