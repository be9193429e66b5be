"""A million messages as they are in a messenger: many small conversations, few large ones, words as in a language."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import accumulate, product
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import connection

from django_convo.models import Participant, get_conversation_model, get_message_model

# In this share of the messages; the rare ones in a handful each.
COMMON = "lighthouse"
COMMON_SHARE = 0.3
RARE = "barnacle"
RARE_WORDS = 500
RARE_COPIES = 10
_START = datetime(2024, 1, 1, tzinfo=timezone.utc)
_SPAN = timedelta(days=700)
_VOCABULARY = 40_000
_COLUMNS = (
    "message_id",
    "conversation_id",
    "sender_id",
    "message_body",
    "sent_at",
    "seq",
    "count_seq",
    "kind",
    "reply_count",
    "metadata",
)
_SYLLABLES = ("ka", "ro", "mi", "tel", "san", "du", "ve", "lor", "pi", "gan", "chu", "es", "not", "ba", "ri")


@dataclass(kw_only=True)
class Talk:
    """What was made: who searches, by the number of their conversations, and what they may find."""

    searchers: dict[int, Any] = field(default_factory=dict)
    rare_words: list[str] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class _Conversation:
    key: UUID
    members: list[UUID]
    first: datetime
    days: float
    size: int


def make_talk(*, messages: int, conversations: int, searchers: tuple[int, ...] = (45, 1000)) -> Talk:
    """Fill an empty database; the same every time."""
    dice = random.Random(1)
    users = [UUID(int=dice.getrandbits(128), version=4) for _ in range(_others(conversations))]
    made = list(_conversations(dice, users, messages, conversations))
    seekers = [UUID(int=dice.getrandbits(128), version=4) for _ in searchers]
    for user, many in zip(seekers, searchers, strict=True):
        for conversation in dice.sample(made, many):
            conversation.members.append(user)
    _write_users([*users, *seekers])
    _write_conversations(made)
    _write_messages(dice, made, _rare_words())
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    people = get_user_model()._default_manager.in_bulk(seekers)
    return Talk(
        searchers={many: people[user] for user, many in zip(seekers, searchers, strict=True)},
        rare_words=_rare_words(),
    )


def find_talk(*, conversations: int, searchers: tuple[int, ...] = (45, 1000)) -> Talk | None:
    """Return what `make_talk` has left in the database, or None where there is nothing of that size."""
    users: Any = get_user_model()._default_manager
    if get_conversation_model()._default_manager.count() != conversations:
        return None
    names = {many: f"User{_others(conversations) + number}" for number, many in enumerate(searchers)}
    people = {many: users.get(first_name=name) for many, name in names.items()}
    return Talk(searchers=people, rare_words=_rare_words())


def _others(conversations: int) -> int:
    return max(conversations // 5, 50)


def _rare_words() -> list[str]:
    return [f"{RARE}{number}" for number in range(RARE_WORDS)]


def _conversations(dice: random.Random, users: list[UUID], messages: int, many: int) -> Iterator[_Conversation]:
    # Sizes fall off as a power: most have a handful of messages, one in a thousand has many hundreds.
    sizes = [dice.paretovariate(1.1) for _ in range(many)]
    scale = messages / sum(min(size, 2000) for size in sizes)
    for size in sizes:
        days = dice.expovariate(1 / 60)
        yield _Conversation(
            key=UUID(int=dice.getrandbits(128), version=4),
            members=dice.sample(users, 2 if dice.random() < 0.7 else dice.randint(3, 12)),
            first=_START + _SPAN * dice.random(),
            days=days,
            size=max(1, round(min(size, 2000) * scale)),
        )


def _write_users(keys: list[UUID]) -> None:
    model: Any = get_user_model()
    model._default_manager.bulk_create(
        [
            model(pk=key, first_name=f"User{number}", last_name="Tester", email=f"user{number}@example.com")
            for number, key in enumerate(keys)
        ],
        batch_size=1000,
    )


def _write_conversations(made: list[_Conversation]) -> None:
    model: Any = get_conversation_model()
    model._default_manager.bulk_create(
        [
            model(
                pk=item.key,
                kind="direct" if len(item.members) == 2 else "group",
                created_at=item.first,
                last_seq=item.size,
                count_seq=item.size,
                last_message_at=item.first + timedelta(days=item.days),
                participant_count=len(item.members),
            )
            for item in made
        ],
        batch_size=1000,
    )
    Participant.objects.bulk_create(
        [Participant(conversation_id=item.key, user_id=user) for item in made for user in item.members],
        batch_size=1000,
    )


def _write_messages(dice: random.Random, made: list[_Conversation], rare: list[str]) -> None:
    rows = [(_moment(dice, item), item) for item in made for _ in range(item.size)]
    rows.sort(key=lambda row: row[0])
    chosen = dice.sample(range(len(rows)), len(rare) * RARE_COPIES)
    planted = {place: rare[number % len(rare)] for number, place in enumerate(chosen)}
    words = vocabulary()
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    seqs: dict[UUID, int] = {}
    table = connection.ops.quote_name(get_message_model()._meta.db_table)
    columns = (
        "message_id, conversation_id, sender_id, message_body, sent_at, seq, count_seq, kind, reply_count, metadata"
    )
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for place, (moment, item) in enumerate(rows):
            seq = seqs[item.key] = seqs.get(item.key, 0) + 1
            said = dice.choices(words, cum_weights=weights, k=min(60, 2 + int(dice.expovariate(0.1))))
            if dice.random() < COMMON_SHARE:
                said.append(COMMON)
            if place in planted:
                said.append(planted[place])
            key = UUID(int=(int(moment.timestamp() * 1000) << 80) | 7 << 76 | 2 << 62 | dice.getrandbits(62))
            sender = dice.choice(item.members)
            copy.write_row((key, item.key, sender, " ".join(said), moment, seq, seq, "user", 0, "{}"))


def _moment(dice: random.Random, item: _Conversation) -> datetime:
    return item.first + timedelta(days=item.days * dice.random())


def vocabulary() -> list[str]:
    """Return words of two to four syllables, the frequent ones first."""
    spoken = ("".join(parts) for length in (2, 3, 4) for parts in product(_SYLLABLES, repeat=length))
    return [word for word, _ in zip(spoken, range(_VOCABULARY), strict=False)]
