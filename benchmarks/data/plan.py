"""Which conversations a data set has, who is in each, and how much is said there: drawn before a row is written."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from .sizes import Size

# Of the large conversation, the full one and those that are there to be written to.
_LARGE_LENGTH = 200
_FULL_LENGTH = 300
_HOT_LENGTH = 500
_HOT_MEMBERS = 40
_MANY = 100
# How many messages were read before some were missed.
BEFORE_MISSED = 10
_READER_CONVERSATIONS = 20


@dataclass(kw_only=True, slots=True)
class Planned:
    """A conversation to be: its members by their number among the users, and how many messages it gets."""

    number: int
    members: list[int]
    length: int
    kind: str = "group"
    # Which share of its messages has reactions, files, quotes and mentions.
    decorated: float = 0.0
    # How many events of the log are left, as after pruning.
    log: int = 3
    key: str = ""
    # Filled while messages are written: by place among the members, the number of the last one of each.
    last_own: list[int] = field(default_factory=list)
    written: int = 0
    first_at: str = ""
    last_at: str = ""
    recent: list[str] = field(default_factory=list)
    mentions: list[tuple[int, int]] = field(default_factory=list)


@dataclass(kw_only=True, slots=True)
class Plan:
    """All conversations, and those that have a part to play."""

    users: int
    conversations: list[Planned]
    reader: int
    busy: int
    returning: int
    writer: int
    writers: list[int]
    deep: Planned
    full: Planned
    large: Planned
    pair: Planned
    hot: Planned
    many: list[Planned]
    missed_in: list[Planned]


def make_plan(size: Size, dice: random.Random) -> Plan:
    """Draw the plan; the same for the same dice."""
    # The cast comes first among the users, then those who write, then everybody else.
    reader, busy, returning, writer = range(4)
    writers = list(range(4, 4 + min(_HOT_MEMBERS, size.users // 4)))
    others = range(4 + len(writers), size.users)
    made: list[Planned] = []

    def add(members: list[int], length: int, **facts: Any) -> Planned:
        item = Planned(number=len(made), members=members, length=length, **facts)
        item.key = f"{dice.getrandbits(48):012x}7{dice.getrandbits(12):03x}8{dice.getrandbits(60):015x}"
        item.last_own = [0] * len(members)
        made.append(item)
        return item

    deep = add([reader, *dice.sample(others, 11)], size.deep)
    full = add([reader, *dice.sample(others, 7)], _FULL_LENGTH if size.deep > _FULL_LENGTH else 60, decorated=1.0)
    large = add([reader, writer, *dice.sample(others, size.members - 2)], min(_LARGE_LENGTH, size.members))
    pair = add([writer, writers[0]], 50, kind="direct")
    hot = add([writer, *writers], min(_HOT_LENGTH, size.deep // 3), log=20)
    many = [add([writer, *dice.sample(writers, 3)], 20) for _ in range(min(_MANY, size.conversations // 10))]
    absence = BEFORE_MISSED + size.missed
    missed_in = [add([returning, *dice.sample(others, 5)], absence, log=size.missed) for _ in range(size.returning)]
    ordinary = [
        add(members, length, kind="direct" if len(members) == 2 else "group", decorated=0.3 if number % 20 == 0 else 0)
        for number, (members, length) in enumerate(
            _ordinary(dice, others, size.conversations - len(made), size.messages - sum(item.length for item in made))
        )
    ]
    for item in dice.sample([item for item in ordinary if item.kind == "group"], _READER_CONVERSATIONS - 3 - 8):
        _join(item, reader)
    for item in dice.sample([item for item in ordinary if item.kind == "direct"], 8):
        # Of a direct, one of the two takes the part of somebody else.
        item.members[1] = reader
    groups = [item for item in ordinary if item.kind == "group"]
    directs = [item for item in ordinary if item.kind == "direct" and reader not in item.members]
    for item in dice.sample(groups, min(len(groups), size.busy // 3)):
        _join(item, busy)
    for item in dice.sample(directs, size.busy - min(len(groups), size.busy // 3)):
        item.members[0] = busy
    return Plan(
        users=size.users,
        conversations=made,
        reader=reader,
        busy=busy,
        returning=returning,
        writer=writer,
        writers=writers,
        deep=deep,
        full=full,
        large=large,
        pair=pair,
        hot=hot,
        many=many,
        missed_in=missed_in,
    )


def _ordinary(dice: random.Random, others: range, many: int, messages: int) -> list[tuple[list[int], int]]:
    # Sizes fall off as a power: most have a handful of messages, one in a thousand has many hundreds.
    sizes = [min(dice.paretovariate(1.1), 2000) for _ in range(many)]
    scale = messages / sum(sizes)
    # The people who are there, by more than half of the conversations between two.
    return [
        (dice.sample(others, 2 if dice.random() < 0.6 else dice.randint(3, 12)), max(1, round(size * scale)))
        for size in sizes
    ]


def _join(item: Planned, user: int) -> None:
    item.members.append(user)
    item.last_own.append(0)
