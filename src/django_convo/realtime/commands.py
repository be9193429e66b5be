"""What a client may say over a socket, and what it is answered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from django.contrib.auth import get_user_model

from django_convo import actions
from django_convo.api.base import to_api_exception
from django_convo.api.socket import Answer, parse, post
from django_convo.api.sync import read_heads, write_cursor
from django_convo.conf import settings
from django_convo.policy import active_users
from django_convo.selectors import Position
from django_convo.selectors.messages import find_conversation

from . import texts
from .codes import CloseCode
from .hub import Hub
from .resuming import Resumption, read_resumption
from .sessions import Session

# What may come at once after a silence, as a multiple of what may come each second.
_BURST: Final = 3
_LONGEST_ID: Final = 64

Command = dict[str, Any]
R = TypeVar("R")


class Commands:
    """Answers one session, one frame after the other."""

    def __init__(self, hub: Hub, session: Session) -> None:
        self._hub = hub
        self._session = session
        self._allowance = float(_BURST * settings.REALTIME_FRAMES_PER_SECOND)
        self._heard_at = asyncio.get_running_loop().time()

    async def take(self, text: str) -> None:
        """Answer a frame, or end the session where it is too large, or one of too many."""
        if len(text) > settings.REALTIME_MAX_FRAME_BYTES or _size(text) > settings.REALTIME_MAX_FRAME_BYTES:
            self._session.end(CloseCode.FRAME_TOO_LARGE)
            return
        if not self._is_allowed():
            self._session.end(CloseCode.TOO_MANY_FRAMES)
            return
        command = parse(text)
        if not isinstance(command, dict) or not _is_id(command.get("id", "")):
            self._session.end(CloseCode.MALFORMED)
            return
        handle = _HANDLERS.get(str(command.get("type")))
        if handle is None:
            self._refuse(command, "unknown_type", "There is no frame of this type.")
            return
        await handle(self, command)

    def _is_allowed(self) -> bool:
        """Count the frame: as many as fit into the burst, and so many more each second."""
        now, rate = asyncio.get_running_loop().time(), settings.REALTIME_FRAMES_PER_SECOND
        self._allowance = min(_BURST * rate, self._allowance + (now - self._heard_at) * rate)
        self._heard_at = now
        if self._allowance < 1:
            return False
        self._allowance -= 1
        return True

    async def send_message(self, command: Command) -> None:
        """Send, as `POST /messages/` does."""
        answer = await self._post(command, "message-list", _body(command))
        if answer is None:
            return
        if answer.is_success:
            # What is scheduled names its message, too, once it is sent.
            noun = "scheduled" if "scheduled_id" in answer.data else "message"
            self._reply(texts.answer("ack", command, **{noun: answer.data}))
        else:
            self._refuse_with(command, answer)

    async def read(self, command: Command) -> None:
        """Move one's read pointer, as `POST …/read/` does."""
        await self._post_within(command, "conversation-read", ("seq",))

    async def show_typing(self, command: Command) -> None:
        """Let the others see that one types, as `POST …/typing/` does."""
        await self._post_within(command, "typing", ("is_typing",))

    async def delivered(self, command: Command) -> None:
        """Note up to which message everything has reached this device."""
        key, seq = _conversation_of(command), command.get("seq")
        if key is None or not isinstance(seq, int) or isinstance(seq, bool) or not 0 <= seq < 2**63:
            self._refuse(command, "invalid", "Say which conversation, and up to which message.")
            return
        error = await self._ask(_mark_delivered, self._session.user, key, seq)
        if error is None:
            self._acknowledge(command)
        else:
            self._refuse(command, *error)

    async def tell_presence(self, command: Command) -> None:
        """Say who else of a conversation is there."""
        key = _conversation_of(command)
        if key is None:
            self._refuse(command, "invalid", "Say which conversation.")
            return
        for text in await self._hub.presence.frames_for(self._session.user, key):
            self._reply(text)
        self._acknowledge(command)

    async def resume(self, command: Command) -> None:
        """Send what was missed, then what came meanwhile."""
        cursor, heads = command.get("cursor"), read_heads(command.get("heads"))
        if heads is None or not (cursor is None or isinstance(cursor, str)):
            self._refuse(command, "invalid", "A cursor is a text; heads are at most 500 numbers by conversation.")
            return
        await resume(self._hub, self._session, cursor, heads, command)

    async def ping(self, command: Command) -> None:
        """Say where the client stands."""
        cursor = write_cursor(self._session.user, Position(since=self._hub.cursor_time))
        self._reply(texts.answer("pong", command, cursor=cursor))

    async def _post_within(self, command: Command, name: str, fields: tuple[str, ...]) -> None:
        key = _conversation_of(command)
        if key is None:
            self._refuse(command, "invalid", "Say which conversation.")
            return
        body = {field: command[field] for field in fields if field in command}
        answer = await self._post(command, name, body, conversation_id=str(key))
        if answer is None:
            return
        if answer.is_success:
            self._acknowledge(command)
        else:
            self._refuse_with(command, answer)

    async def _post(self, command: Command, name: str, body: Mapping[str, Any], **kwargs: str) -> Answer | None:
        """Answer as the route does, to the user as they are now; None where they are there no more."""
        answer = await self._ask(_post_as, self._session.key, name, body, kwargs)
        if answer is None:
            self._session.end(CloseCode.LOGGED_OUT)
        return answer

    async def _ask(self, function: Callable[..., R], *args: Any) -> R:
        return await self._hub.workers.run_for(self._session.key, function, *args)

    def _acknowledge(self, command: Command) -> None:
        if "id" in command:
            self._reply(texts.answer("ack", command))

    def _refuse_with(self, command: Command, answer: Answer) -> None:
        more = {"errors": answer.errors, "retry_after": answer.retry_after}
        known = {name: value for name, value in more.items() if value is not None}
        self._refuse(command, answer.code, answer.detail, **known)

    def _refuse(self, command: Command, code: str, detail: str, **more: Any) -> None:
        self._reply(texts.answer("error", command, code=code, detail=detail, **more))

    def _reply(self, text: str) -> None:
        self._session.reply(text)


