"""What a broker is: it carries hints, as fast as it can and as far as it can. What it loses is in the log."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar, Final
from uuid import UUID

from django.core.checks import CheckMessage

from django_convo.api.base import user_key
from django_convo.types import Hint, HintKind

Receiver = Callable[[Hint], None]

# Every hub hears who is there, and finds out itself whom that concerns.
PRESENCE_TOPIC: Final = "presence"
_OF_USERS: Final = frozenset({HintKind.OWN, HintKind.LOGIN})


class Broker:
    """Carries hints from any thread of any process to the hubs that listen to their topics.

    A hint may be lost, come twice, or come in another order: hubs read what is durable from the log, and sweep for
    what nobody told them of.
    """

    # Whether hubs of other processes hear it too. If not, they find out by their sweep.
    supports_processes: ClassVar[bool] = False

    def publish(self, hint: Hint) -> None:
        """Send a hint on its way; from any thread. Neither waits for anything nor raises."""
        raise NotImplementedError

    async def listen(self, receive: Receiver, lost: Callable[[], None]) -> Listener:
        """Return a listener of the running loop, which calls `receive` there for each hint of the topics added to it.

        It calls `lost` when it has not heard anything for a while, and hints may have been missed.
        """
        raise NotImplementedError

    def check(self) -> Sequence[CheckMessage]:
        """Return what the settings lack for this broker, as system checks do; connects to nothing."""
        return []


class Listener:
    """One hub's ear."""

    async def add(self, topics: Collection[str]) -> None:
        """Hear of these topics too."""
        raise NotImplementedError

    async def drop(self, topics: Collection[str]) -> None:
        """Hear of these topics no more."""
        raise NotImplementedError

    async def close(self) -> None:
        """Hear nothing more."""
        raise NotImplementedError


class Buckets:
    """Topics counted by a bounded number of buckets, for brokers that pay for each subscription."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._counts: dict[int, int] = {}

    def __iter__(self) -> Any:
        return iter(tuple(self._counts))

    def of(self, topic: str) -> int:
        """Return the bucket of a topic."""
        return bucket_of(topic, self._number)

    def add(self, topics: Collection[str]) -> list[int]:
        """Count topics in; returns the buckets that were empty."""
        new = []
        for topic in topics:
            bucket = self.of(topic)
            self._counts[bucket] = self._counts.get(bucket, 0) + 1
            if self._counts[bucket] == 1:
                new.append(bucket)
        return new

    def drop(self, topics: Collection[str]) -> list[int]:
        """Count topics out; returns the buckets that are empty now."""
        empty = []
        for topic in topics:
            bucket = self.of(topic)
            self._counts[bucket] = self._counts.get(bucket, 0) - 1
            if self._counts[bucket] <= 0:
                del self._counts[bucket]
                empty.append(bucket)
        return empty


def bucket_of(topic: str, number: int) -> int:
    """Return the bucket of a topic, the same in every process."""
    return zlib.crc32(topic.encode()) % number


def conversation_topic(conversation_id: UUID) -> str:
    """Return where a conversation is heard of."""
    return f"conversation:{conversation_id.hex}"


def user_topic(user_id: Any) -> str:
    """Return where a user's own state is heard of."""
    return f"user:{user_id}"


def topic_of(hint: Hint) -> str:
    """Return the topic that a hint belongs to."""
    if hint.kind == HintKind.PRESENCE:
        return PRESENCE_TOPIC
    if hint.kind in _OF_USERS:
        return user_topic(hint.user_id)
    assert hint.conversation_id is not None  # nosec B101  # noqa: S101 - every other kind has one
    return conversation_topic(hint.conversation_id)


def encode(hint: Hint) -> str:
    """Return a hint as text, ids and numbers alone."""
    conversation = None if hint.conversation_id is None else hint.conversation_id.hex
    user = None if hint.user_id is None else str(hint.user_id)
    users = [str(key) for key in hint.user_ids]
    fields = [hint.kind, conversation, user, hint.number, hint.is_on, hint.origin, users]
    return json.dumps(fields, separators=(",", ":"))


def decode(text: str) -> Hint | None:
    """Return the hint of a text; None for what no process of this version has sent."""
    try:
        kind, conversation, user, number, is_on, origin, users = json.loads(text)
        return Hint(
            kind=HintKind(kind),
            conversation_id=None if conversation is None else UUID(conversation),
            user_id=None if user is None else user_key(user),
            user_ids=tuple(user_key(key) for key in users),
            number=number,
            is_on=bool(is_on),
            origin=str(origin),
        )
    except (ValueError, TypeError):
        return None
