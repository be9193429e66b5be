"""The sweep: finds what no hint told of, so that a broker buys speed and never decides what is delivered."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils import timezone

from django_convo.conf import settings
from django_convo.selectors import connections as selectors
from django_convo.selectors.connections import Changed, Sight

from .reading import asks_each

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("django_convo.realtime")

# How far a sweep reaches back behind the one before it: for transactions that took long, and clocks that lag.
_SHORT_OVERLAP: Final = timedelta(seconds=2)
_LONG_OVERLAP: Final = timedelta(minutes=2)
_LONG_SECONDS: Final = 60


class Sweep:
    """Looks every `CONVO_REALTIME_SWEEP` for what has changed, a little way back, and once a minute further."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._soon = asyncio.Event()
        self._is_far = True
        # When the last one began that was finished: what was written before then has been delivered.
        self.swept_at: datetime = timezone.now()

    def soon(self) -> None:
        """Sweep without waiting."""
        self._soon.set()

    def far_and_soon(self) -> None:
        """Sweep without waiting, far back: hints may have been lost."""
        self._is_far = True
        self._soon.set()

    async def work(self) -> None:
        """Sweep for as long as the hub lives; after one that failed, further back."""
        loop = asyncio.get_running_loop()
        far_at = loop.time()
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._soon.wait(), settings.REALTIME_SWEEP.total_seconds())
            self._soon.clear()
            is_far = self._is_far or loop.time() >= far_at
            self._is_far = False
            began = timezone.now()
            try:
                await self._sweep(self.swept_at - (_LONG_OVERLAP if is_far else _SHORT_OVERLAP))
            except Exception:
                logger.exception("The sweep failed: it reaches further back next time.")
                self._is_far = True
                continue
            self.swept_at = began
            if is_far:
                far_at = loop.time() + _LONG_SECONDS

    async def _sweep(self, since: datetime) -> None:
        if not self._hub.sessions:
            return
        users = frozenset(self._hub.sessions)
        changed, sights = await self._hub.workers.run(_changed_since, since, users)
        unknown = [found.conversation_id for found in changed if not self._look_at(found)]
        if unknown and asks_each():
            # Hidden by the policy from everyone here when they connected; perhaps no longer.
            sights += await self._hub.workers.run(selectors.sights, unknown, users)
        for sight in sights:
            topic = self._hub.topics.get(sight.conversation_id)
            if topic is None or topic.is_news_to(sight):
                self._hub.courier.tell_own(sight.conversation_id, sight.user_id)

    def _look_at(self, found: Changed) -> bool:
        """Have a conversation read where it is further than what was delivered; says whether it is known here."""
        topic = self._hub.topics.get(found.conversation_id)
        if topic is None:
            return False
        if found.event_seq > topic.delivered or found.membership_version != topic.membership_version:
            self._hub.courier.look_at(found.conversation_id)
        return True


def _changed_since(since: datetime, users: Collection[Any]) -> tuple[list[Changed], list[Sight]]:
    return selectors.changed_conversations(since), selectors.changed_sights(users, since)
