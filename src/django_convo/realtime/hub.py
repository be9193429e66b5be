"""The hub: one in each process and event loop. It knows who is connected, and where they take part."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django_convo.conf import settings
from django_convo.selectors import connections as selectors
from django_convo.selectors.connections import Membership, Sight
from django_convo.types import Hint, HintKind

from . import texts
from .brokers import Listener, get_broker
from .brokers.base import PRESENCE_TOPIC, conversation_topic, user_topic
from .codes import CloseCode
from .courier import Courier
from .logins import LoginWatch
from .presence import Presence
from .sessions import Session
from .sweep import Sweep
from .topics import Topic
from .workers import Workers


class Hub:
    """Who is connected to one loop, and what each of them sees. All of it happens in that loop.

    Of each conversation in which somebody here takes part it knows the last event delivered: the next one is
    delivered, an older one dropped, a gap read from the log. A hint only says where to look. The courier delivers, the
    sweep finds what no hint told of, `logins` ends what may be no longer, `presence` is what stands in no row.
    """

    def __init__(self) -> None:
        self.workers = Workers(settings.REALTIME_THREADS)
        self.sessions: dict[Any, set[Session]] = {}
        self.topics: dict[UUID, Topic] = {}
        self.courier = Courier(self)
        self.sweep = Sweep(self)
        self.presence = Presence(self)
        self.logins = LoginWatch(self)
        self._listener: Listener | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._starting = asyncio.Lock()
        self._later: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Begin to listen and to deliver, with the first session."""
        async with self._starting:
            if self._tasks:
                return
            self._listener = await get_broker().listen(self._hear, self.sweep.far_and_soon)
            await self._listener.add([PRESENCE_TOPIC])
            duties = (
                self.courier.work(),
                self.sweep.work(),
                self.logins.work(),
                self.presence.work(),
                self.presence.tell(),
                self.presence.beat(),
            )
            self._tasks = [asyncio.create_task(duty) for duty in duties]

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
        if is_first:
            await self._listen([user_topic(session.key)])
        await self.subscribe(session, await self.workers.run(selectors.memberships, session.user))
        self._settle(session)
        # What was written between the reading and the listening.
        self.sweep.soon()
        if is_first:
            self.presence.came(session.key)

    async def unregister(self, session: Session) -> None:
        """Deliver to the session no more."""
        mine = self.sessions.get(session.key, set())
        if session not in mine:
            return
        mine.discard(session)
        if not mine:
            del self.sessions[session.key]
            self.presence.went(session.key)
        unheard = [] if mine else [user_topic(session.key)]
        for key in session.conversations:
            topic = self.topics.get(key)
            if topic is None:
                continue
            topic.changed()
            if not mine and self._leave(topic, session.key):
                unheard.append(conversation_topic(key))
        session.conversations.clear()
        if unheard and self._listener is not None:
            await self._listener.drop(unheard)

    async def subscribe(self, session: Session, memberships: Iterable[Membership]) -> None:
        """Deliver the events of these conversations to the session from now on."""
        new = []
        for found in memberships:
            key = found.sight.conversation_id
            topic = self.topics.get(key)
            if topic is None:
                topic = self.topics[key] = Topic(key, found.event_seq, found.membership_version)
                new.append(conversation_topic(key))
            if found.membership_version != topic.membership_version:
                # Read before or after what the courier knows: who sees what is asked again before the next delivery.
                topic.doubt()
                self.courier.look_at(key)
            if not topic.has_been_away(found.sight):
                topic.know(found.sight)
            topic.changed()
            session.conversations.add(key)
        await self._listen(new)

    def _settle(self, session: Session) -> None:
        """Have looked at what only some of a user's sessions know: each was asked for at a time of its own.

        What one was told of counts as told to the user, so that no sweep would bring it to the others.
        """
        for other in self.sessions_of(session.key):
            if other.is_settled:
                for key in session.conversations ^ other.conversations:
                    self.courier.tell_own(key, session.key)
        session.is_settled = True

    def follow(self, session: Session, shown: Mapping[UUID, int]) -> None:
        """Have looked at what a resumption has shown to a session and what is not known here yet.

        Whoever shows a conversation has to say when it is seen no longer; the hint that it is may come late.
        """
        for key in shown.keys() - session.conversations:
            session.shown[key] = shown[key]
            self.courier.tell_own(key, session.key)

    def lose(self, topic: Topic, key: Any) -> None:
        """Tell a user that they see a conversation no longer, and deliver nothing of it any more."""
        for session in self.sessions_of(key):
            if topic.key in session.conversations:
                session.conversations.discard(topic.key)
                session.push(texts.conversation_left(topic.key), topic.key, opens=False)
        if self._leave(topic, key) and self._listener is not None:
            # Nobody waits for it: hearing too much for a moment does no harm.
            self._do_later(self._listener.drop([conversation_topic(topic.key)]))

    def sessions_of(self, key: Any) -> Sequence[Session]:
        """Return the sessions of a user here."""
        return tuple(self.sessions.get(key, ()))

    @property
    def cursor_time(self) -> datetime:
        """Since when something may not have been delivered yet."""
        return self.sweep.swept_at

    def sees(self, conversation_id: UUID, key: Any) -> Sight | None:
        """Return what a user who is connected here sees of a conversation; None where that is nothing."""
        topic = self.topics.get(conversation_id)
        return None if topic is None else topic.sights.get(key)

    def is_shown(self, conversation_id: UUID, key: Any) -> bool:
        """Say whether a user who is connected here sees a conversation, in each of their sessions."""
        return self.sees(conversation_id, key) is not None and all(
            conversation_id in session.conversations for session in self.sessions_of(key) if session.is_settled
        )

    def _hear(self, hint: Hint) -> None:
        """Take a hint; the broker calls this in the loop."""
        if hint.kind in (HintKind.EVENT, HintKind.ACCESS):
            self._hear_of_conversation(hint)
        elif hint.kind == HintKind.OWN:
            if hint.conversation_id is not None and hint.user_id in self.sessions:
                self.courier.tell_own(hint.conversation_id, hint.user_id)
        elif hint.kind == HintKind.LOGIN:
            self.logins.ask(hint.user_id)
        else:
            self.presence.hear(hint)

    def _hear_of_conversation(self, hint: Hint) -> None:
        topic = None if hint.conversation_id is None else self.topics.get(hint.conversation_id)
        if topic is None:
            return
        if hint.kind == HintKind.ACCESS:
            topic.doubt()
        elif hint.number is not None and hint.number <= topic.delivered:
            return
        self.courier.look_at(topic.key)

    def _leave(self, topic: Topic, key: Any) -> bool:
        """Note that a user sees a conversation no longer here; says whether nobody does."""
        topic.forget(key)
        return topic.is_empty and self.topics.pop(topic.key, None) is not None

    async def _listen(self, topics: Sequence[str]) -> None:
        if topics and self._listener is not None:
            await self._listener.add(topics)

    def _do_later(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._later.add(task)
        task.add_done_callback(self._later.discard)


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
