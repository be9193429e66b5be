"""What waits for a connection, in which order it comes, and when it is too much."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import pytest

from django_convo.realtime import sessions
from django_convo.realtime.codes import CloseCode
from django_convo.realtime.sessions import Session
from django_convo.selectors.logins import Login

ONE = UUID(int=1)
OTHER = UUID(int=2)


class Connection:
    """A connection that takes frames at once, or lets them wait, as a test says."""

    def __init__(self, *, takes: bool = False) -> None:
        self.frames: list[str] = []
        self.codes: list[CloseCode] = []
        self.takes = takes
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.error: Exception | None = None

    def session(self) -> Session:
        return Session(None, Login(user_id=1), send=self.send, close=self.close, take=self.take)

    def take(self, text: str) -> bool:
        if not self.takes:
            return False
        if self.error is not None:
            raise self.error
        self.frames.append(text)
        return True

    async def send(self, text: str) -> None:
        await self.has_room.wait()
        if self.error is not None:
            raise self.error
        self.frames.append(text)

    async def close(self, code: CloseCode) -> None:
        self.codes.append(code)


@pytest.fixture(autouse=True, params=["eager", "later"])
def _spawn(request: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As this Python begins a task, and as Python 3.10 and 3.11 do."""
    if request.param == "later":
        monkeypatch.setattr(sessions, "spawn", lambda work: asyncio.get_running_loop().create_task(work))


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 10))


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_frame_is_taken_at_once() -> None:
    async def test() -> None:
        connection = Connection(takes=True)
        connection.session().push("hello")
        assert connection.frames == ["hello"]

    run(test)


@pytest.mark.parametrize("takes", [True, False])
def test_frames_keep_their_order_when_some_have_to_wait(takes: bool) -> None:
    async def test() -> None:
        connection = Connection(takes=takes)
        session = connection.session()
        session.push("1")
        await turns()
        connection.takes = False
        connection.has_room.clear()
        session.push("2")
        session.push("3")
        await turns()
        # What comes now would be taken at once: it has to wait all the same.
        connection.takes = takes
        session.push("4")
        session.reply("5")
        assert connection.frames == ["1"]
        connection.has_room.set()
        await turns()
        session.push("6")
        await turns()
        assert connection.frames == ["1", "2", "3", "4", "5", "6"]

    run(test)


def test_connection_that_waits_lets_others_go_on_until_it_is_too_slow(settings: Any) -> None:
    settings.CONVO_REALTIME_QUEUE_BYTES = 65_536

    async def test() -> None:
        slow, quick = Connection(), Connection()
        slow.has_room.clear()
        both = slow.session(), quick.session()
        # One is on its way, and 65 wait: just what is allowed is 64.
        for number in range(65):
            for session in both:
                session.push(f"{number:1024}")
            await turns()
        assert not both[0].is_closed
        for session in both:
            session.push("65")
        await turns()
        assert both[0].is_closed
        assert slow.codes == [CloseCode.TOO_SLOW]
        assert (len(quick.frames), quick.codes) == (66, [])
        slow.has_room.set()
        both[0].push("66")
        await turns()
        assert slow.frames == []

    run(test)


def test_what_was_sent_counts_no_longer(settings: Any) -> None:
    settings.CONVO_REALTIME_QUEUE_BYTES = 65_536

    async def test() -> None:
        connection = Connection()
        session = connection.session()
        for _ in range(10):
            connection.has_room.clear()
            for _ in range(30):
                session.push("x" * 1024)
            connection.has_room.set()
            await turns()
        assert not session.is_closed
        assert len(connection.frames) == 300

    run(test)


