"""What is in no row: who is there, who types, who has just read. It lives in the hubs and travels by the broker."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from django.utils import timezone

from django_convo.conf import settings
from django_convo.models import get_conversation_model
from django_convo.policy import get_policy
from django_convo.selectors import connections as selectors
from django_convo.types import Hint, HintKind

from . import texts
from .brokers import get_broker
from .reading import read_users

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("django_convo.realtime")

# How long somebody is still there after the last connection: a page that is loaded anew opens another.
GRACE_SECONDS: Final = 5
# How often a hub repeats who is there, and how long the others believe it: a killed process says no goodbye.
BEAT_SECONDS: Final = 30
_BELIEVED_SECONDS: Final = 75
# So many characters of keys go into one hint: brokers carry small ones, PostgreSQL 8,000 bytes.
_MOST_IN_ONE: Final = 4_000
# More that waits than this is dropped: nobody needs to know late who typed.
_MOST_WAITING: Final = 1_000
# Who has come or gone is asked about so many at once: after a restart all of them come.
_MOST_AT_ONCE: Final = 50
_MOST_REMEMBERED: Final = 10_000


class Presence:
    """One hub's part in it. Everything but the questions to the database happens in the hub's loop."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._origin = uuid4().hex
        # Who is connected to which other hubs, and until when that is believed.
        self._elsewhere: dict[Any, dict[str, float]] = {}
        self._last_seen: dict[Any, datetime] = {}
        self._leaving: dict[Any, asyncio.TimerHandle] = {}
        # Of whom those here know that they are there, and of whom that may have changed.
        self._told: set[Any] = set()
        self._changed: dict[Any, None] = {}
        self._wake = asyncio.Event()
        self._waiting: asyncio.Queue[Hint] = asyncio.Queue(_MOST_WAITING)
        # Said once, not for each.
        self._is_dropping = False

    def is_online(self, key: Any) -> bool:
        """Say whether a user is connected, here or to another hub."""
        return key in self._hub.sessions or key in self._leaving or bool(self._elsewhere.get(key))

    def came(self, key: Any) -> None:
        """Note the first connection of a user here."""
        timer = self._leaving.pop(key, None)
        if timer is not None:
            timer.cancel()
            return
        self._publish([key], is_on=True)
        if not self._elsewhere.get(key):
            self._tell(key, is_on=True)

    def went(self, key: Any) -> None:
        """Note that the last connection of a user here is gone; told only if none follows soon."""
        loop = asyncio.get_running_loop()
        self._leaving[key] = loop.call_later(GRACE_SECONDS, self._has_gone, key)

    def hear(self, hint: Hint) -> None:
        """Take a hint of what is in no row."""
        if hint.kind == HintKind.PRESENCE:
            self._hear_presence(hint)
        elif hint.conversation_id in self._hub.topics:
            self._wait(hint)

    async def work(self) -> None:
        """Tell those here who types and who has read, one hint after the other."""
        while True:
            hint = await self._waiting.get()
            try:
                await self._spread(hint)
            except Exception:
                logger.warning("A hint could not be told: %r", hint, exc_info=True)
            if self._waiting.empty():
                self._is_dropping = False

    async def tell(self) -> None:
        """Tell those here who has come and who has gone; of somebody who did both meanwhile, nothing."""
        while True:
            await self._wake.wait()
            keys = [*islice(self._changed, _MOST_AT_ONCE)]
            for key in keys:
                del self._changed[key]
            if not self._changed:
                self._wake.clear()
            news = {key for key in keys if self.is_online(key) != (key in self._told)}
            # What cannot be told is not told later: by then it may be otherwise.
            self._told ^= news
            try:
                await self._spread_presence(news)
            except Exception:
                logger.warning("It could not be told who came and went.", exc_info=True)

    async def beat(self) -> None:
        """Repeat who is there, and stop to believe what is not repeated."""
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            now = asyncio.get_running_loop().time()
            for key, origins in tuple(self._elsewhere.items()):
                for origin in [name for name, until in origins.items() if until < now]:
                    self._gone_elsewhere(key, origin)
            if get_broker().supports_processes:
                self._publish(self._hub.sessions, is_on=True)

    async def frames_for(self, user: Any, conversation_id: UUID) -> list[str]:
        """Return a `presence` frame for each other participant who is there; none of a large conversation."""
        shown = await self._hub.workers.run_for(user.pk, _companions, user, conversation_id)
        return [texts.presence(other, True, None) for key, other in shown.items() if self.is_online(key)]

    def close(self) -> None:
        """Tell the other hubs that nobody is here any more."""
        for timer in self._leaving.values():
            timer.cancel()
        self._publish({*self._leaving, *self._hub.sessions}, is_on=False)
        self._leaving.clear()

    def _has_gone(self, key: Any) -> None:
        self._leaving.pop(key, None)
        if key in self._hub.sessions:
            return
        self._publish([key], is_on=False)
        if not self._elsewhere.get(key):
            self._tell(key, is_on=False)

    def _publish(self, keys: Iterable[Any], *, is_on: bool) -> None:
        for some in _portions(keys):
            get_broker().publish(Hint(kind=HintKind.PRESENCE, user_ids=some, is_on=is_on, origin=self._origin))

    def _hear_presence(self, hint: Hint) -> None:
        if hint.origin == self._origin:
            return
        until = asyncio.get_running_loop().time() + _BELIEVED_SECONDS
        for key in hint.user_ids:
            if not hint.is_on:
                self._gone_elsewhere(key, hint.origin)
                continue
            was_online = self.is_online(key)
            self._elsewhere.setdefault(key, {})[hint.origin] = until
            if not was_online:
                self._tell(key, is_on=True)

    def _gone_elsewhere(self, key: Any, origin: str) -> None:
        origins = self._elsewhere.get(key)
        if origins is None or origins.pop(origin, None) is None:
            return
        if not origins:
            del self._elsewhere[key]
            if not self.is_online(key):
                self._tell(key, is_on=False)

    def _tell(self, key: Any, *, is_on: bool) -> None:
        self._last_seen.pop(key, None)
        if not is_on:
            self._last_seen[key] = timezone.now()
            if len(self._last_seen) > _MOST_REMEMBERED:
                del self._last_seen[next(iter(self._last_seen))]
        self._changed[key] = None
        self._wake.set()

    def _wait(self, hint: Hint) -> None:
        try:
            self._waiting.put_nowait(hint)
        except asyncio.QueueFull:
            if not self._is_dropping:
                logger.warning("More than %d hints of no row wait: dropping what is beyond.", _MOST_WAITING)
            self._is_dropping = True

    async def _spread(self, hint: Hint) -> None:
        assert hint.conversation_id is not None  # nosec B101  # noqa: S101 - heard of a topic
        topic = self._hub.topics.get(hint.conversation_id)
        others = frozenset() if topic is None else frozenset(topic.sights) - {hint.user_id}
        if not others:
            return
        user, audience = await self._hub.workers.run(_audience, hint, others)
        if user is None or not audience:
            return
        if hint.kind == HintKind.TYPING:
            text = texts.typing(hint.conversation_id, user, hint.is_on)
        else:
            kind = "read" if hint.kind == HintKind.READ else "delivered"
            text = texts.pointer(kind, hint.conversation_id, user, hint.number or 0)
        self._push(audience, text, hint.conversation_id)

    async def _spread_presence(self, news: Collection[Any]) -> None:
        audiences: dict[Any, set[Any]] = {}
        if any(self._hub.sessions.keys() - {key} for key in news):
            places = await self._hub.workers.run(_small_conversations, news)
            versions = {place: version for found in places.values() for place, version in found.items()}
            seeing = await self._seeing(versions)
            for key in news:
                others = {other for place in places[key] for other in seeing.get(place, ())} - {key}
                if others:
                    audiences[key] = others
        if not audiences:
            return
        users, apart = await self._hub.workers.run(_acquaintance, [*audiences])
        for key, others in audiences.items():
            is_on = key in self._told
            if key in users and self.is_online(key) == is_on:
                text = texts.presence(users[key], is_on, self._last_seen.get(key))
                self._push(others - apart[key], text)

    async def _seeing(self, versions: Mapping[UUID, int]) -> dict[UUID, Collection[Any]]:
        """Return who of those here sees each of the conversations that are known here.

        Where who takes part has changed since it was read here, those who are gone are left out.
        """
        topics = {key: topic for key in versions if (topic := self._hub.topics.get(key)) is not None}
        old = [key for key, topic in topics.items() if topic.membership_version != versions[key]]
        left = await self._hub.workers.run(selectors.participants_of, old) if old else {}
        return {key: topic.sights.keys() & left.get(key, topic.sights.keys()) for key, topic in topics.items()}

    def _push(self, keys: Collection[Any], text: str, conversation_id: UUID | None = None) -> None:
        for key in keys:
            for session in self._hub.sessions_of(key):
                # Who has lost sight of it meanwhile hears nothing of it.
                if conversation_id is None or conversation_id in session.conversations:
                    session.push(text)


