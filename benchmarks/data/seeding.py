"""Filling an empty database: who is in it first, then what was said, then how far each has read."""

from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection

from django_convo.models import (
    Attachment,
    Event,
    Mention,
    Participant,
    Reaction,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.differences import find_differences

from .bulk import Writer, without_indexes
from .cast import Cast
from .plan import Plan, Planned, make_plan
from .said import RARE_WORDS, say
from .sizes import Size

_SAMPLE = 200


def seed(size: Size) -> Cast:
    """Fill the database, recount a sample of it, and say who is who; the same every time, but for the dates."""
    dice = random.Random(1)
    plan = make_plan(size, dice)
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    tables = [get_user_model(), get_conversation_model(), Participant, get_message_model()]
    with without_indexes([*tables, Reaction, Attachment, Mention, Event]):
        users = _write_users(plan, dice, now)
        say(plan, users, dice, now)
        _write_conversations(plan, users)
        _write_participants(plan, users, dice)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    _verify(plan, dice)
    cast = _cast(size, plan, users, now)
    cast.save()
    return cast


def _write_users(plan: Plan, dice: random.Random, now: datetime) -> list[str]:
    columns = (
        "password",
        "is_superuser",
        "user_id",
        "first_name",
        "last_name",
        "email",
        "role",
        "is_staff",
        "is_active",
        "created_at",
    )
    writer = Writer(get_user_model(), columns)
    keys = []
    since = str(now - timedelta(days=800))
    for number in range(plan.users):
        key = f"{dice.getrandbits(48):012x}7{dice.getrandbits(12):03x}9{dice.getrandbits(60):015x}"
        keys.append(key)
        writer.add(
            ("!", False, key, f"User{number}", "Tester", f"user{number}@example.com", "guest", False, True, since)
        )
    writer.flush()
    return keys


def _write_conversations(plan: Plan, users: list[str]) -> None:
    columns = (
        "conversation_id",
        "created_at",
        "created_by",
        "kind",
        "title",
        "topic",
        "metadata",
        "last_seq",
        "count_seq",
        "event_seq",
        "membership_version",
        "participant_count",
        "last_message_id",
        "last_message_at",
        "changed_at",
        "slow_mode_seconds",
    )
    writer = Writer(get_conversation_model(), columns)
    for item in plan.conversations:
        is_direct = item.kind == "direct"
        title = "" if is_direct else f"Conversation {item.number}"
        creator = users[item.members[0]]
        last_id, count = item.recent[-1], item.length
        state = (count, count, count, len(item.members), len(item.members), last_id, item.last_at, item.last_at, 0)
        writer.add((item.key, item.first_at, creator, item.kind, title, "", "{}", *state))
    writer.flush()


def _write_participants(plan: Plan, users: list[str], dice: random.Random) -> None:
    columns = (
        "conversation",
        "user",
        "role",
        "joined_at",
        "visible_from_seq",
        "joined_event_seq",
        "last_read_seq",
        "read_count_seq",
        "last_delivered_seq",
        "mention_count",
        "notify",
        "updated_at",
    )
    writer = Writer(Participant, columns)
    for item in plan.conversations:
        for place, user in enumerate(item.members):
            is_owner = place == 0 and item.kind != "direct"
            read = max(item.last_own[place], item.length - _unread(dice))
            mentions = sum(1 for seq, named in item.mentions if seq > read and named == user)
            role, joined = "owner" if is_owner else "member", item.first_at
            state = (1, 1, read, read, item.length, mentions, "all", joined)
            writer.add((item.key, users[user], role, joined, *state))
    writer.flush()


def _unread(dice: random.Random) -> int:
    # Most have read everything; some a few less, one in ten is far behind. One's own messages are read.
    chance = dice.random()
    if chance < 0.6:
        return 0
    return dice.randint(1, 5) if chance < 0.9 else dice.randint(6, 60)


def _verify(plan: Plan, dice: random.Random) -> None:
    """Recount as `convo_verify` does: what everybody's figures are compared with has to be right itself."""
    special: list[Planned] = [plan.deep, plan.full, plan.pair, plan.hot, plan.many[0], plan.missed_in[0]]
    sample = dice.sample(plan.conversations, min(_SAMPLE, len(plan.conversations)))
    differences = find_differences(list(dict.fromkeys(item.key for item in [*special, *sample])))
    if differences:
        raise RuntimeError("The counters of the data set are wrong:\n" + "\n".join(map(str, differences[:20])))


def _cast(size: Size, plan: Plan, users: list[str], now: datetime) -> Cast:
    def keys(items: list[Planned]) -> list[str]:
        return [_dashed(item.key) for item in items]

    people: Any = {name: _dashed(users[getattr(plan, name)]) for name in ("reader", "busy", "returning", "writer")}
    places: Any = {name: _dashed(getattr(plan, name).key) for name in ("deep", "full", "large", "pair", "hot")}
    return Cast(
        size=size.name,
        made_at=now.isoformat(),
        missed_in=keys(plan.missed_in),
        many=keys(plan.many),
        writers=[_dashed(users[number]) for number in plan.writers],
        deep_length=plan.deep.length,
        rare_words=list(RARE_WORDS),
        **people,
        **places,
    )


def _dashed(key: str) -> str:
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
