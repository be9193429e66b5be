"""What hosts test with: what was told, and a client for sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from django.test import TestCase

from django_convo import actions
from django_convo.realtime.brokers import get_broker
from django_convo.realtime.brokers.memory import MemoryBroker
from django_convo.testing import RecordingBroker, recorded_events, recorded_hints
from django_convo.testing.sockets import Closed, SocketClient, call, get_hub
from django_convo.types import HintKind
from tests.people import make_group, make_user
from tests.realtime.conftest import run


def test_events_are_recorded_in_order_and_no_longer_than_meanwhile(ada: Any, bob: Any, group: Any) -> None:
    with recorded_events() as found:
        message = actions.send_message(actor=ada, conversation=group, body="hello")
        actions.edit_message(actor=ada, message=message, body="hello!")
    actions.send_message(actor=ada, conversation=group, body="afterwards")

    assert [event.type for event in found] == ["message.created", "message.updated"]
    assert [event.actor_id for event in found] == [ada.pk, ada.pk]


def test_events_of_one_type_are_recorded(ada: Any, bob: Any, group: Any) -> None:
    with recorded_events("message.updated", "participant.removed") as found:
        message = actions.send_message(actor=ada, conversation=group, body="hello")
        actions.edit_message(actor=ada, message=message, body="hello!")
        actions.remove_participant(actor=ada, conversation=group, user=bob)

    assert [event.type for event in found] == ["message.updated", "participant.removed"]


def test_events_are_recorded_no_longer_after_a_failure(ada: Any, group: Any) -> None:
    with pytest.raises(RuntimeError), recorded_events() as found:
        raise RuntimeError
    actions.send_message(actor=ada, conversation=group, body="afterwards")

    assert found == []


@pytest.mark.django_db
def test_events_are_recorded_within_a_test_that_is_rolled_back() -> None:
    ada = make_user("ada")
    group = make_group(ada)

    with recorded_events() as found, TestCase.captureOnCommitCallbacks(execute=True):
        actions.send_message(actor=ada, conversation=group, body="hello")

    assert [event.type for event in found] == ["message.created"]


def test_hints_are_recorded_in_order_and_still_carried(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        with recorded_hints() as hints:
            async with SocketClient(bob) as socket:
                hints.clear()
                await call(actions.send_message, actor=ada, conversation=group, body="hello")
                await call(actions.mark_read, actor=bob, conversation=group)
                await socket.until("message.created")
            assert isinstance(get_broker(), RecordingBroker)
            kinds = [hint.kind for hint in hints if hint.kind != HintKind.PRESENCE]
            assert kinds == [HintKind.EVENT, HintKind.OWN, HintKind.READ]
            assert {hint.conversation_id for hint in hints} - {None} == {group.pk}

    run(test())
    assert type(get_broker()) is MemoryBroker


def test_recording_begins_empty(ada: Any, group: Any) -> None:
    with recorded_hints():
        actions.send_message(actor=ada, conversation=group, body="before")
    with recorded_hints() as hints:
        pass

    assert hints == []


def test_client_keeps_its_frames_and_finds_one_by_its_values(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            for body in ("one", "two"):
                await call(actions.send_message, actor=ada, conversation=group, body=body)
            frame = await socket.until("message.created", seq=2)
            assert frame["data"]["message"]["message_body"] == "two"
            assert [item["seq"] for item in socket.frames if item["type"] == "message.created"] == [1, 2]

    run(test())


def test_client_says_when_nothing_comes(ada: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            with pytest.raises((asyncio.TimeoutError, TimeoutError)):
                await socket.receive(timeout=0.05)
            assert await socket.silence(0.05) == []

    run(test())


def test_client_says_with_which_code_it_was_closed(transactional_db: None) -> None:
    async def test() -> None:
        async with SocketClient() as socket:
            assert socket.close_code == 4401

    run(test())


def test_client_raises_what_closes_it(ada: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await socket.send_text("nonsense")
            with pytest.raises(Closed) as closed:
                await socket.until("pong", id=1)
            assert closed.value.code == socket.close_code == 4400

    run(test())


def test_client_speaks_to_a_hosts_own_application(ada: Any) -> None:
    seen: list[str] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        from django_convo.realtime.consumers import ConvoConsumer

        seen.append(scope["path"])
        await ConvoConsumer.as_asgi()(scope, receive, send)

    async def test() -> None:
        async with SocketClient(ada, application=application):
            pass

    run(test())
    assert seen == ["/ws/convo/"]


def test_client_raises_what_the_application_raises(ada: Any) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": '{"type": "pong"}'})
        raise RuntimeError("of the host's own")

    async def test() -> None:
        socket = SocketClient(ada, application=application)
        await socket.open()
        with pytest.raises(RuntimeError, match="of the host's own"):
            await socket.close()

    run(test())


def test_run_leaves_no_hub_behind(ada: Any) -> None:
    hubs: list[Any] = []

    async def test() -> None:
        async with SocketClient(ada):
            hubs.append(get_hub())

    run(test())
    assert hubs[0]._tasks == []
