"""Coming back: what was missed, in order, then what came meanwhile; and where only loading anew helps."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from django_convo import actions
from django_convo.models import Event, get_conversation_model
from django_convo.realtime import commands
from django_convo.realtime.hub import get_hub
from django_convo.testing.sockets import SocketClient, call
from tests.people import make_group
from tests.realtime.away import age, cursor_of
from tests.realtime.brokers import DeafBroker
from tests.realtime.conftest import eventually, log_over_rest, run, swept
from tests.realtime.following import Follower
from tests.realtime.happenings import HAPPENINGS, World, make_world
from tests.replay import Client


def head_of(conversation: Any) -> int:
    number: int = get_conversation_model()._default_manager.values_list("event_seq", flat=True).get(pk=conversation.pk)
    return number


def say(actor: Any, conversation: Any, *bodies: str) -> None:
    for body in bodies:
        actions.send_message(actor=actor, conversation=conversation, body=body)


def types(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["type"] for frame in frames if frame["type"] not in ("pong", "presence")]


def bodies(frames: list[dict[str, Any]]) -> list[str]:
    return [frame["data"]["message"]["message_body"] for frame in frames if frame["type"] == "message.created"]


async def resumed(user: Any, **fields: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the answer to `resume`, and what comes before it."""
    async with SocketClient(user) as socket:
        await socket.send("resume", id="r", **fields)
        answer = await socket.until("resumed")
        return answer, [frame for frame in socket.frames[:-1] if frame["type"] not in ("pong", "presence")]


def test_resume_from_nothing_tells_where_one_stands(ada: Any, group: Any) -> None:
    answer, frames = run(resumed(ada))

    assert frames == []
    assert (answer["limited"], answer["epoch"]) == ([], "1")
    assert answer["cursor"]


def test_resume_from_heads_brings_what_followed_as_rest_has_it(ada: Any, bob: Any, group: Any) -> None:
    say(ada, group, "one")
    head = head_of(group)
    say(ada, group, "two", "three")

    answer, frames = run(resumed(bob, heads={str(group.pk): head}))

    assert [frame for frame in frames if "event_seq" in frame] == log_over_rest(bob, group, after=head)
    assert types(frames)[-1] == "membership.updated"
    assert answer["limited"] == []


def test_resume_brings_ones_own_client_ids(ada: Any, group: Any) -> None:
    head = head_of(group)
    actions.send_message(actor=ada, conversation=group, body="mine", client_id="c-1")

    _, frames = run(resumed(ada, heads={str(group.pk): head}))

    assert [frame["client_id"] for frame in frames if "client_id" in frame] == ["c-1"]


def test_resume_from_a_head_that_is_the_newest_brings_no_event(ada: Any, group: Any) -> None:
    _, frames = run(resumed(ada, heads={str(group.pk): head_of(group)}))

    assert types(frames) == ["membership.updated"]


def test_resume_from_a_cursor_brings_what_happened_since(ada: Any, bob: Any, group: Any) -> None:
    quiet = make_group(ada, bob)
    say(ada, quiet, "long ago")
    say(ada, group, "long ago")
    age(group, quiet)
    cursor = cursor_of(bob, seconds=0)
    say(ada, group, "one", "two")

    _, frames = run(resumed(bob, cursor=cursor))

    assert bodies(frames) == ["one", "two"]
    assert {frame["conversation_id"] for frame in frames} == {str(group.pk)}
    assert types(frames)[-1] == "membership.updated"


def test_resume_from_cursor_and_heads_brings_the_new_ones_whole(ada: Any, bob: Any, group: Any) -> None:
    head = head_of(group)
    cursor = cursor_of(bob, seconds=0)
    say(ada, group, "one")
    new = make_group(ada, bob, title="new")

    _, frames = run(resumed(bob, cursor=cursor, heads={str(group.pk): head}))

    assert bodies(frames) == ["one"]
    joined = [frame for frame in frames if frame["type"] == "conversation.joined"]
    assert [frame["conversation_id"] for frame in joined] == [str(new.pk)]
    assert joined[0]["data"]["conversation"]["title"] == "new"


