"""What people do in a chat, how often, and who does it where."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.calls import Request
from benchmarks.data import Cast
from benchmarks.sends import new_message
from django_convo.models import Participant, get_conversation_model, get_message_model
from django_convo.types import ConversationKind

# For each post, as counted in chats of companies.
PROPORTIONS: dict[str, float] = {
    "open": 6.5,
    "scroll": 2.0,
    "post": 1.0,
    "unread": 1.0,
    "open_direct": 1.0,
    "thread": 0.9,
    "draft": 0.5,
    "read": 0.3,
    "reconnect": 0.14,
    "react": 0.13,
    "edit": 0.04,
    "search": 0.03,
}
# Each of these is an event of its conversation (a reaction is one for the first time alone).
_TOLD = frozenset({"post", "edit"})
# What a project's own chat, and the floor, have too.
ALL_HAVE = {name: PROPORTIONS[name] for name in ("open", "scroll", "post", "unread", "open_direct")}
_PEOPLE = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Somebody:
    """Who wrote the last message of a conversation, and which it was."""

    user: str
    conversation: str
    message: str
    seq: int
    event_seq: int
    is_direct: bool


def people(cast: Cast, dice: random.Random) -> list[Somebody]:
    """Return people all over the data set, but for where the reads are measured: nobody shall write there."""
    conversations = get_conversation_model()._default_manager
    quiet = Participant.objects.filter(user__in=[cast.reader, cast.returning]).values("conversation")
    keys = list(conversations.exclude(pk__in=quiet).values_list("pk", flat=True).order_by("pk"))
    chosen = dice.sample(keys, min(_PEOPLE, len(keys)))
    places: dict[Any, Any] = {row.last_message_id: row for row in conversations.filter(pk__in=chosen)}
    last = get_message_model()._default_manager.filter(pk__in=places, conversation__in=chosen).exclude(sender=None)
    # Whose 20,000 conversations naive takes longer over than a server waits.
    last = last.exclude(sender=cast.busy)
    return [
        Somebody(
            user=str(message.sender_id),
            conversation=str(message.conversation_id),
            message=str(message.pk),
            seq=message.seq,
            event_seq=places[message.pk].event_seq,
            is_direct=places[message.pk].kind == ConversationKind.DIRECT,
        )
        for message in last.order_by("pk")
    ]


class Drawer:
    """Draws what is done next, and by whom; the same for everyone who begins anew."""

    def __init__(self, crowd: Sequence[Somebody], door: str, proportions: Mapping[str, float]) -> None:
        self.dice = random.Random(4)
        self.door = door
        self.kinds = list(proportions)
        self.weights = list(proportions.values())
        self.crowd = list(crowd)
        self.directs = [somebody for somebody in crowd if somebody.is_direct]
        self._told: Counter[str] = Counter()

    def __call__(self) -> tuple[str, Request]:
        """Return a kind and its request."""
        (kind,) = self.dice.choices(self.kinds, self.weights)
        somebody = self.dice.choice(self.directs if kind == "open_direct" else self.crowd)
        told = self._told[somebody.conversation]
        self._told[somebody.conversation] += kind in _TOLD
        # Who comes back has seen what was told until a moment ago, however long the load lasts.
        return kind, _ASKS[kind](self.door, replace(somebody, event_seq=somebody.event_seq + told))


def _get(door: str, user: str, path: str, query: str = "") -> Request:
    return Request(path=f"/{door}/{path}", user=user, query=query)


def _write(door: str, user: str, path: str, method: str, body: Mapping[str, Any] | None = None) -> Request:
    return Request(path=f"/{door}/{path}", user=user, method=method, body=body or {})


def _within(somebody: Somebody) -> str:
    return f"conversations/{somebody.conversation}"


def _of(somebody: Somebody) -> str:
    return f"{_within(somebody)}/messages/{somebody.message}"


def _open(door: str, who: Somebody) -> Request:
    return _get(door, who.user, f"{_within(who)}/messages/")


def _scroll(door: str, who: Somebody) -> Request:
    # Naive pages by OFFSET; each of them skips half of what there is.
    query = f"offset={who.seq // 2}" if door == "naive" else f"before={max(2, who.seq - who.seq // 2)}"
    return _get(door, who.user, f"{_within(who)}/messages/", query)


_ASKS: dict[str, Callable[[str, Somebody], Request]] = {
    "open": _open,
    "open_direct": _open,
    "scroll": _scroll,
    "post": lambda door, who: new_message(door, who.user, who.conversation),
    "unread": lambda door, who: _get(door, who.user, "unread/"),
    "thread": lambda door, who: _get(door, who.user, f"{_of(who)}/replies/"),
    "draft": lambda door, who: _write(door, who.user, f"{_within(who)}/draft/", "PUT", {"message_body": "So"}),
    "read": lambda door, who: _write(door, who.user, f"{_within(who)}/read/", "POST"),
    "reconnect": lambda door, who: _write(
        door, who.user, "sync/", "POST", {"heads": {who.conversation: max(0, who.event_seq - 2)}}
    ),
    "react": lambda door, who: _write(door, who.user, f"{_of(who)}/reactions/\N{THUMBS UP SIGN}/", "PUT"),
    "edit": lambda door, who: _write(door, who.user, f"{_of(who)}/", "PATCH", {"message_body": "Another word"}),
    "search": lambda door, who: _get(door, who.user, "search/", "q=lighthouse"),
}
