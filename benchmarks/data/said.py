"""What was said: messages in the order of time, all conversations through each other, as they come in."""

from __future__ import annotations

import random
from array import array
from datetime import datetime, timedelta
from itertools import accumulate
from time import perf_counter

from benchmarks.talk import COMMON, COMMON_SHARE, RARE, vocabulary
from django_convo.models import Attachment, Event, Mention, Reaction, get_message_model

from .bulk import Writer
from .plan import Plan, Planned

# People answer each other: so many messages of a conversation follow on each other.
_BURST = 4
_BODIES = 20_000
_DAYS = 730
# The first message was sent so long ago, the last one now.
RARE_WORDS = tuple(f"{RARE}{number}" for number in range(50))
_RARE_COPIES = 10
_EMOJI = ("\N{THUMBS UP SIGN}", "\N{WHITE HEAVY CHECK MARK}", "\N{PARTY POPPER}")


class _Extras:
    """What stands beside a message, in tables of its own."""

    def __init__(self) -> None:
        self.reactions = Writer(Reaction, ("conversation", "message", "user", "emoji", "created_at"))
        self.mentions = Writer(Mention, ("conversation", "message", "user"))
        self.attachments = Writer(
            Attachment,
            (
                "attachment_id",
                "conversation",
                "message",
                "position",
                "uploader",
                "file",
                "thumbnail",
                "name",
                "content_type",
                "size",
                "width",
                "height",
                "created_at",
            ),
        )

    def add(self, item: Planned, users: list[str], message: str, seq: int, sender: int, at: str) -> None:
        """Give the message reactions, and, by its number, a picture and a mention."""
        members = item.members
        for place in range(min(1 + seq % 3, len(members))):
            for emoji in _EMOJI[: 1 + (seq + place) % 3]:
                self.reactions.add((item.key, message, users[members[place]], emoji, at))
        if seq % 3 == 0:
            path = f"convo/{message}"
            shape = (f"picture-{seq}.png", "image/png", 48_000 + seq, 1200, 800, at)
            owner = users[members[sender]]
            self.attachments.add((message, item.key, message, 0, owner, path, f"{path}.thumbnail", *shape))
        if seq % 2 == 0:
            named = members[(sender + 1) % len(members)]
            if named != members[sender]:
                self.mentions.add((item.key, message, users[named]))
                item.mentions.append((seq, named))

    def flush(self) -> None:
        """Write what is left."""
        for writer in (self.reactions, self.mentions, self.attachments):
            writer.flush()


def say(plan: Plan, users: list[str], dice: random.Random, now: datetime) -> None:
    """Write the messages, their extras and the end of each log; the plan keeps what the counters need."""
    messages = Writer(
        get_message_model(),
        (
            "message_id",
            "conversation",
            "sender",
            "message_body",
            "sent_at",
            "seq",
            "count_seq",
            "kind",
            "reply_to",
            "reply_count",
            "metadata",
        ),
    )
    events = Writer(Event, ("conversation", "event_seq", "type", "actor", "seq", "payload", "created_at"))
    extras = _Extras()
    bodies = _bodies(dice)
    total = sum(item.length for item in plan.conversations)
    step = timedelta(days=_DAYS) / total
    start = now - timedelta(days=_DAYS)
    planted = dict(
        zip(dice.sample(range(total), min(total // 4, len(RARE_WORDS) * _RARE_COPIES)), _rare(), strict=False)
    )
    started = told = perf_counter()
    number = 0
    for place in _bursts(plan, dice):
        item = plan.conversations[place]
        for _ in range(min(_BURST, item.length - item.written)):
            item.written = seq = item.written + 1
            moment = start + step * number
            at = str(moment)
            key = f"{int(moment.timestamp() * 1000):012x}7{number & 0xFFF:03x}8{number:015x}"
            sender = (seq * 7 + seq // 11) % len(item.members)
            body = bodies[number % _BODIES]
            if number in planted:
                body = f"{body} {planted[number]}"
            is_decorated = item.decorated and (seq * 37 % 100) < item.decorated * 100
            quoted = item.recent[0] if is_decorated and seq % 2 and item.recent else None
            row = (key, item.key, users[item.members[sender]], body, at, seq, seq, "user", quoted, 0, "{}")
            messages.add(row)
            if is_decorated:
                extras.add(item, users, key, seq, sender, at)
            item.last_own[sender] = seq
            item.first_at = item.first_at or at
            item.last_at = at
            item.recent = [*item.recent[-3:], key]
            if seq > item.length - item.log:
                payload = f'{{"message_id": "{_dashed(key)}"}}'
                events.add((item.key, seq, "message.created", users[item.members[sender]], seq, payload, at))
            number += 1
        if perf_counter() - told > 10:
            told = perf_counter()
            print(f"  {number:,} of {total:,} messages, {number / (told - started):,.0f} a second", flush=True)
    messages.flush()
    events.flush()
    extras.flush()


def _bursts(plan: Plan, dice: random.Random) -> array[int]:
    order = array("I")
    for item in plan.conversations:
        order.extend([item.number] * -(-item.length // _BURST))
    dice.shuffle(order)
    return order


def _bodies(dice: random.Random) -> list[str]:
    words = vocabulary()
    weights = list(accumulate(1 / (rank + 3) for rank in range(len(words))))
    made = []
    for _ in range(_BODIES):
        said = dice.choices(words, cum_weights=weights, k=min(60, 2 + int(dice.expovariate(0.1))))
        if dice.random() < COMMON_SHARE:
            said.append(COMMON)
        made.append(" ".join(said))
    return made


def _rare() -> list[str]:
    return list(RARE_WORDS) * _RARE_COPIES


def _dashed(key: str) -> str:
    return f"{key[:8]}-{key[8:12]}-{key[12:16]}-{key[16:20]}-{key[20:]}"