async def resume(
    hub: Hub,
    session: Session,
    cursor: str | None,
    heads: Mapping[UUID, int],
    command: Mapping[str, Any] | None = None,
) -> None:
    """Send a session what it has missed since the cursor and the heads; what comes meanwhile comes behind that."""
    session.hold()
    try:
        found = await hub.workers.run_for(session.key, _resume, session.user, cursor, heads)
    except BaseException:
        session.release()
        raise
    if isinstance(found, Resumption):
        for text in found.texts:
            session.reply(text)
        session.release(found.upto, found.gone)
        hub.follow(session, {key: found.upto.get(key, 0) for key in found.present})
        return
    code, detail = found
    session.reply(texts.answer("error", command or {}, code=code, detail=detail))
    session.release()


_HANDLERS: Final[dict[str, Callable[[Commands, Command], Awaitable[None]]]] = {
    "message.send": Commands.send_message,
    "read": Commands.read,
    "delivered": Commands.delivered,
    "typing": Commands.show_typing,
    "presence": Commands.tell_presence,
    "resume": Commands.resume,
    "ping": Commands.ping,
}
# The types that a client may say, for the docs and the table of permissions.
TYPES: Final = tuple(_HANDLERS)


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


def _is_id(value: object) -> bool:
    """Say whether this may name a frame: a short text or a number, which the answer repeats."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_ID
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _body(command: Command) -> Command:
    return {name: value for name, value in command.items() if name not in ("type", "id")}


def _conversation_of(command: Command) -> UUID | None:
    value = command.get("conversation", command.get("conversation_id"))
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _post_as(key: Any, name: str, body: Mapping[str, Any], kwargs: Mapping[str, str]) -> Answer | None:
    # As they are now: a role may have changed since the socket was opened.
    user = get_user_model()._default_manager.filter(active_users(), pk=key).first()
    return None if user is None else post(user, name, body, **kwargs)


def _mark_delivered(user: Any, key: UUID, seq: int) -> tuple[str, str] | None:
    try:
        actions.mark_delivered(actor=user, conversation=find_conversation(user, key), seq=seq)
    except Exception as error:
        return _complaint(error)
    return None


def _resume(user: Any, cursor: str | None, heads: Mapping[UUID, int]) -> Resumption | tuple[str, str]:
    try:
        return read_resumption(user, cursor, heads)
    except Exception as error:
        return _complaint(error)


def _complaint(error: Exception) -> tuple[str, str]:
    """Return code and detail of an error that REST would answer with; any other is raised again."""
    translated: Any = to_api_exception(error)
    detail = getattr(translated, "detail", None)
    if not isinstance(detail, dict) or "code" not in detail:
        raise error
    return str(detail["code"]), str(detail["detail"])