def test_resume_from_a_cursor_brings_one_joined_meanwhile_whole(ada: Any, bob: Any, cyd: Any) -> None:
    cursor = cursor_of(bob, seconds=0)
    old = make_group(ada, cyd)
    say(ada, old, "before Bob was there")
    age(old)
    actions.add_participant(actor=ada, conversation=old, user=bob)

    _, frames = run(resumed(bob, cursor=cursor))

    assert types(frames)[0] == "conversation.joined"


@pytest.mark.parametrize("how", ["heads", "cursor"])
def test_resume_tells_what_one_has_left(ada: Any, bob: Any, group: Any, how: str) -> None:
    position = {"heads": {str(group.pk): head_of(group)}} if how == "heads" else {"cursor": cursor_of(bob, seconds=0)}
    say(ada, group, "secret")
    actions.remove_participant(actor=ada, conversation=group, user=bob)

    _, frames = run(resumed(bob, **position))

    assert types(frames) == ["conversation.left"]
    assert frames[0]["conversation_id"] == str(group.pk)


def test_resume_tells_nothing_of_what_was_never_ones_own(ada: Any, group: Any, stranger: Any) -> None:
    say(ada, group, "secret")
    heads = {str(group.pk): 0, str(uuid.UUID(int=1)): 0}

    _, frames = run(resumed(stranger, heads=heads))

    assert [(frame["type"], frame["conversation_id"], frame["data"]) for frame in frames] == [
        ("conversation.left", key, {}) for key in sorted(heads, key=uuid.UUID)
    ]


