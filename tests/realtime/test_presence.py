"""What is in no row: who is there, who types, who has just read; and who may know of it."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest

from django_convo import actions
from django_convo.realtime import presence
from django_convo.realtime.brokers.base import encode
from django_convo.testing.sockets import SocketClient, call, get_hub
from django_convo.types import Hint, HintKind
from tests.people import make_direct, make_group, make_user
from tests.realtime import policies
from tests.realtime.brokers import DeafBroker
from tests.realtime.conftest import eventually, heard, run, swept
from tests.realtime.elsewhere import Elsewhere


@pytest.fixture
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let whoever hangs up be gone almost at once."""
    monkeypatch.setattr(presence, "GRACE_SECONDS", 0.05)


@pytest.fixture
def fast_heart(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    """Let hubs repeat who is there ten times a second."""
    settings.CONVO_REALTIME_BROKER = "tests.realtime.brokers.SharedBroker"
    monkeypatch.setattr(presence, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(presence, "_BELIEVED_SECONDS", 0.4)


def of(frame: dict[str, Any]) -> tuple[str, bool]:
    return str(frame["data"]["user"]["user_id"]), frame["data"]["online"]


def told(socket: SocketClient, kind: str) -> list[dict[str, Any]]:
    return [frame for frame in socket.frames if frame["type"] == kind]


async def quiet(socket: SocketClient, *kinds: str) -> bool:
    """Say whether none of these has come, soon."""
    await socket.silence(0.15)
    return not [frame for kind in kinds for frame in told(socket, kind)]


def test_who_comes_and_goes_is_told_to_those_who_share_a_conversation(
    ada: Any, bob: Any, group: Any, short_grace: None
) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            async with SocketClient(bob):
                came = await socket.until("presence")
            went = await socket.until("presence")

        assert [of(came), of(went)] == [(str(bob.pk), True), (str(bob.pk), False)]
        assert came["data"]["last_seen"] is None
        assert went["data"]["last_seen"]
        assert "conversation_id" not in came

    run(test())


def test_stranger_is_told_nothing_of_who_is_there(ada: Any, bob: Any, group: Any, stranger: Any) -> None:
    async def test() -> None:
        async with SocketClient(stranger) as socket, SocketClient(ada), SocketClient(bob):
            await socket.send("presence", id="q", conversation=str(group.pk))
            await socket.until("ack", id="q")
            assert await quiet(socket, "presence")

    run(test())


def test_second_socket_and_a_page_loaded_anew_are_no_news(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            async with SocketClient(bob):
                await socket.until("presence")
                async with SocketClient(bob):
                    pass
            async with SocketClient(bob):
                await socket.silence(0.15)
                assert len(told(socket, "presence")) == 1

    run(test())


@pytest.mark.parametrize("blocker", ["ada", "bob"])
def test_nobody_is_seen_across_a_block(ada: Any, bob: Any, group: Any, blocker: str, short_grace: None) -> None:
    people = {"ada": ada, "bob": bob}
    actions.block_user(actor=people.pop(blocker), user=next(iter(people.values())))

    async def test() -> None:
        async with SocketClient(ada) as socket:
            async with SocketClient(bob) as other:
                await socket.send("presence", id="q", conversation=str(group.pk))
                await socket.until("ack", id="q")
                assert await quiet(other, "presence")
            assert await quiet(socket, "presence")

    run(test())


def test_nobody_is_seen_who_shares_a_large_conversation_alone(ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_LARGE_CONVERSATION = 1

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob):
            await socket.send("presence", id="q", conversation=str(group.pk))
            await socket.until("ack", id="q")
            assert await quiet(socket, "presence")

    run(test())


def test_nobody_is_seen_who_shares_a_deleted_conversation_alone(ada: Any, bob: Any, group: Any) -> None:
    actions.delete_conversation(actor=ada, conversation=group)

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob):
            await socket.send("presence", id="q", conversation=str(group.pk))
            await socket.until("ack", id="q")
            assert await quiet(socket, "presence")

    run(test())


def test_typing_is_not_told_in_a_large_conversation(ada: Any, bob: Any, cyd: Any, settings: Any) -> None:
    group = make_group(ada, bob, cyd)
    settings.CONVO_LARGE_CONVERSATION = 2

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as other:
            await socket.send("typing", id="q", conversation=str(group.pk))
            await socket.until("ack", id="q")
            assert await quiet(other, "typing")

    run(test())


def test_typing_is_not_told_across_a_block_in_a_group(ada: Any, bob: Any, cyd: Any) -> None:
    group = make_group(ada, bob, cyd)
    actions.block_user(actor=bob, user=ada)

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as blocker, SocketClient(cyd) as other:
            await socket.send("typing", id="q", conversation=str(group.pk))
            await socket.until("ack", id="q")
            await other.until("typing")
            assert await quiet(blocker, "typing")

    run(test())


def test_who_has_gone_is_not_told_who_types(ada: Any, bob: Any, cyd: Any) -> None:
    group = make_group(ada, bob, cyd)

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as gone, SocketClient(cyd) as other:
            await call(actions.remove_participant, actor=ada, conversation=group, user=bob)
            await gone.until("conversation.left")
            await socket.send("typing", conversation=str(group.pk))
            await other.until("typing")
            assert await quiet(gone, "typing")

    run(test())


@pytest.mark.parametrize("kind", [HintKind.TYPING, HintKind.READ, HintKind.DELIVERED])
def test_who_was_removed_is_told_nothing_though_the_hint_of_that_is_late(
    ada: Any, bob: Any, cyd: Any, deaf: DeafBroker, no_sweep: None, kind: HintKind
) -> None:
    group = make_group(ada, bob, cyd)

    async def test() -> None:
        async with SocketClient(bob) as gone, SocketClient(cyd) as other:
            await swept()
            await call(actions.remove_participant, actor=ada, conversation=group, user=bob)
            deaf.hand_over(Hint(kind=kind, conversation_id=group.pk, user_id=ada.pk, number=1, is_on=True))
            await other.until(kind.name.lower())
            assert await heard(gone) == []

    run(test())


def test_who_was_removed_is_not_told_who_goes_though_the_hint_of_that_is_late(
    ada: Any, bob: Any, cyd: Any, deaf: DeafBroker, no_sweep: None, short_grace: None
) -> None:
    group = make_group(ada, bob, cyd)

    async def test() -> None:
        async with SocketClient(bob) as gone, SocketClient(cyd) as other:
            async with SocketClient(ada):
                await swept()
                assert of(await other.until("presence")) == (str(ada.pk), True)
                await call(actions.remove_participant, actor=ada, conversation=group, user=bob)
            assert of(await other.until("presence")) == (str(ada.pk), False)
            await gone.silence(0.1)
            assert (str(ada.pk), False) not in [of(frame) for frame in told(gone, "presence")]

    run(test())


def test_who_is_hidden_from_by_the_policy_is_not_told_who_types(ada: Any, bob: Any, cyd: Any, narrow: None) -> None:
    group = make_group(ada, bob, cyd)

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as hidden, SocketClient(cyd) as other:
            policies.apart.add((bob.pk, group.pk))
            await socket.send("typing", conversation=str(group.pk))
            await other.until("typing")
            assert await quiet(hidden, "typing")

    run(test())


def test_who_is_there_in_what_the_policy_hides_is_not_answered(ada: Any, bob: Any, group: Any, narrow: None) -> None:
    async def test() -> None:
        async with SocketClient(ada), SocketClient(bob) as hidden:
            policies.apart.add((bob.pk, group.pk))
            await hidden.silence(0.15)
            hidden.frames.clear()
            await hidden.send("presence", id=1, conversation=str(group.pk))
            await hidden.until("ack")
            assert told(hidden, "presence") == []

    run(test())


def read(actor: Any, conversation: Any) -> None:
    actions.mark_read(actor=actor, conversation=conversation)


def test_receipts_are_not_told_where_they_are_off(ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_READ_RECEIPTS = False
    actions.send_message(actor=ada, conversation=group, body="hello")

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as own:
            await call(read, bob, group)
            await own.until("membership.updated")
            assert await quiet(socket, "read", "delivered")

    run(test())


def test_receipts_are_not_told_in_a_large_conversation(ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_LARGE_CONVERSATION = 1
    actions.send_message(actor=ada, conversation=group, body="hello")

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as own:
            await call(actions.mark_delivered, actor=bob, conversation=group, seq=1)
            await call(read, bob, group)
            await own.until("membership.updated")
            assert await quiet(socket, "read", "delivered")

    run(test())


def test_receipts_are_not_told_across_a_block_in_a_direct(ada: Any, bob: Any) -> None:
    direct = make_direct(ada, bob)
    actions.send_message(actor=ada, conversation=direct, body="hello")
    actions.block_user(actor=bob, user=ada)

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as own:
            await call(read, bob, direct)
            await own.until("membership.updated")
            assert await quiet(socket, "read")

    run(test())


def test_receipts_in_a_group_tell_of_no_block(ada: Any, bob: Any, cyd: Any) -> None:
    group = make_group(ada, bob, cyd)
    actions.send_message(actor=ada, conversation=group, body="hello")
    actions.block_user(actor=bob, user=ada)

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob):
            await call(read, bob, group)
            assert str((await socket.until("read"))["data"]["user"]["user_id"]) == str(bob.pk)

    run(test())


def test_message_reaches_a_socket_of_another_hub(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with Elsewhere() as elsewhere, SocketClient(ada) as socket:
            other = SocketClient(bob)
            await elsewhere.run(other.open())
            await socket.send("message.send", conversation=str(group.pk), message_body="hello")
            frame = await elsewhere.run(other.until("message.created", timeout=20))
            assert frame["data"]["message"]["message_body"] == "hello"
            await elsewhere.run(other.close())

    run(test())


def test_presence_reaches_another_hub_which_says_so_itself(
    ada: Any, bob: Any, group: Any, short_grace: None, fast_heart: None
) -> None:
    async def test() -> None:
        async with Elsewhere() as elsewhere, SocketClient(ada) as socket:
            other = SocketClient(bob)
            await elsewhere.run(other.open())
            came = await socket.until("presence")
            # Once is enough, however often it is repeated.
            await socket.silence(0.6)
            await elsewhere.run(other.send("presence", id="q", conversation=str(group.pk)))
            await elsewhere.run(other.until("ack", id="q"))
            await elsewhere.run(other.close())
            went = await socket.until("presence")

        assert [of(came), of(went)] == [(str(bob.pk), True), (str(bob.pk), False)]
        assert len(told(socket, "presence")) == 2
        assert [of(frame) for frame in other.frames if frame["type"] == "presence"][-1] == (str(ada.pk), True)

    run(test())


def test_who_is_connected_to_two_hubs_is_there_until_both_are_left(
    ada: Any, bob: Any, group: Any, short_grace: None, fast_heart: None
) -> None:
    async def test() -> None:
        async with Elsewhere() as elsewhere, SocketClient(ada) as socket:
            other = SocketClient(bob)
            await elsewhere.run(other.open())
            async with SocketClient(bob):
                await socket.until("presence")
            await socket.silence(0.2)
            assert len(told(socket, "presence")) == 1
            await elsewhere.run(other.close())
            assert of(await socket.until("presence")) == (str(bob.pk), False)

    run(test())


def test_hub_that_stops_takes_its_people_along(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            async with Elsewhere() as elsewhere:
                other = SocketClient(bob)
                await elsewhere.run(other.open())
                await socket.until("presence")
            assert of(await socket.until("presence")) == (str(bob.pk), False)

    run(test())


def test_hub_that_is_killed_is_believed_no_longer(ada: Any, bob: Any, group: Any, fast_heart: None) -> None:
    async def test() -> None:
        async with Elsewhere() as elsewhere, SocketClient(ada) as socket:
            other = SocketClient(bob)
            await elsewhere.run(other.open())
            await socket.until("presence")
            await elsewhere.kill()
            assert of(await socket.until("presence", timeout=20)) == (str(bob.pk), False)
            assert not get_hub().presence.is_online(bob.pk)

    run(test())


def test_who_is_there_is_repeated_in_few_hints_that_a_broker_carries(deaf: DeafBroker) -> None:
    keys = {str(uuid4()) for _ in range(1_000)}

    async def test() -> None:
        presence.Presence(SimpleNamespace(sessions=dict.fromkeys(keys))).close()
        assert {key for hint in deaf.hints for key in hint.user_ids} == keys
        assert sum(len(hint.user_ids) for hint in deaf.hints) == len(keys)
        assert len(deaf.hints) <= 10
        # What PostgreSQL's NOTIFY takes.
        assert max(len(encode(hint)) for hint in deaf.hints) < 8_000

    run(test())


def test_who_comes_and_goes_before_it_is_told_is_no_news(
    ada: Any, bob: Any, group: Any, short_grace: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(self: Any, key: Any, *, is_on: bool) -> None:
        """Note it, and tell it later."""
        self._changed[key] = None

    async def test() -> None:
        async with SocketClient(ada) as socket:
            await swept()
            with monkeypatch.context() as patch:
                patch.setattr(presence.Presence, "_tell", nothing)
                async with SocketClient(bob):
                    pass
                await asyncio.sleep(0.2)
            get_hub().presence._wake.set()
            assert await quiet(socket, "presence")

    run(test())


def test_many_hints_of_no_row_are_said_to_be_dropped_once(
    ada: Any, group: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(presence, "_MOST_WAITING", 2)
    hint = Hint(kind=HintKind.TYPING, conversation_id=group.pk, user_id=ada.pk)

    async def test() -> None:
        async with SocketClient(ada):
            hub = get_hub()
            await eventually(hub.presence._waiting.empty)
            for _ in range(2):
                for _ in range(3):
                    for _ in range(4):
                        hub.presence.hear(hint)
                    # Some are told, others come: still the same heap.
                    hub.presence._waiting.get_nowait()
                await eventually(hub.presence._waiting.empty)

    run(test())
    assert caplog.text.count("dropping") == 2


def test_hint_of_no_row_that_cannot_be_told_holds_up_no_other(
    ada: Any, bob: Any, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    audience = presence._audience
    failed: list[int] = []

    def fail_once(*args: Any) -> Any:
        if not failed:
            failed.append(1)
            raise OSError("away")
        return audience(*args)

    monkeypatch.setattr(presence, "_audience", fail_once)

    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as other:
            for is_typing in (True, False):
                await socket.send("typing", conversation=str(group.pk), is_typing=is_typing)
            assert (await other.until("typing"))["data"]["is_typing"] is False

    run(test())


def test_many_who_come_at_once_are_told_of(ada: Any) -> None:
    others = [make_user(f"other{number}") for number in range(8)]
    make_group(ada, *others)

    async def test() -> None:
        async with SocketClient(ada) as socket:
            sockets = [SocketClient(user) for user in others]
            await asyncio.gather(*(other.open() for other in sockets))
            came = {of(await socket.until("presence"))[0] for _ in others}
            assert came == {str(user.pk) for user in others}
            await asyncio.gather(*(other.close() for other in sockets))
            await swept()
            assert await heard(socket) == []

    run(test())
