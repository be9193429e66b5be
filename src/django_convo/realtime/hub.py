"""The hub: one in each process and event loop; it knows who is connected, and delivers what the log says, in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from django.utils import timezone

from django_convo.conf import settings
from django_convo.selectors import connections as selectors
from django_convo.selectors.connections import Membership, Sight
from django_convo.types import Hint, HintKind

from . import texts
from .brokers import Listener, get_broker
from .brokers.base import PRESENCE_TOPIC, conversation_topic, user_topic
from .codes import CloseCode
from .logins import LoginWatch
from .presence import Presence
from .reading import Delivery, Joined, News, OwnState, Question, asks_each, read_joined, read_news, read_own
from .sessions import Session
from .topics import Topic
from .workers import Workers

logger = logging.getLogger("django_convo.realtime")

# Conversations that are read in one go.
_AT_ONCE: Final = 100
# How far a sweep reaches back behind the one before it: for transactions that took long, and clocks that lag.
_SHORT_OVERLAP: Final = timedelta(seconds=2)
_LONG_OVERLAP: Final = timedelta(minutes=2)
_LONG_SWEEP_SECONDS: Final = 60
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0


class Hub:
    """Delivers to the sessions of one loop. Everything but what `workers` do happens in that loop.

    Of each conversation in which somebody here takes part it knows the last event delivered: the next one is
    delivered, an older one dropped, a gap read from the log. A hint only says where to look; the sweep finds what no
    hint told of.
    """

    def __init__(self) -> None:
        self.workers = Workers(settings.REALTIME_THREADS)
        self.sessions: dict[Any, set[Session]] = {}
        self.topics: dict[UUID, Topic] = {}
        self.presence = Presence(self)
        self.logins = LoginWatch(self)
        self._listener: Listener | None = None
        self._dirty: dict[UUID, None] = {}
        # Whose own state is to be told: (conversation, user).
        self._own: dict[tuple[UUID, Any], None] = {}
        self._wake = asyncio.Event()
        self._sweep_soon = asyncio.Event()
        self._is_long_sweep = True
        self._swept_at: datetime = timezone.now()
        self._tasks: list[asyncio.Task[None]] = []
        self._starting = asyncio.Lock()
        self._later: set[asyncio.Future[Any]] = set()

    # Who is connected.

    async def start(self) -> None:
        """Begin to listen and to sweep, with the first session."""
        async with self._starting:
            if self._tasks:
                return
            self._listener = await get_broker().listen(self._hear, self._has_lost)
            await self._listener.add([PRESENCE_TOPIC])
            self._tasks = [
                asyncio.create_task(work)
                for work in (
                    self._deliver(),
                    self._sweep(),
                    self.logins.watch(),
                    self.presence.work(),
                    self.presence.beat(),
                )
            ]

    async def stop(self) -> None:
        """End: nothing is delivered any more, and every connection to the database is closed."""
        self.presence.close()
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._tasks = []
        if self._listener is not None:
            await self._listener.close()
            self._listener = None
        await self.workers.close()

    async def register(self, session: Session) -> None:
        """Deliver to a session from now on; ends it where the user has too many already."""
        await self.start()
        mine = self.sessions.setdefault(session.key, set())
        if len(mine) >= settings.REALTIME_MAX_CONNECTIONS:
            session.end(CloseCode.TOO_MANY_CONNECTIONS)
            return
        is_first = not mine
        mine.add(session)
        assert self._listener is not None  # noqa: S101 - there since the start
        if is_first:
            await self._listener.add([user_topic(session.key)])
        found = await self.workers.run(selectors.memberships, session.user)
        await self._subscribe(session, found)
        # What was written between the reading and the listening.
        self._sweep_soon.set()
        if is_first:
            self.presence.came(session.key)

    async def unregister(self, session: Session) -> None:
        """Deliver to the session no more."""
        mine = self.sessions.get(session.key)
        if mine is None or session not in mine:
            return
        mine.discard(session)
        self._forget(session, tuple(session.conversations))
        if not mine:
            del self.sessions[session.key]
            self.presence.went(session.key)
        dropped = [] if mine else [user_topic(session.key)]
        for key in session.conversations:
            topic = self.topics.get(key)
            if topic is not None and not mine:
                topic.forget(session.key)
                if topic.is_empty:
                    del self.topics[key]
                    dropped.append(conversation_topic(key))
        session.conversations.clear()
        if dropped and self._listener is not None:
            await self._listener.drop(dropped)

    def sessions_of(self, key: Any) -> Sequence[Session]:
        """Return the sessions of a user here."""
        return tuple(self.sessions.get(key, ()))

    @property
    def cursor_time(self) -> datetime:
        """Since when something may not have been delivered yet: the last sweep that was finished began then."""
        return self._swept_at

    def recheck(self, key: Any) -> None:
        """Have a user's logins asked again at once."""
        self.logins.ask(key)

    async def _subscribe(self, session: Session, memberships: Iterable[Membership]) -> None:
        new = []
        for found in memberships:
            key = found.sight.conversation_id
            topic = self.topics.get(key)
            if topic is None:
                topic = self.topics[key] = Topic(key, found.event_seq, found.membership_version)
                new.append(conversation_topic(key))
            topic.know(found.sight)
            topic.changed()
            session.conversations.add(key)
        if new and self._listener is not None:
            await self._listener.add(new)

    def _forget(self, session: Session, keys: Iterable[UUID]) -> None:
        for key in keys:
            topic = self.topics.get(key)
            if topic is not None:
                topic.changed()

    # What is heard.

    def _hear(self, hint: Hint) -> None:
        """Take a hint; called in the loop."""
        if hint.kind in (HintKind.EVENT, HintKind.ACCESS):
            topic = self.topics.get(hint.conversation_id) if hint.conversation_id is not None else None
            if topic is None:
                return
            if hint.kind == HintKind.ACCESS:
                topic.membership_version = -1
            elif hint.number is not None and hint.number <= topic.delivered:
                return
            self.look_at(topic.key)
        elif hint.kind == HintKind.OWN:
            if hint.conversation_id is not None and hint.user_id in self.sessions:
                self._own[(hint.conversation_id, hint.user_id)] = None
                self._wake.set()
        elif hint.kind == HintKind.LOGIN:
            self.recheck(hint.user_id)
        else:
            self.presence.hear(hint)

    def _has_lost(self) -> None:
        """Sweep far back: the broker was away."""
        self._is_long_sweep = True
        self._sweep_soon.set()

    def look_at(self, key: UUID) -> None:
        """Read a conversation's log soon."""
        self._dirty[key] = None
        self._wake.set()

    # What is delivered.

    async def _deliver(self) -> None:
        """Read and deliver, one batch after the other; what is hinted at meanwhile makes up the next."""
        pause = _FIRST_PAUSE
        while True:
            await self._wake.wait()
            self._wake.clear()
            dirty = [key for key in self._dirty if key in self.topics][:_AT_ONCE]
            own = list(self._own)
            for key in dirty:
                del self._dirty[key]
            if len(self._dirty) > 0:
                self._dirty = {key: None for key in self._dirty if key in self.topics}
            self._own = {}
            try:
                await self._deliver_batch(dirty, own)
                pause = _FIRST_PAUSE
            except Exception:
                if pause == _FIRST_PAUSE:
                    logger.exception("The log cannot be read: trying again.")
                self._dirty.update(dict.fromkeys(dirty))
                self._own.update(dict.fromkeys(own))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            if self._dirty or self._own:
                self._wake.set()

    async def _deliver_batch(self, dirty: Collection[UUID], own: Collection[tuple[UUID, Any]]) -> None:
        questions = [self._question(self.topics[key]) for key in dirty]
        if questions:
            for news in await self.workers.run(read_news, questions):
                self._apply(news)
        pairs = {**dict.fromkeys(own), **self._own}
        self._own = {}
        try:
            await self._tell_own(pairs)
        except Exception:
            self._own.update(pairs)
            raise

    def _question(self, topic: Topic) -> Question:
        return Question(
            conversation_id=topic.key,
            delivered=topic.delivered,
            membership_version=topic.membership_version,
            users=frozenset(topic.sights),
            everyone=frozenset(self.sessions),
        )

    def _apply(self, news: News) -> None:
        """Deliver what was read. Nothing is waited for here, so that who sees what cannot change meanwhile."""
        topic = self.topics.get(news.conversation_id)
        if topic is None:
            return
        if news.sights is not None:
            self._see(topic, news)
        topic.participant_count = news.participant_count
        routes = topic.routes(self.sessions)
        if news.has_gap:
            self._reload(topic, news)
        else:
            for delivery in news.deliveries:
                if delivery.event_seq > topic.delivered:
                    _send(routes, delivery, topic.key)
        topic.delivered = max(topic.delivered, news.head)
        if news.is_gone:
            for key in tuple(topic.sights):
                self._lose(topic, key)
            return
        if news.has_more:
            self.look_at(topic.key)
        for key in news.newcomers:
            self._own[(topic.key, key)] = None
        for key in news.own:
            if key in topic.sights:
                self._own[(topic.key, key)] = None

    def _see(self, topic: Topic, news: News) -> None:
        """Take over who sees what; who sees the conversation no longer is told so, and nothing more."""
        sights = news.sights or {}
        for key in tuple(topic.sights):
            if key not in sights:
                self._lose(topic, key)
            else:
                topic.know(sights[key])
        topic.membership_version = news.membership_version
        topic.changed()

    def _lose(self, topic: Topic, key: Any) -> None:
        topic.forget(key)
        for session in self.sessions_of(key):
            if topic.key in session.conversations:
                session.conversations.discard(topic.key)
                session.push(texts.conversation_left(topic.key))
        if topic.is_empty and self.topics.pop(topic.key, None) is not None and self._listener is not None:
            # Nobody waits for it: hearing too much for a moment does no harm.
            self._tasks_later(self._listener.drop([conversation_topic(topic.key)]))

    def _reload(self, topic: Topic, news: News) -> None:
        """Say that the log does not reach back: clients load the conversation anew."""
        text = texts.resumed([topic.key], None)
        for session, _ in topic.routes(self.sessions):
            session.push(text, topic.key, news.head)

    async def _tell_own(self, pairs: Collection[tuple[UUID, Any]]) -> None:
        """Tell users of their own state, and of conversations that they see since now."""
        known: set[tuple[UUID, Any]] = set()
        unknown: dict[Any, set[UUID]] = {}
        for key, user_key in pairs:
            topic = self.topics.get(key)
            if topic is not None and user_key in topic.sights:
                known.add((key, user_key))
            elif user_key in self.sessions:
                unknown.setdefault(user_key, set()).add(key)
        if known:
            users = {key: next(iter(self.sessions[key])).user for _, key in known if key in self.sessions}
            for state in await self.workers.run(read_own, known, users):
                self._push_own(state)
        for user_key, keys in unknown.items():
            await self._join(user_key, keys)

    def _push_own(self, state: OwnState) -> None:
        topic = self.topics.get(state.sight.conversation_id)
        if topic is None or state.sight.user_id not in topic.sights:
            return
        topic.tell(state.sight)
        for session in self.sessions_of(state.sight.user_id):
            session.push(state.text)

    async def _join(self, user_key: Any, keys: Collection[UUID]) -> None:
        """Bring conversations to a user who sees them since now; nothing where the user does not."""
        sessions = self.sessions_of(user_key)
        if not sessions:
            return
        for joined in await self.workers.run(read_joined, sessions[0].user, keys):
            await self._admit(user_key, joined)

    async def _admit(self, user_key: Any, joined: Joined) -> None:
        key = joined.sight.conversation_id
        membership = Membership(
            sight=joined.sight, event_seq=joined.event_seq, membership_version=joined.membership_version
        )
        for session in self.sessions_of(user_key):
            session.push(joined.text)
            await self._subscribe(session, [membership])
        topic = self.topics.get(key)
        if topic is not None:
            topic.participant_count = joined.participant_count
            # Behind the snapshot nothing may be missing, and the conversation may be known here from others.
            self.look_at(key)

    # What no hint told of.

    async def _sweep(self) -> None:
        last_long = float("-inf")
        loop = asyncio.get_running_loop()
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._sweep_soon.wait(), settings.REALTIME_SWEEP.total_seconds())
            self._sweep_soon.clear()
            if not self.sessions:
                self._swept_at = timezone.now()
                continue
            is_long = self._is_long_sweep or loop.time() - last_long >= _LONG_SWEEP_SECONDS
            self._is_long_sweep = False
            began = timezone.now()
            overlap = _LONG_OVERLAP if is_long else _SHORT_OVERLAP
            try:
                await self._sweep_since(self._swept_at - overlap)
            except Exception:
                logger.exception("The sweep failed: it reaches further back next time.")
                self._is_long_sweep = True
                continue
            self._swept_at = began
            if is_long:
                last_long = loop.time()

    async def _sweep_since(self, since: datetime) -> None:
        changed, sights = await self.workers.run(_changed_since, since, frozenset(self.sessions))
        for found in changed:
            topic = self.topics.get(found.conversation_id)
            is_new = topic is not None and (
                found.event_seq > topic.delivered or found.membership_version != topic.membership_version
            )
            if is_new:
                self.look_at(found.conversation_id)
        unknown = [found.conversation_id for found in changed if found.conversation_id not in self.topics]
        if unknown and asks_each():
            # Hidden by the policy from everyone here when they connected; perhaps no longer.
            sights += await self.workers.run(selectors.sights, unknown, frozenset(self.sessions))
        for sight in sights:
            topic = self.topics.get(sight.conversation_id)
            if topic is None or topic.is_news_to(sight):
                self._own[(sight.conversation_id, sight.user_id)] = None
        if self._own:
            self._wake.set()

    def _tasks_later(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)


