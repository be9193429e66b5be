"""What those who are connected get of what happens: every event, as REST would say it, once and in order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError, transaction

from django_convo import actions
from django_convo.models import Event
from django_convo.realtime import courier, reading
from django_convo.testing.sockets import SocketClient, call
from django_convo.types import EventType, Hint, HintKind
from tests.people import make_group
from tests.pictures import upload
from tests.realtime.brokers import DeafBroker, StutteringBroker
from tests.realtime.conftest import heard, log_over_rest, run, swept
from tests.realtime.happenings import ELSEWHERE, HAPPENINGS, make_world


def hint_of(conversation: Any, number: int) -> Hint:
    return Hint(kind=HintKind.EVENT, conversation_id=conversation.pk, number=number)


def numbers(frames: list[dict[str, Any]]) -> list[int]:
    return [frame["event_seq"] for frame in frames if "event_seq" in frame]


def test_every_event_type_has_a_happening() -> None:
    assert set(HAPPENINGS) | ELSEWHERE == set(EventType)


@pytest.mark.parametrize("kind", HAPPENINGS)
def test_event_arrives_as_rest_would_say_it(transactional_db: None, kind: str) -> None:
    world = make_world()
    before = Event.objects.filter(conversation=world.group.pk).count()

    async def test() -> None:
        async with SocketClient(world.bob) as socket:
            await call(HAPPENINGS[kind], world)
            await socket.until(kind)
            expected = await call(log_over_rest, world.bob, world.group, after=before)
            while len(numbers(socket.frames)) < len(expected):
                await socket.receive()

        assert [frame for frame in socket.frames if "event_seq" in frame][-1] == expected[-1]
        assert numbers(socket.frames) == numbers(expected)

    run(test())


def test_file_arrives_under_its_address_without_host_and_signature(ada: Any, bob: Any, group: Any) -> None:
    file = upload(ada, b"words")

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.send_message, actor=ada, conversation=group, attachments=[file])
            frame = await socket.until("message.created")
            expected = (await call(log_over_rest, bob, group))[-1]["data"]["message"]["attachments"][0]

        shown = frame["data"]["message"]["attachments"][0]
        assert shown["url"] == urlsplit(expected["url"]).path
        assert {**shown, "url": ""} == {**expected, "url": ""}

    run(test())


def test_client_id_comes_to_the_senders_sockets_alone(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as one, SocketClient(ada) as other, SocketClient(bob) as socket:
            await call(actions.send_message, actor=ada, conversation=group, body="hello", client_id="c-1")
            frames = [await client.until("message.created") for client in (one, other, socket)]

        assert [frame.get("client_id") for frame in frames] == ["c-1", "c-1", None]
        assert all("client_id" not in frame["data"]["message"] for frame in frames)

    run(test())


def test_events_come_in_order_in_a_burst(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            for number in range(30):
                await call(actions.send_message, actor=ada, conversation=group, body=str(number))
            while len(numbers(socket.frames)) < 30:
                await socket.receive()

        first = numbers(socket.frames)[0]
        assert numbers(socket.frames) == list(range(first, first + 30))
        bodies = [frame["data"]["message"]["message_body"] for frame in socket.frames if "event_seq" in frame]
        assert bodies == [str(number) for number in range(30)]

    run(test())


def test_gap_is_filled_from_the_log(ada: Any, bob: Any, group: Any, deaf: DeafBroker, no_sweep: None) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await swept()
            for body in ("one", "two", "three"):
                await call(actions.send_message, actor=ada, conversation=group, body=body)
            head = await call(group.__class__._default_manager.values_list("event_seq", flat=True).get, pk=group.pk)
            assert await heard(socket) == []
            deaf.hand_over(hint_of(group, head))
            await socket.until("message.created", event_seq=head)

        assert numbers(socket.frames) == [head - 2, head - 1, head]

    run(test())


def test_gap_of_more_than_is_read_at_once_is_filled(
    ada: Any, bob: Any, group: Any, deaf: DeafBroker, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_convo.realtime.reading.MOST_EVENTS", 3)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await swept()
            for body in range(8):
                await call(actions.send_message, actor=ada, conversation=group, body=str(body))
            head = deaf.hints[-1].number or 0
            deaf.hand_over(hint_of(group, head))
            await socket.until("message.created", event_seq=head)

        assert numbers(socket.frames) == list(range(head - 7, head + 1))

    run(test())


def test_sweep_brings_what_no_hint_told_of(ada: Any, bob: Any, group: Any, deaf: DeafBroker, settings: Any) -> None:
    settings.CONVO_REALTIME_SWEEP = timedelta(seconds=0.2)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.send_message, actor=ada, conversation=group, body="hello")
            frame = await socket.until("message.created", timeout=20)
            await socket.silence(0.5)

        assert frame["data"]["message"]["message_body"] == "hello"
        assert len(numbers(socket.frames)) == 1

    run(test())


def test_hints_that_come_twice_and_in_another_order_bring_each_event_once(
    ada: Any, bob: Any, group: Any, stuttering: StutteringBroker, no_sweep: None
) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await swept()
            for turn in range(3):
                for number in range(4):
                    await call(actions.send_message, actor=ada, conversation=group, body=f"{turn}.{number}")
                stuttering.stutter()
            while len(numbers(socket.frames)) < 12:
                await socket.receive()
            stuttering.stutter()
            await socket.silence(0.1)

        first = numbers(socket.frames)[0]
        assert numbers(socket.frames) == list(range(first, first + 12))

    run(test())


def test_log_that_reaches_back_no_further_says_reload(
    ada: Any, bob: Any, group: Any, deaf: DeafBroker, no_sweep: None
) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await swept()
            for body in ("one", "two", "three"):
                await call(actions.send_message, actor=ada, conversation=group, body=body)
            head = deaf.hints[-1].number or 0
            await call(Event.objects.filter(conversation=group.pk, event_seq__lt=head).delete)
            deaf.hand_over(hint_of(group, head))
            frame = await socket.until("resumed")
            await call(actions.send_message, actor=ada, conversation=group, body="four")
            deaf.hand_over(hint_of(group, head + 1))
            await socket.until("message.created")

        assert frame["limited"] == [str(group.pk)]
        assert numbers(socket.frames) == [head + 1]

    run(test())


def test_what_is_rolled_back_never_arrives(ada: Any, bob: Any, group: Any) -> None:
    def fail() -> None:
        with transaction.atomic():
            actions.send_message(actor=ada, conversation=group, body="never")
            transaction.set_rollback(True)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(fail)
            await swept()
            await call(actions.send_message, actor=ada, conversation=group, body="then")
            frame = await socket.until("message.created")

        assert frame["data"]["message"]["message_body"] == "then"

    run(test())


def test_conversations_do_not_mix(ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    other = make_group(ada, cyd)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.send_message, actor=ada, conversation=other, body="not for Bob")
            await call(actions.send_message, actor=ada, conversation=group, body="for Bob")
            await socket.until("message.created")
            await swept()
            await socket.silence(0.1)

        assert {frame.get("conversation_id") for frame in socket.frames} == {None, str(group.pk)}

    run(test())


def test_conversation_that_cannot_be_rendered_holds_up_no_other(
    ada: Any, bob: Any, group: Any, deaf: DeafBroker, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_group(ada, bob)
    encode = reading.encoded
    broken = [True]

    def fail(value: Any) -> str:
        text = encode(value)
        if broken and "cannot be said" in text:
            raise ValueError("of a host's own serializer")
        return text

    monkeypatch.setattr(reading, "encoded", fail)
    monkeypatch.setattr(courier, "LONGEST_PAUSE", 0.1)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await swept()
            await call(actions.send_message, actor=ada, conversation=group, body="cannot be said")
            await call(actions.send_message, actor=ada, conversation=other, body="hello")
            for hint in tuple(deaf.hints):
                deaf.hand_over(hint)
            frame = await socket.until("message.created")
            assert frame["data"]["message"]["message_body"] == "hello"
            broken.clear()
            frame = await socket.until("message.created")
            assert frame["data"]["message"]["message_body"] == "cannot be said"

    run(test())


def test_log_that_cannot_be_read_is_read_when_it_can(
    ada: Any, bob: Any, group: Any, no_sweep: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = courier.read_news
    failures = [OperationalError("away"), OperationalError("away")]

    def fail(questions: Any) -> Any:
        if failures:
            raise failures.pop()
        return read(questions)

    monkeypatch.setattr(courier, "read_news", fail)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await swept()
            await call(actions.send_message, actor=ada, conversation=group, body="hello")
            await socket.until("message.created")
        assert not failures

    run(test())
