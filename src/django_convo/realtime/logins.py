"""Whether those who are connected may still be: each login is asked again at least once a minute."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Final

from django_convo.selectors.logins import ended

from .codes import CloseCode

if TYPE_CHECKING:
    from .hub import Hub

logger = logging.getLogger("django_convo.realtime")

# Less than the minute that is promised, with room for a slow answer.
RECHECK_SECONDS: Final = 45
_CODES: Final = {"logged_out": CloseCode.LOGGED_OUT, "banned": CloseCode.BANNED}


class LoginWatch:
    """Ends the sessions whose login holds no longer."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._asked: set[Any] = set()
        self._wake = asyncio.Event()

    def ask(self, key: Any) -> None:
        """Look at a user's logins at once."""
        if key in self._hub.sessions:
            self._asked.add(key)
            self._wake.set()

    async def watch(self) -> None:
        """Look at all of them in turns, and at single ones when there is a hint."""
        loop = asyncio.get_running_loop()
        due = loop.time() + RECHECK_SECONDS
        while True:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(0.0, due - loop.time()))
            self._wake.clear()
            asked, self._asked = self._asked, set()
            if loop.time() >= due:
                asked, due = set(self._hub.sessions), loop.time() + RECHECK_SECONDS
            try:
                await self._look(asked)
            except Exception:
                logger.exception("Logins cannot be looked at: asked again next time.")

    async def _look(self, keys: set[Any]) -> None:
        sessions = [session for key in keys for session in self._hub.sessions_of(key)]
        if not sessions:
            return
        over = await self._hub.workers.run(ended, list({session.login for session in sessions}))
        for session in sessions:
            if session.login in over:
                session.end(_CODES[over[session.login]])
