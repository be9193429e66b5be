"""One client with one socket: it shows its user's conversations, and lives on frames, cuts and resumptions."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from tests.acceptance.storm.record import Record
from tests.acceptance.storm.rest import Person, Rest
from tests.shown import Shown

PROTOCOL = "convo.v1"
# What the server tells a client to come back after: too slow, too many frames, and an unreachable database.
COME_BACK = {4408, 4429, 4503}
# Ended without a word (cut, killed), or by a server that was told to stop.
CUT = {1001, 1005, 1006, 1011, 1012}
RESUME_SECONDS = 30
ANSWER_SECONDS = 30
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 2.0
LARGEST_FRAME = 2**24


class Device:
    """What one socket's client shows, and the record of every numbered frame that it was sent.

    A frame is applied if its number is the next. An older one is dropped; it may come only up to what a resumption or
    a loading has told already, else it came twice. A later one is a hole: it is noted as a difference, and filled.
    """

    def __init__(self, person: Person, rest: Rest, places: Sequence[str]) -> None:
        self.person = person
        self.shown: dict[str, Shown] = {}
        self.record = Record()
        self.is_current = asyncio.Event()
        self._rest = rest
        self._places = places
        self._cursor: str | None = None
        self._socket: ClientConnection | None = None
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._number = 0
        # Up to where a repetition is none of the hub's, by conversation.
        self._told: dict[str, int] = {}
        # What REST has shown no more; that is told as well, behind what is still on its way.
        self._unseen: set[str] = set()
        self._is_resuming = False
        self._is_ending = False

    async def start(self) -> None:
        """Load everything, as a client that is opened for the first time."""
        more, cursor = True, None
        while more:
            body: dict[str, str] = {} if cursor is None else {"cursor": cursor}
            answer = (await self._rest.call("POST", "/sync/", self.person, json=body)).json()
            more, cursor = answer["more"], answer["cursor"]
            for snapshot in answer["conversations"]:
                await self._load(snapshot["conversation_id"])
        self._cursor = cursor

    async def run(self) -> None:
        """Stay connected until the end."""
        pause = FIRST_PAUSE
        while not self._is_ending:
            try:
                await self._connect_and_live()
                pause = FIRST_PAUSE
            except (OSError, InvalidHandshake, asyncio.TimeoutError):
                self.record.count("connections refused")
            self.is_current.clear()
            self._give_up_answers()
            await asyncio.sleep(random.uniform(0.5, 1) * pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def end(self) -> None:
        """Close in an orderly way, for good."""
        self._is_ending = True
        if self._socket is not None:
            await self._socket.close()

    def cut(self) -> None:
        """Lose the connection, as on a train."""
        if self._socket is not None and self._socket.transport is not None:
            self.record.count("cuts")
            self._socket.transport.abort()

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any] | None:
        """Say something and return the answer; None where the connection went before it came."""
        if self._socket is None or not self.is_current.is_set():
            return None
        self._number += 1
        name = str(self._number)
        answer = self._answers[name] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send(json.dumps({"type": kind, "id": name, **fields}))
            return await asyncio.wait_for(answer, ANSWER_SECONDS)
        except asyncio.TimeoutError:
            self.record.differ(f"{kind} was not answered within {ANSWER_SECONDS} s")
            return None
        except (ConnectionClosed, asyncio.CancelledError):
            return None
        finally:
            self._answers.pop(name, None)

    async def _connect_and_live(self) -> None:
        ticket = await self._rest.ticket(self.person)
        protocols = [Subprotocol(PROTOCOL), Subprotocol(f"ticket.{ticket}")]
        async with connect(
            f"{random.choice(self._places)}/ws/convo/",
            subprotocols=protocols,
            compression=None,
            max_size=LARGEST_FRAME,
            proxy=None,
            ping_interval=None,
            close_timeout=1,
        ) as socket:
            self._socket = socket
            self.record.count("connections")
            try:
                await self._live(socket)
            except ConnectionClosed as closed:
                self._note_end(closed)
            finally:
                self._socket = None

    async def _live(self, socket: ClientConnection) -> None:
        heads = {key: shown.event_seq for key, shown in self.shown.items()}
        for key in {*heads, *self.record.trail}:
            self._remember(key, "connected")
        self._told = {}
        self._unseen = set()
        self._is_resuming = True
        resumption = {"type": "resume", "id": "resume", "heads": heads}
        if self._cursor is not None:
            resumption["cursor"] = self._cursor
        await socket.send(json.dumps(resumption))
        await asyncio.wait_for(self._take_resumption(socket), RESUME_SECONDS)
        while True:
            await self._take(json.loads(await socket.recv()))

    async def _take_resumption(self, socket: ClientConnection) -> None:
        while self._is_resuming:
            await self._take(json.loads(await socket.recv()))

    def _note_end(self, closed: ConnectionClosed) -> None:
        code = 1006 if closed.rcvd is None else closed.rcvd.code
        self.record.count(f"closed with {code}")
        if code not in COME_BACK | CUT and not self._is_ending:
            self.record.differ(f"closed with {code}")

    def _give_up_answers(self) -> None:
        for answer in self._answers.values():
            answer.cancel()

    # What comes.

    async def _take(self, frame: dict[str, Any]) -> None:
        self.record.count("frames")
        kind = frame["type"]
        if "event_seq" in frame:
            self.record.note(frame)
            await self._take_event(frame)
        elif kind in self._HANDLERS:
            await self._HANDLERS[kind](self, frame)

    async def _take_event(self, frame: dict[str, Any]) -> None:
        key, number = frame["conversation_id"], frame["event_seq"]
        shown = self.shown.get(key)
        if shown is None:
            if not self._is_resuming and key not in self._unseen:
                self.record.differ(f"{key} {number}: an event of a conversation that is not shown")
            return
        if number <= shown.event_seq:
            self._take_old(frame, shown)
        elif number == shown.event_seq + 1:
            self._apply(frame, shown)
        elif self._is_resuming:
            # What is missing comes, and this with it.
            self.record.count("frames ahead of a resumption")
        else:
            self.record.differ(f"{key}: {number} came after {shown.event_seq}: a hole")
            await self._fill(key, shown)

    def _apply(self, frame: dict[str, Any], shown: Shown) -> None:
        try:
            shown.apply(frame)
        except KeyError as error:
            # About a message that this client may not see, say.
            self.record.differ(f"{frame['type']} {frame['event_seq']} of {frame['conversation_id']}: {error!r}")

    def _take_old(self, frame: dict[str, Any], shown: Shown) -> None:
        key, number = frame["conversation_id"], frame["event_seq"]
        self.record.count("frames that were known")
        if not self._is_resuming and number > self._told.get(key, 0):
            self.record.differ(f"{key}: {number} came again at {shown.event_seq}: doubled")

    async def _fill(self, key: str, shown: Shown) -> None:
        answer = await self._rest.read(f"/conversations/{key}/events/", self.person, after=shown.event_seq, limit=200)
        if answer is None:
            return
        if answer["limited"]:
            await self._load(key)
            return
        for frame in answer["results"]:
            self.record.note(frame)
            self._apply(frame, shown)
        self._told[key] = shown.event_seq

    def _remember(self, key: str, what: str) -> None:
        shown = self.shown.get(key)
        self.record.remember(key, what, None if shown is None else shown.event_seq)

    async def _load(self, key: str) -> None:
        self.record.count("conversations loaded")
        shown = await self._rest.load(key, self.person)
        self._remember(key, f"loaded {'nothing' if shown is None else shown.event_seq}")
        if shown is None:
            self.shown.pop(key, None)
            self._unseen.add(key)
            return
        self._unseen.discard(key)
        self.shown[key] = shown
        self._told[key] = shown.event_seq

    async def _take_own(self, frame: dict[str, Any]) -> None:
        shown = self.shown.get(frame["conversation_id"])
        if shown is not None:
            shown.own.update(frame["data"])
            shown.count_seq = max(shown.count_seq, frame["count_seq"])

    async def _join(self, frame: dict[str, Any]) -> None:
        key = frame["conversation_id"]
        self.record.count("conversations joined")
        self._remember(key, f"joined {frame['data']['conversation']['event_seq']}")
        self.record.snapshots.add((key, frame["data"]["conversation"]["event_seq"]))
        await self._load(key)

    async def _leave(self, frame: dict[str, Any]) -> None:
        if self._is_resuming:
            # What was said before they went may still be on its way.
            self._unseen.add(frame["conversation_id"])
        self.record.count("conversations left")
        self._remember(frame["conversation_id"], "left")
        self.shown.pop(frame["conversation_id"], None)

    async def _be_resumed(self, frame: dict[str, Any]) -> None:
        for key in frame["limited"]:
            self.record.count("conversations limited")
            self._remember(key, "limited")
            await self._load(key)
        if frame["cursor"] is None:
            return
        self._cursor = frame["cursor"]
        if self._is_resuming:
            self.record.count("resumptions")
            self._is_resuming = False
            for key in self.record.trail:
                self._remember(key, "resumed")
            self._told = {key: shown.event_seq for key, shown in self.shown.items()}
            self.is_current.set()

    async def _take_answer(self, frame: dict[str, Any]) -> None:
        answer = self._answers.get(frame.get("id", ""))
        if answer is not None and not answer.done():
            answer.set_result(frame)
        elif frame["type"] == "error" and frame.get("id") == "resume":
            self.record.differ(f"resume: {frame['code']}")

    async def _take_cursor(self, frame: dict[str, Any]) -> None:
        self._cursor = frame["cursor"]
        await self._take_answer(frame)

    _HANDLERS: dict[str, Callable[..., Any]] = {
        "membership.updated": _take_own,
        "conversation.joined": _join,
        "conversation.left": _leave,
        "resumed": _be_resumed,
        "ack": _take_answer,
        "error": _take_answer,
        "pong": _take_cursor,
    }

    def testimony(self) -> dict[str, Any]:
        """Return everything that is to be judged at the end, as JSON."""
        return {
            "user_id": self.person.user_id,
            "shown": {
                key: {**comparable(shown), "unread": shown.count_seq - shown.own["membership"]["read_count_seq"]}
                for key, shown in self.shown.items()
            },
            **self.record.testimony(),
        }


def comparable(shown: Shown) -> dict[str, Any]:
    """Return what a client shows, as JSON, with its own state and in an order that is always the same."""
    state = shown.state()
    own = {name: shown.own[name] for name in ("membership", "mention_count")}
    state["participants"] = dict(sorted(state["participants"]))
    state["counters"] = list(state["counters"])
    return {**state, "own": own}


async def gather_all(devices: Sequence[Device], *, seconds: float) -> list[Device]:
    """Wait until all are connected and have resumed; return those who are not."""
    with contextlib.suppress(asyncio.TimeoutError):
        await asyncio.wait_for(asyncio.gather(*(device.is_current.wait() for device in devices)), seconds)
    return [device for device in devices if not device.is_current.is_set()]