def _send(routes: Iterable[tuple[Session, Sight]], delivery: Delivery, key: UUID) -> None:
    """Deliver one event to everyone who sees the conversation, to each in the form that is theirs."""
    number, seq, text, hidden = delivery.event_seq, delivery.seq, delivery.text, delivery.hidden
    allowed, own, sender = delivery.allowed, delivery.own, delivery.sender
    for session, sight in routes:
        if number < sight.joined_event_seq:
            continue
        is_hidden = text is None or (seq is not None and seq < sight.visible_from_seq)
        if is_hidden or (allowed is not None and sight.user_id not in allowed):
            session.push(hidden, key, number)
        elif own is not None and sight.user_id == sender:
            session.push(own, key, number)
        else:
            session.push(text or hidden, key, number)


def _changed_since(since: datetime, users: Collection[Any]) -> tuple[list[selectors.Changed], list[Sight]]:
    return selectors.changed_conversations(since), selectors.changed_sights(users, since)


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def get_hub() -> Hub:
    """Return the hub of the running loop."""
    loop = asyncio.get_running_loop()
    hub = _hubs.get(loop)
    if hub is None:
        hub = _hubs[loop] = Hub()
    return hub


async def stop_hub() -> None:
    """End the hub of the running loop, if there is one; for tests, and for servers that end in an orderly way."""
    hub = _hubs.pop(asyncio.get_running_loop(), None)
    if hub is not None:
        await hub.stop()
