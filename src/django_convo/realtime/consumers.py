"""The WebSocket: a Channels consumer that hands frames between a socket and the hub."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from typing import Any, Final

from django_convo.selectors.logins import Login

from .authenticating import PROTOCOL, Refused, authenticate, headers_of
from .codes import REASONS, CloseCode
from .commands import Commands
from .direct import direct_write
from .hub import Hub, get_hub
from .sessions import Session

try:
    from channels.consumer import AsyncConsumer
except ImportError as error:
    raise ImportError("WebSockets need Channels: pip install 'django-convo[realtime]'") from error

logger = logging.getLogger("django_convo.realtime")

# How long a client may take to answer that the socket is closed.
_CLOSE_SECONDS: Final = 5


class ConvoConsumer(AsyncConsumer):
    """One socket. It has no channel of a channel layer: frames go from the hub to the server without one."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scope = scope
        self.base_send = send
        self._task = asyncio.current_task()
        message = await receive()
        if message["type"] != "websocket.connect":
            return
        hub = get_hub()
        offered = scope.get("subprotocols", [])
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if PROTOCOL in offered else None})
        try:
            user, login = await hub.workers.run(authenticate, headers_of(scope), offered)
        except Refused as refused:
            await self._close(refused.code)
            return
        except Exception:
            logger.exception("A socket cannot be opened.")
            await self._close(CloseCode.TRY_AGAIN)
            return
        await self._serve(hub, user, login, receive)

    async def _serve(self, hub: Hub, user: Any, login: Login, receive: Any) -> None:
        session = Session(user, login, send=self._send_text, close=self._end, take=direct_write(self.base_send))
        try:
            await hub.register(session)
            commands = Commands(hub, session)
            while (message := await receive())["type"] == "websocket.receive":
                if session.is_closed:
                    continue
                await self._take(commands, session, message.get("text"))
        except asyncio.CancelledError:
            if not session.is_closed:
                raise
        except Exception:
            logger.exception("A socket cannot be served.")
            await self._close(CloseCode.TRY_AGAIN)
        finally:
            await hub.unregister(session)

    async def _take(self, commands: Commands, session: Session, text: str | None) -> None:
        if text is None:
            session.end(CloseCode.NO_TEXT)
            return
        try:
            await commands.take(text)
        except Exception:
            logger.exception("A frame cannot be answered.")
            session.end(CloseCode.TRY_AGAIN)

    def _send_text(self, text: str) -> Awaitable[None]:
        message: Any = {"type": "websocket.send", "text": text}
        return self.base_send(message)

    async def _end(self, code: CloseCode) -> None:
        """Close, and give up a client that does not answer."""
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self._close(code), _CLOSE_SECONDS)
        await asyncio.sleep(_CLOSE_SECONDS)
        if self._task is not None and not self._task.done():
            self._task.cancel()

    async def _close(self, code: CloseCode) -> None:
        # The server may have closed it already.
        with contextlib.suppress(Exception):
            await self.base_send({"type": "websocket.close", "code": int(code), "reason": REASONS[code]})