def test_resume_from_too_far_back_says_reload(ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_SYNC_MAX_EVENTS = 3
    head = head_of(group)
    say(ada, group, "1", "2", "3", "4")

    answer, frames = run(resumed(bob, heads={str(group.pk): head}))

    assert answer["limited"] == [str(group.pk)]
    assert bodies(frames) == []


def test_resume_from_a_cursor_with_too_much_since_says_reload(ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_SYNC_MAX_EVENTS = 3
    age(group)
    cursor = cursor_of(bob, seconds=0)
    say(ada, group, "1", "2", "3", "4")

    answer, frames = run(resumed(bob, cursor=cursor))

    assert answer["limited"] == [str(group.pk)]
    assert bodies(frames) == []


@pytest.mark.parametrize("how", ["heads", "cursor"])
def test_resume_that_is_more_than_may_wait_says_reload_of_what_is_large(
    ada: Any, bob: Any, group: Any, settings: Any, how: str
) -> None:
    settings.CONVO_REALTIME_QUEUE_BYTES = 65_536
    large = make_group(ada, bob)
    age(group, large)
    heads = {str(row.pk): head_of(row) for row in (group, large)}
    position = {"heads": heads} if how == "heads" else {"cursor": cursor_of(bob, seconds=0)}
    say(ada, group, "small")
    say(ada, large, *["x" * 9_000] * 4)

    answer, frames = run(resumed(bob, **position))

    assert answer["limited"] == [str(large.pk)]
    assert bodies(frames) == ["small"]
    assert str(large.pk) not in str(frames)


def test_resume_with_more_new_conversations_than_may_wait_says_reload(ada: Any, bob: Any, settings: Any) -> None:
    settings.CONVO_REALTIME_QUEUE_BYTES = 65_536
    cursor = cursor_of(bob, seconds=0)
    new = {str(make_group(ada, bob, title="t" * 100).pk) for _ in range(40)}

    answer, frames = run(resumed(bob, cursor=cursor))

    shown = {frame["conversation_id"] for frame in frames if frame["type"] == "conversation.joined"}
    assert shown
    assert answer["limited"]
    assert shown | set(answer["limited"]) == new
    assert not shown & set(answer["limited"])


def test_resume_from_before_what_was_pruned_says_reload(ada: Any, bob: Any, group: Any) -> None:
    head = head_of(group)
    say(ada, group, "1", "2", "3")
    Event.objects.filter(conversation=group.pk, event_seq__lte=head + 1).delete()

    answer, frames = run(resumed(bob, heads={str(group.pk): head}))

    assert answer["limited"] == [str(group.pk)]
    assert bodies(frames) == []


def test_late_joiner_who_resumes_gets_hidden_frames(ada: Any, group: Any, cyd: Any, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    old = actions.send_message(actor=ada, conversation=group, body="secret")
    actions.add_participant(actor=ada, conversation=group, user=cyd)
    head = head_of(group)
    actions.edit_message(actor=ada, message=old, body="secret still")
    say(ada, group, "for Cyd")

    _, frames = run(resumed(cyd, heads={str(group.pk): head}))

    assert types(frames)[:2] == ["hidden", "message.created"]
    assert "secret" not in str(frames)


@pytest.mark.parametrize(
    "cursor_for",
    [
        lambda ada, bob: cursor_of(ada, seconds=0),
        lambda ada, bob: cursor_of(bob, seconds=0) + "x",
        lambda ada, bob: "nonsense",
        lambda ada, bob: cursor_of(bob, days=31),
    ],
    ids=["another user's", "altered", "nonsense", "older than the log"],
)
def test_resume_from_a_cursor_that_is_none_is_refused(
    ada: Any, bob: Any, group: Any, cursor_for: Callable[[Any, Any], str]
) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await socket.send("resume", id="r", cursor=cursor_for(ada, bob))
            error = await socket.until("error")
            assert (error["id"], error["code"]) == ("r", "invalid_cursor")
            # What was kept back meanwhile, and what follows, comes as ever.
            await call(say, ada, group, "hello")
            await socket.until("message.created")

    run(test())


@pytest.mark.parametrize(
    "fields",
    [
        {"cursor": 7},
        {"cursor": ["x"]},
        {"heads": []},
        {"heads": {"x": 1}},
        {"heads": {str(uuid.UUID(int=1)): "x"}},
        {"heads": {str(uuid.UUID(int=1)): -1}},
        {"heads": {str(uuid.UUID(int=number)): 1 for number in range(501)}},
    ],
    ids=range(7),
)
def test_resume_with_what_is_no_position_is_refused(ada: Any, fields: dict[str, Any]) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await socket.send("resume", id="r", **fields)
            error = await socket.until("error")
            assert (error["id"], error["code"]) == ("r", "invalid")

    run(test())


def test_cursor_of_another_epoch_begins_anew(ada: Any, group: Any, settings: Any) -> None:
    cursor = cursor_of(ada, seconds=0)
    settings.CONVO_EPOCH = "2"

    answer, frames = run(resumed(ada, cursor=cursor))

    assert (answer["epoch"], frames) == ("2", [])


def test_what_comes_during_a_resumption_comes_behind_it_in_order_and_once(
    ada: Any, bob: Any, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_read, may_go_on = threading.Event(), threading.Event()
    read = commands.read_resumption

    def read_and_wait(*args: Any) -> Any:
        found = read(*args)
        has_read.set()
        assert may_go_on.wait(5)
        return found

    monkeypatch.setattr(commands, "read_resumption", read_and_wait)
    head = head_of(group)
    say(ada, group, "missed")

    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(bob) as witness:
            await socket.send("resume", id="r", heads={str(group.pk): head})
            await call(has_read.wait, 5)
            await call(say, ada, group, "meanwhile", "meanwhile too")
            for _ in range(2):
                await witness.until("message.created")
            assert bodies(socket.frames) == []
            may_go_on.set()
            await socket.until("resumed")
            assert bodies(socket.frames) == ["missed"]
            for _ in range(2):
                await socket.until("message.created")
            await socket.silence(0.05)
            assert bodies(socket.frames) == ["missed", "meanwhile", "meanwhile too"]

    run(test())


def test_what_a_resumption_has_said_already_is_not_said_again(
    ada: Any, bob: Any, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_asked, may_go_on = threading.Event(), threading.Event()
    read = commands.read_resumption

    def wait_and_read(*args: Any) -> Any:
        is_asked.set()
        assert may_go_on.wait(5)
        return read(*args)

    monkeypatch.setattr(commands, "read_resumption", wait_and_read)
    head = head_of(group)

    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(bob) as witness:
            await socket.send("resume", id="r", heads={str(group.pk): head})
            await call(is_asked.wait, 5)
            await call(say, ada, group, "one", "two")
            for _ in range(2):
                await witness.until("message.created")
            may_go_on.set()
            await socket.until("resumed")
            await socket.silence(0.05)
            assert bodies(socket.frames) == ["one", "two"]

    run(test())


@pytest.mark.parametrize("when", ["before the hub knows of it", "after"])
def test_what_a_resumption_alone_has_shown_is_left_as_well(
    ada: Any, group: Any, cyd: Any, deaf: DeafBroker, no_sweep: None, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    read = commands.read_resumption

    def remove() -> None:
        actions.remove_participant(actor=ada, conversation=group, user=cyd)

    def read_and_remove(*args: Any) -> Any:
        found = read(*args)
        if when != "after":
            remove()
        return found

    monkeypatch.setattr(commands, "read_resumption", read_and_remove)
    age(group)
    cursor = cursor_of(cyd, seconds=0)

    async def test() -> None:
        async with SocketClient(cyd) as socket:
            await swept()
            await call(actions.add_participant, actor=ada, conversation=group, user=cyd)
            await socket.send("resume", id="r", cursor=cursor)
            await socket.until("resumed")
            if when == "after":
                await eventually(lambda: get_hub().is_shown(group.pk, cyd.pk))
                await call(remove)
                deaf.hand_over(deaf.hints[-1])
            await socket.until("conversation.left")
            await call(say, ada, group, "secret")
            deaf.hand_over(deaf.hints[-1])
            await socket.silence(0.1)
        assert types(socket.frames) == ["conversation.joined", "membership.updated", "resumed", "conversation.left"]

    run(test())


def test_what_a_resumption_has_shown_before_the_hub_knew_goes_on(
    ada: Any, group: Any, cyd: Any, deaf: DeafBroker, no_sweep: None
) -> None:
    age(group)
    cursor = cursor_of(cyd, seconds=0)

    async def test() -> None:
        async with SocketClient(cyd) as socket:
            await swept()
            await call(actions.add_participant, actor=ada, conversation=group, user=cyd)
            await socket.send("resume", id="r", cursor=cursor)
            await socket.until("resumed")
            await eventually(lambda: get_hub().is_shown(group.pk, cyd.pk))
            await call(say, ada, group, "for Cyd")
            deaf.hand_over(deaf.hints[-1])
            await socket.until("message.created")
        assert types(socket.frames).count("conversation.joined") == 1
        assert bodies(socket.frames) == ["for Cyd"]

    run(test())


def test_cursor_of_a_pong_misses_nothing(ada: Any, bob: Any, group: Any) -> None:
    age(group)

    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(say, ada, group, "seen")
            await socket.until("message.created")
            await socket.send("ping", id=1)
            cursor = (await socket.until("pong", id=1))["cursor"]
        await call(say, ada, group, "missed")
        new = await call(make_group, ada, bob)
        _, frames = await resumed(bob, cursor=cursor)

        assert bodies(frames)[-1] == "missed"
        assert str(new.pk) in {frame["conversation_id"] for frame in frames if frame["type"] == "conversation.joined"}

    run(test())


def test_cursor_moves_on_with_the_sweep(ada: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await socket.send("ping", id=1)
            first = (await socket.until("pong", id=1))["cursor"]
            await asyncio.sleep(0.01)
            await swept()
            await socket.send("ping", id=2)
            assert (await socket.until("pong", id=2))["cursor"] != first

    run(test())


@pytest.mark.parametrize("how", ["heads", "cursor", "both"])
def test_stale_state_and_a_resumption_are_the_fresh_state(transactional_db: None, how: str) -> None:
    world: World = make_world()
    age(world.group)
    client = Client(world.bob, world.group.pk)
    heads, cursor = {str(world.group.pk): client.event_seq}, cursor_of(world.bob, seconds=0)
    position = {"heads": {"heads": heads}, "cursor": {"cursor": cursor}, "both": {"heads": heads, "cursor": cursor}}
    # After these there would be nothing left to happen to.
    for kind in sorted(HAPPENINGS.keys() - {"conversation.closed", "message.deleted", "participant.removed"}):
        HAPPENINGS[kind](world)
    actions.save_draft(actor=world.bob, conversation=world.group, body="hm")

    async def test() -> None:
        async with SocketClient(world.bob) as socket:
            await socket.send("resume", **position[how])
            answer = await socket.until("resumed")
            assert answer["limited"] == []
            follower = Follower(socket, client)
            for frame in socket.frames:
                follower.apply(frame)
            await follower.catch_up(seconds=0)

    run(test())