def _portions(keys: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """Split keys of users into as many as one hint carries."""
    portion: list[Any] = []
    length = 0
    for key in keys:
        portion.append(key)
        # As it is written in the hint.
        length += len(json.dumps(str(key)))
        if length > _MOST_IN_ONE:
            yield tuple(portion)
            portion, length = [], 0
    if portion:
        yield tuple(portion)


def _audience(hint: Hint, others: frozenset[Any]) -> tuple[Any, set[Any]]:
    """Return who types or has read, and which of the others may know.

    Three queries at most, and what the policy's `audience` asks: one.
    """
    key: Any = hint.conversation_id
    conversation = get_conversation_model()._default_manager.live().filter(pk=key).first()
    is_receipt = hint.kind != HintKind.TYPING
    if conversation is None or (is_receipt and not settings.READ_RECEIPTS):
        return None, set()
    count = conversation.participant_count
    if count > settings.LARGE_CONVERSATION:
        return None, set()
    # What is known of the others here may be older than their removal: the hint of that comes by another way.
    seeing = get_policy().audience(conversation, None, others)
    # Among more than two, a receipt that is missing would tell of the block.
    apart = selectors.kept_apart(hint.user_id, seeing) if count <= 2 or not is_receipt else set()
    return read_users([hint.user_id]).get(hint.user_id), seeing - apart


def _small_conversations(keys: Collection[Any]) -> dict[Any, dict[UUID, int]]:
    """Return, of each user, the conversations in which others may know that they are there; one query."""
    return selectors.small_conversations(keys, most=settings.LARGE_CONVERSATION)


def _acquaintance(keys: Collection[Any]) -> tuple[dict[Any, Any], dict[Any, set[Any]]]:
    """Return the users, and of each those who are to know nothing of them; two queries."""
    return read_users(keys), selectors.all_kept_apart(keys)


def _companions(user: Any, conversation_id: UUID) -> dict[Any, Any]:
    """Return the other participants of a conversation that the user takes part in, whose presence they may see."""
    rows = selectors.companions(user, conversation_id, most=settings.LARGE_CONVERSATION)
    apart = selectors.kept_apart(user.pk, rows)
    return {key: other for key, other in rows.items() if key not in apart}
