"""Who gets what: those who see it, from when on they see it, and for as long as they do."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from django.db import transaction

from django_convo import actions
from django_convo.actions.maintenance.conversations import prune_conversation
from django_convo.realtime import courier
from django_convo.selectors import connections
from django_convo.testing.sockets import SocketClient, call
from django_convo.types import EventType, Hint, HintKind
from tests.people import make_group
from tests.realtime import policies
from tests.realtime.brokers import DeafBroker, StutteringBroker
from tests.realtime.conftest import heard, log_over_rest, run, swept
from tests.replay import Client


def types(socket: SocketClient) -> list[str]:
    return [frame["type"] for frame in socket.frames if frame["type"] not in ("pong", "presence")]


def say(actor: Any, conversation: Any, body: str) -> Any:
    return actions.send_message(actor=actor, conversation=conversation, body=body)


def test_stranger_hears_nothing(ada: Any, group: Any, stranger: Any) -> None:
    async def test() -> None:
        async with SocketClient(stranger) as socket:
            await call(say, ada, group, "secret")
            await call(actions.edit_message, actor=ada, message=await call(say, ada, group, "more"), body="secret")
            await swept()
            assert await heard(socket) == []

    run(test())


def test_added_user_gets_the_whole_conversation_and_what_follows(ada: Any, group: Any, cyd: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="before")

    async def test() -> None:
        async with SocketClient(cyd) as socket:
            await call(actions.add_participant, actor=ada, conversation=group, user=cyd)
            joined = await socket.until("conversation.joined")
            await call(say, ada, group, "after")
            await socket.until("message.created")
            fresh = await call(Client, cyd, group.pk)

        snapshot = joined["data"]["conversation"]
        assert snapshot["conversation_id"] == str(group.pk)
        assert snapshot["last_message"]["message_body"] == "before"
        assert snapshot["unread_count"] == 0
        numbers = [frame["event_seq"] for frame in socket.frames if frame.get("event_seq", 0) > snapshot["event_seq"]]
        assert numbers == list(range(snapshot["event_seq"] + 1, fresh.event_seq + 1))

    run(test())


@pytest.mark.parametrize("kind", ["direct", "group", "channel"])
def test_created_conversation_comes_whole_to_each_of_its_people(ada: Any, bob: Any, kind: str) -> None:
    async def test() -> None:
        async with SocketClient(ada) as first, SocketClient(bob) as second:
            conversation = await call(make_group, ada, bob, kind=kind)
            for socket in (first, second):
                frame = await socket.until("conversation.joined")
                assert frame["data"]["conversation"]["conversation_id"] == str(conversation.pk)
                assert frame["data"]["conversation"]["kind"] == kind
            await call(say, ada, conversation, "hello")
            frame = await second.until("message.created")
            assert frame["event_seq"] == 2

    run(test())


def test_joining_a_channel_brings_it(ada: Any, bob: Any) -> None:
    channel = make_group(ada, kind="channel")

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.join, actor=bob, conversation=channel)
            await socket.until("conversation.joined")

    run(test())


def test_late_joiner_without_history_gets_hidden_frames_and_numbers_without_a_hole(
    ada: Any, bob: Any, group: Any, cyd: Any, settings: Any
) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    old = say(ada, group, "secret")
    actions.add_participant(actor=ada, conversation=group, user=cyd)

    async def test() -> None:
        async with SocketClient(cyd) as late, SocketClient(bob) as early:
            await call(actions.edit_message, actor=ada, message=old, body="secret, still")
            await call(actions.add_reaction, actor=bob, message=old, emoji="👍")
            await call(actions.pin_message, actor=ada, message=old)
            await call(actions.delete_message, actor=ada, message=old)
            await call(say, ada, group, "for all")
            last = await late.until("message.created")
            await early.until("message.created")
            expected = (await call(log_over_rest, cyd, group))[-5:]

        frames = [frame for frame in late.frames if "event_seq" in frame]
        assert [frame["type"] for frame in frames] == ["hidden"] * 4 + ["message.created"]
        assert frames == expected
        assert [frame["event_seq"] for frame in frames] == list(range(last["event_seq"] - 4, last["event_seq"] + 1))
        assert "secret" not in str(late.frames)
        assert "hidden" not in types(early)

    run(test())


@pytest.mark.parametrize("go", ["removed", "leaves"])
def test_who_goes_is_told_so_and_hears_nothing_more(ada: Any, bob: Any, group: Any, go: str) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(bob) as other, SocketClient(ada) as witness:
            if go == "removed":
                await call(actions.remove_participant, actor=ada, conversation=group, user=bob)
            else:
                await call(actions.leave, actor=bob, conversation=group)
            for each in (socket, other):
                await each.until("conversation.left")
            await witness.until("participant.removed")
            await call(say, ada, group, "secret")
            await witness.until("message.created")
            await swept()
            assert await heard(socket) == await heard(other) == []

        assert types(socket) == ["conversation.left"]

    run(test())


def test_removed_user_hears_nothing_though_the_hint_of_what_follows_comes_first(
    ada: Any, bob: Any, group: Any, deaf: DeafBroker, no_sweep: None
) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await swept()
            await call(actions.remove_participant, actor=ada, conversation=group, user=bob)
            await call(say, ada, group, "secret")
            deaf.hand_over(deaf.hints[-1])
            await socket.until("conversation.left")
            for hint in deaf.hints:
                deaf.hand_over(hint)
            assert await heard(socket) == []

        assert types(socket) == ["conversation.left"]

    run(test())


def test_removed_user_hears_nothing_where_hints_are_late_doubled_and_reversed(
    ada: Any, bob: Any, group: Any, stuttering: StutteringBroker, no_sweep: None
) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(ada) as witness:
            await swept()
            await call(say, ada, group, "for Bob")
            await call(actions.remove_participant, actor=ada, conversation=group, user=bob)
            await call(say, ada, group, "secret")
            stuttering.stutter()
            await socket.until("conversation.left")
            await witness.until("participant.removed")
            await witness.until("message.created")
            await swept()
            assert await heard(socket) == []

        assert "secret" not in str(socket.frames)

    run(test())


def test_user_who_was_removed_while_connecting_hears_nothing(
    ada: Any, bob: Any, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_read, may_go_on = threading.Event(), threading.Event()
    read = connections.memberships

    def read_and_wait(user: Any) -> Any:
        found = read(user)
        if user.pk == bob.pk:
            has_read.set()
            assert may_go_on.wait(5)
        return found

    monkeypatch.setattr(connections, "memberships", read_and_wait)

    async def test() -> None:
        async with SocketClient(ada) as witness:
            socket = SocketClient(bob)
            opening = asyncio.create_task(socket.open())
            await call(has_read.wait, 5)
            await call(actions.remove_participant, actor=ada, conversation=group, user=bob)
            await witness.until("participant.removed")
            may_go_on.set()
            await opening
            await call(say, ada, group, "secret")
            await witness.until("message.created")
            await socket.silence(0.2)
            await socket.close()

        assert "secret" not in str(socket.frames)

    run(test())


def test_user_who_was_removed_and_connects_while_news_are_read_hears_nothing(
    ada: Any, bob: Any, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = {name: threading.Event() for name in ("membership read", "connect", "news read", "deliver")}
    read_memberships, read_news = connections.memberships, courier.read_news

    def slow_memberships(user: Any) -> Any:
        found = read_memberships(user)
        if user.pk == bob.pk:
            steps["membership read"].set()
            assert steps["connect"].wait(5)
        return found

    def slow_news(questions: Any) -> Any:
        found = read_news(questions)
        if any("secret" in str(delivery.text) for news in found for delivery in news.deliveries):
            steps["news read"].set()
            assert steps["deliver"].wait(5)
        return found

    monkeypatch.setattr(connections, "memberships", slow_memberships)
    monkeypatch.setattr(courier, "read_news", slow_news)

    async def test() -> None:
        async with SocketClient(ada) as witness:
            socket = SocketClient(bob)
            opening = asyncio.create_task(socket.open())
            await call(steps["membership read"].wait, 5)
            await call(actions.remove_participant, actor=ada, conversation=group, user=bob)
            await witness.until("participant.removed")
            await call(say, ada, group, "secret")
            await call(steps["news read"].wait, 5)
            # Known here now by what was read before the removal.
            steps["connect"].set()
            await opening
            steps["deliver"].set()
            await witness.until("message.created")
            await socket.silence(0.2)
            await socket.close()

        assert "secret" not in str(socket.frames)

    run(test())


def test_user_removed_and_added_at_once_begins_anew(ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"

    def away_and_back() -> None:
        with transaction.atomic():
            actions.remove_participant(actor=ada, conversation=group, user=bob)
            say(ada, group, "secret")
            actions.add_participant(actor=ada, conversation=group, user=bob)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(away_and_back)
            await socket.until("conversation.left")
            joined = (await socket.until("conversation.joined"))["data"]["conversation"]
            await call(say, ada, group, "for Bob")
            frame = await socket.until("message.created")

        assert frame["event_seq"] == joined["event_seq"] + 1
        assert "secret" not in str(socket.frames)

    run(test())


def test_deletion_is_told_and_then_there_is_silence(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.delete_conversation, actor=ada, conversation=group)
            deleted = await socket.until(EventType.CONVERSATION_DELETED)
            await socket.until("conversation.left", conversation_id=str(group.pk))
            await swept()
            assert await heard(socket) == []

        assert deleted["data"]["conversation"]["conversation_id"] == str(group.pk)

    run(test())


def test_conversation_whose_rows_are_gone_is_left(
    ada: Any, bob: Any, group: Any, deaf: DeafBroker, no_sweep: None
) -> None:
    def remove() -> None:
        actions.delete_conversation(actor=ada, conversation=group)
        while not prune_conversation(conversation_id=group.pk, limit=100):
            pass

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await swept()
            await call(remove)
            deaf.hand_over(Hint(kind=HintKind.EVENT, conversation_id=group.pk, number=99))
            await socket.until("conversation.left", conversation_id=str(group.pk))

    run(test())


def test_policy_that_narrows_stops_delivery(ada: Any, bob: Any, group: Any, narrow: None) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(ada) as witness:
            await call(say, ada, group, "for Bob")
            await socket.until("message.created")
            policies.apart.add((bob.pk, group.pk))
            await call(actions.refresh_access, group)
            await socket.until("conversation.left", conversation_id=str(group.pk))
            await call(say, ada, group, "secret")
            await witness.until("message.created")
            await witness.until("message.created")
            await swept()
            assert await heard(socket) == []

        assert "conversation.left" not in types(witness)

    run(test())


def test_policy_that_narrows_without_a_word_stops_the_next_frame(ada: Any, bob: Any, group: Any, narrow: None) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            policies.apart.add((bob.pk, group.pk))
            await call(say, ada, group, "secret")
            await socket.until("conversation.left")
            assert await heard(socket) == []

        assert "secret" not in str(socket.frames)

    run(test())


@pytest.mark.parametrize("is_ada_there", [True, False])
def test_policy_that_widens_brings_the_conversation(
    ada: Any, bob: Any, group: Any, narrow: None, is_ada_there: bool
) -> None:
    policies.apart.add((bob.pk, group.pk))

    async def test() -> None:
        async with SocketClient(bob) as socket:
            witness = SocketClient(ada)
            if is_ada_there:
                await witness.open()
            await call(say, ada, group, "not yet")
            assert await heard(socket) == []
            policies.apart.clear()
            await call(actions.refresh_access, group)
            joined = await socket.until("conversation.joined")
            await call(say, ada, group, "for Bob")
            frame = await socket.until("message.created")
            if is_ada_there:
                await witness.close()

        assert joined["data"]["conversation"]["last_message"]["message_body"] == "not yet"
        assert frame["data"]["message"]["message_body"] == "for Bob"

    run(test())


def test_message_that_the_policy_hides_is_a_hidden_frame(ada: Any, bob: Any, group: Any, narrow: None) -> None:
    policies.secret.add((bob.pk, "secret"))

    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(ada) as witness:
            await call(say, ada, group, "secret")
            await call(say, ada, group, "for Bob")
            last = await socket.until("message.created")
            assert (await witness.until("message.created"))["data"]["message"]["message_body"] == "secret"
            expected = (await call(log_over_rest, bob, group))[-2:]

        assert [frame for frame in socket.frames if "event_seq" in frame] == expected
        assert [frame["type"] for frame in expected] == ["hidden", "message.created"]
        assert expected[0]["event_seq"] == last["event_seq"] - 1

    run(test())


def test_banned_from_the_site_hears_nothing_of_what_follows(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(ada) as witness:
            await call(actions.impose_sanction, actor=None, user=bob, kind="ban")
            await call(say, ada, group, "secret")
            await witness.until("message.created")

        assert "secret" not in str(socket.frames)

    run(test())


def test_conversation_reaches_each_session_of_a_user_whatever_the_others_know(
    ada: Any, group: Any, cyd: Any, deaf: DeafBroker, no_sweep: None
) -> None:
    async def test() -> None:
        async with SocketClient(cyd) as first:
            await call(actions.add_participant, actor=ada, conversation=group, user=cyd)
            async with SocketClient(cyd) as second:
                await first.until("conversation.joined")
                await call(say, ada, group, "to both")
                deaf.hand_over(deaf.hints[-1])
                for socket in (first, second):
                    await socket.until("message.created")

    run(test())