@pytest.mark.parametrize("takes", [True, False])
def test_what_is_held_comes_after_a_resumption_less_what_that_has_said(takes: bool) -> None:
    async def test() -> None:
        connection = Connection(takes=takes)
        session = connection.session()
        session.hold()
        session.push("one 4", ONE, 4)
        session.push("other 4", OTHER, 4)
        session.push("one 5", ONE, 5)
        session.push("own")
        session.reply("missed")
        await turns()
        assert connection.frames == ["missed"]
        session.release({ONE: 4})
        session.push("one 6", ONE, 6)
        await turns()
        assert connection.frames == ["missed", "other 4", "one 5", "own", "one 6"]

    run(test)


@pytest.mark.parametrize(
    ("upto", "gone", "frames"),
    [
        # Read before it was left: left, and seen again as a whole.
        ({ONE: 4}, set(), ["left", "shown 6", "event 7"]),
        # Read after all of it; the second half begins anew, since the client has been told that it left.
        ({ONE: 7}, set(), ["left", "shown 6", "event 7"]),
        # Read between: gone, and of what one saw before nothing more is said.
        ({}, {ONE}, ["shown 6", "event 7"]),
        # Of another: nothing is known of this one.
        ({OTHER: 9}, {UUID(int=3)}, ["event 4", "left", "shown 6", "event 7"]),
    ],
    ids=["before", "after", "between", "other"],
)
def test_what_was_left_and_is_seen_again_during_a_resumption_begins_anew(
    upto: dict[UUID, int], gone: set[UUID], frames: list[str]
) -> None:
    async def test() -> None:
        connection = Connection(takes=True)
        session = connection.session()
        session.hold()
        session.push("event 4", ONE, 4)
        session.push("left", ONE, opens=False)
        session.push("shown 6", ONE, 6, opens=True)
        session.push("event 7", ONE, 7)
        session.release(upto, gone)
        assert connection.frames == frames

    run(test)


def test_what_a_resumption_has_shown_whole_is_not_shown_again() -> None:
    async def test() -> None:
        connection = Connection(takes=True)
        session = connection.session()
        session.hold()
        session.push("shown 6", ONE, 6, opens=True)
        session.push("event 7", ONE, 7)
        session.release({ONE: 6})
        assert connection.frames == ["event 7"]

    run(test)


def test_what_is_held_is_bounded(settings: Any) -> None:
    settings.CONVO_REALTIME_QUEUE_BYTES = 65_536

    async def test() -> None:
        connection = Connection(takes=True)
        session = connection.session()
        session.hold()
        for _ in range(65):
            session.push("x" * 1024)
        await turns()
        assert connection.codes == [CloseCode.TOO_SLOW]
        session.release()
        await turns()
        assert connection.frames == []

    run(test)


def test_error_drops_what_waits_and_counts_it_no_longer(settings: Any) -> None:
    settings.CONVO_REALTIME_QUEUE_BYTES = 65_536

    async def test() -> None:
        connection = Connection()
        session = connection.session()
        for _ in range(3):
            connection.error, _ = OSError(), connection.has_room.clear()
            for _ in range(40):
                session.push("x" * 1024)
            connection.has_room.set()
            await turns()
        assert (connection.frames, connection.codes) == ([], [])
        connection.error = None
        session.push("again")
        await turns()
        assert connection.frames == ["again"]

    run(test)


def test_error_of_what_takes_at_once_stays_with_its_connection() -> None:
    async def test() -> None:
        connection = Connection(takes=True)
        connection.error = OSError()
        session = connection.session()
        session.push("lost")
        await turns()
        assert connection.frames == []
        assert not session.is_closed

    run(test)


def test_end_closes_once_and_delivers_no_more() -> None:
    async def test() -> None:
        connection = Connection()
        connection.has_room.clear()
        session = connection.session()
        session.push("on its way")
        session.push("waits")
        session.end(CloseCode.BANNED)
        session.end(CloseCode.LOGGED_OUT)
        session.push("too late")
        session.reply("too late")
        await turns()
        connection.has_room.set()
        await turns()
        assert (connection.frames, connection.codes) == ([], [CloseCode.BANNED])

    run(test)
