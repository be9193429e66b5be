"""The client of the docs: whatever it misses, and however often it is cut off, it shows in the end what is so."""

from __future__ import annotations

import random
from typing import Any

from django_convo import actions
from django_convo.testing.sockets import SocketClient, call
from tests.realtime import reference
from tests.realtime.conftest import run
from tests.realtime.happenings import HAPPENINGS, make_world
from tests.replay import Client


class Application:
    """What a client shows of one conversation, kept up to date by the client of the docs."""

    def __init__(self, user: Any, key: Any) -> None:
        self.user = user
        self.key = key
        self.shown = Client(user, key)
        self.socket: SocketClient | None = None
        self.loads = 0
        self.client = reference.Client(self.send, self.load, self.apply)
        self.client.heads[str(key)] = self.shown.event_seq

    async def send(self, frame: dict[str, Any]) -> None:
        assert self.socket is not None
        await self.socket.send(frame["type"], **{name: value for name, value in frame.items() if name != "type"})

    async def load(self, key: str) -> int:
        assert key == str(self.key)
        self.loads += 1
        self.shown = await call(Client, self.user, self.key)
        return self.shown.event_seq

    def apply(self, frame: dict[str, Any]) -> None:
        if "event_seq" in frame:
            self.shown.apply(frame)

    async def take_all(self, chance: random.Random | None = None) -> None:
        """Take what comes, less every third frame where chance has it so, until nothing more does."""
        assert self.socket is not None
        for frame in await self.socket.silence(0.1):
            is_event = "event_seq" in frame
            if chance is None or not is_event or chance.random() > 1 / 3:
                await self.client.take(frame)


HAPPEN = [kind for kind in HAPPENINGS if kind not in ("conversation.closed", "message.deleted", "participant.removed")]


def test_client_that_misses_frames_and_is_cut_off_shows_what_is_so(transactional_db: None) -> None:
    world = make_world()
    application = Application(world.bob, world.group.pk)
    chance = random.Random(4)

    async def test() -> None:
        for number, kind in enumerate(HAPPEN):
            if number % 4 == 3:
                # While nobody listens.
                await call(HAPPENINGS[kind], world)
                continue
            async with SocketClient(world.bob) as socket:
                application.socket = socket
                await application.client.connected()
                await call(HAPPENINGS[kind], world)
                await application.take_all(chance)
        async with SocketClient(world.bob) as socket:
            application.socket = socket
            await application.client.connected()
            head = (await call(Client, world.bob, world.group.pk)).event_seq
            for _ in range(50):
                await application.take_all()
                if application.client.heads[str(world.group.pk)] == head:
                    break

    run(test())
    assert application.shown.state() == Client(world.bob, world.group.pk).state()
    assert application.loads == 0


def test_client_that_is_too_far_behind_loads_anew(ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_SYNC_MAX_EVENTS = 3
    application = Application(bob, group.pk)
    for body in "abcdef":
        actions.send_message(actor=ada, conversation=group, body=body)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            application.socket = socket
            await application.client.connected()
            while not application.loads:
                await application.take_all()

    run(test())
    assert application.loads == 1
    assert application.shown.state() == Client(bob, group.pk).state()


def test_client_that_is_not_connected_for_the_first_time_hears_of_new_conversations(
    ada: Any, bob: Any, group: Any
) -> None:
    application = Application(bob, group.pk)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            application.socket = socket
            await application.client.connected()
            while application.client.cursor is None:
                await application.take_all()
        new = await call(lambda: actions.create_conversation(actor=ada, participants=[bob], kind="group")[0])
        await call(actions.leave, actor=bob, conversation=group)
        async with SocketClient(bob) as socket:
            application.socket = socket
            await application.client.connected()
            while str(new.pk) not in application.client.heads:
                await application.take_all()
            assert application.client.heads == {str(new.pk): 1}

    run(test())
