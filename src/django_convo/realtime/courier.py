"""The courier: reads what the log says and delivers it, in order, to everyone who may see it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import Error as DatabaseError

from django_convo.selectors.connections import Membership, Sight

from . import texts
from .backoff import LONGEST_PAUSE, Backoff
from .news import Delivery, Joined, News, OwnState, Question
from .reading import read_joined, read_news, read_own
from .sessions import Session
from .topics import Topic

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("django_convo.realtime")

# Conversations that are read in one go.
_AT_ONCE: Final = 100

Pair = tuple[UUID, Any]


class Courier:
    """Delivers, one batch after the other; what is hinted at meanwhile makes up the next."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        # Both are dicts for their order: first come, first served.
        self._dirty: dict[UUID, None] = {}
        self._own: dict[Pair, None] = {}
        self._wake = asyncio.Event()

    def look_at(self, conversation_id: UUID) -> None:
        """Read a conversation's log soon."""
        self._dirty[conversation_id] = None
        self._wake.set()

    def tell_own(self, conversation_id: UUID, key: Any) -> None:
        """Tell a user soon of their own state in a conversation, or of the conversation itself where it is new."""
        self._own[(conversation_id, key)] = None
        self._wake.set()

    async def work(self) -> None:
        """Deliver for as long as the hub lives; what could not be read is tried again."""
        backoff = Backoff()
        while True:
            await self._wake.wait()
            self._wake.clear()
            dirty, own = self._take()
            try:
                await self._deliver(dirty, own)
                backoff.reset()
            except Exception:
                if backoff.is_fresh:
                    logger.exception("The log cannot be read: trying again.")
                self._dirty.update(dict.fromkeys(dirty))
                self._own.update(dict.fromkeys(own))
                await asyncio.sleep(backoff.next())
            if self._dirty or self._own:
                self._wake.set()

    def _take(self) -> tuple[list[UUID], dict[Pair, None]]:
        """Take what waits: so many conversations as are read in one go, and all of the others' own states."""
        waiting = [key for key in self._dirty if key in self._hub.topics]
        self._dirty = dict.fromkeys(waiting[_AT_ONCE:])
        own, self._own = self._own, {}
        return waiting[:_AT_ONCE], own

    async def _deliver(self, dirty: Collection[UUID], own: dict[Pair, None]) -> None:
        questions = [self._question(self._hub.topics[key]) for key in dirty]
        if questions:
            for news in await self._read(questions):
                own.update(dict.fromkeys(self._apply(news)))
        await self._tell(own)

    async def _read(self, questions: Sequence[Question]) -> list[News]:
        """Read what is new; a conversation that cannot be rendered is tried again later, and holds up no other."""
        try:
            return await self._hub.workers.run(read_news, questions)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("What is new cannot be rendered: trying each conversation by itself.")
        found: list[News] = []
        for question in questions:
            try:
                found += await self._hub.workers.run(read_news, [question])
            except DatabaseError:
                raise
            except Exception:
                key = question.conversation_id
                logger.warning("Conversation %s cannot be delivered: trying again.", key, exc_info=True)
                asyncio.get_running_loop().call_later(LONGEST_PAUSE, self.look_at, key)
        return found

    def _question(self, topic: Topic) -> Question:
        return Question(
            conversation_id=topic.key,
            delivered=topic.delivered,
            membership_version=topic.membership_version,
            users=frozenset(topic.sights),
            everyone=frozenset(self._hub.sessions),
        )

    def _apply(self, news: News) -> Iterable[Pair]:
        """Deliver what was read; returns whose own state is to be told.

        Nothing is waited for here, so that who sees what cannot change meanwhile.
        """
        topic = self._hub.topics.get(news.conversation_id)
        if topic is None:
            return ()
        if not news.is_gone and self._is_doubtful(topic, news):
            # Somebody has connected since it was asked who sees it: asked again, before anything is delivered.
            self.look_at(topic.key)
            return ()
        returning = set() if news.sights is None else self._see(topic, news.sights, news.membership_version)
        routes = topic.routes(self._hub.sessions)
        if news.has_gap:
            # The log does not reach back: clients load the conversation anew.
            text = texts.resumed([topic.key], None)
            for session, _ in routes:
                session.push(text, topic.key, news.head)
        else:
            for delivery in news.deliveries:
                if delivery.event_seq > topic.delivered:
                    _send(routes, delivery, topic.key)
        topic.delivered = max(topic.delivered, news.head)
        if news.is_gone:
            for key in tuple(topic.sights):
                self._hub.lose(topic, key)
            return ()
        if news.has_more:
            self.look_at(topic.key)
        return [(topic.key, key) for key in returning | news.newcomers | (news.own & set(topic.sights))]

    @staticmethod
    def _is_doubtful(topic: Topic, news: News) -> bool:
        """Say whether somebody would be delivered to who was not asked about, or whose sight is of another time."""
        if news.sights is None:
            return topic.membership_version != news.membership_version
        return not news.asked >= set(topic.sights)

    def _see(self, topic: Topic, sights: Mapping[Any, Sight], membership_version: int) -> set[Any]:
        """Take over who sees what; who sees the conversation no longer is told so, and nothing more.

        Returns who went and is back: told that they left, they are to get all of it anew.
        """
        returning = set()
        for key in tuple(topic.sights):
            if key in sights and not topic.has_been_away(sights[key]):
                topic.know(sights[key])
                continue
            self._hub.lose(topic, key)
            if key in sights:
                returning.add(key)
        topic.membership_version = membership_version
        return returning

    async def _tell(self, pairs: Collection[Pair]) -> None:
        """Tell users of their own state, and of conversations that they see since now."""
        connected = [(key, user) for key, user in pairs if user in self._hub.sessions]
        known = {(key, user) for key, user in connected if self._hub.is_shown(key, user)}
        if known:
            users = {user: self._hub.sessions_of(user)[0].user for _, user in known}
            for state in await self._hub.workers.run(read_own, known, users):
                self._push_own(state)
        new: dict[Any, set[UUID]] = {}
        for key, user in connected:
            if (key, user) not in known:
                new.setdefault(user, set()).add(key)
        for user, keys in new.items():
            await self._join(user, keys)

    def _push_own(self, state: OwnState) -> None:
        topic = self._hub.topics.get(state.sight.conversation_id)
        if topic is None or state.sight.user_id not in topic.sights:
            return
        if topic.has_been_away(state.sight):
            topic.doubt()
            self.look_at(topic.key)
            return
        topic.tell(state.sight)
        for session in self._hub.sessions_of(state.sight.user_id):
            session.push(state.text)

    async def _join(self, user: Any, keys: Collection[UUID]) -> None:
        """Bring conversations to a user who sees them since now; nothing where the user does not."""
        sessions = self._hub.sessions_of(user)
        if not sessions:
            return
        found = await self._hub.workers.run(read_joined, sessions[0].user, keys)
        for joined in found:
            await self._admit(user, joined)
        for key in set(keys) - {joined.sight.conversation_id for joined in found}:
            for session in self._hub.sessions_of(user):
                # Seen by a resumption, and gone before anybody here knew of it.
                if session.shown.pop(key, None) is not None:
                    session.push(texts.conversation_left(key), key, opens=False)

    async def _admit(self, user: Any, joined: Joined) -> None:
        key = joined.sight.conversation_id
        topic = self._hub.topics.get(key)
        if topic is not None and topic.delivered > joined.event_seq:
            # Somebody else has connected meanwhile, who was told of more: between the two would be a hole.
            self.tell_own(key, user)
            return
        membership = Membership(
            sight=joined.sight, event_seq=joined.event_seq, membership_version=joined.membership_version
        )
        for session in self._hub.sessions_of(user):
            if session.shown.pop(key, -1) < joined.event_seq:
                session.push(joined.text, key, joined.event_seq, opens=True)
            await self._hub.subscribe(session, [membership])
        # Behind the snapshot nothing may be missing.
        self.look_at(key)


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
