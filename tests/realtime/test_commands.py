"""What a client may say over its socket: each command done, and refused as the route over REST refuses it."""

from __future__ import annotations

import asyncio
import sys
import threading
import uuid
from datetime import timedelta
from types import ModuleType
from typing import Any

import pytest
from django.urls import include, path
from django.utils import timezone
from rest_framework.permissions import BasePermission

from django_convo import actions
from django_convo.api import MessageViewSet, build_urlpatterns
from django_convo.exceptions import Denied
from django_convo.models import get_message_model
from django_convo.realtime import commands
from django_convo.testing.sockets import SocketClient, call
from tests.people import bodies_of, make_direct, make_group, row_of
from tests.realtime.conftest import run
from tests.realtime.opening import code_of

UNKNOWN = str(uuid.UUID(int=1))


async def ask(user: Any, kind: str, **fields: Any) -> dict[str, Any]:
    """Return what a user is answered, who says one frame."""
    async with SocketClient(user) as socket:
        await socket.send(kind, id="q", **fields)
        while True:
            frame = await socket.receive()
            if frame["type"] in ("ack", "error"):
                assert frame["id"] == "q"
                return frame


class OnlyReaders(BasePermission):
    """A host's own permission class."""

    def has_permission(self, request: Any, view: Any) -> bool:
        return request.method == "GET"


class ShoutingViewSet(MessageViewSet):
    """A host's own viewset."""

    def create(self, request: Any, **kwargs: Any) -> Any:
        assert request.user.is_authenticated
        response = super().create(request, **kwargs)
        response.data["shouted"] = response.data["message_body"].upper()
        return response


@pytest.fixture
def shouting(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project whose messages are answered by a viewset of its own."""
    module: Any = ModuleType("tests.realtime.shouting")
    patterns = build_urlpatterns({"messages": ShoutingViewSet})
    module.urlpatterns = [path("elsewhere/", include((patterns, "django_convo")))]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.ROOT_URLCONF = module.__name__


@pytest.fixture
def without_messages(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project that has left the routes of messages out."""
    module: Any = ModuleType("tests.realtime.without_messages")
    module.urlpatterns = [path("api/", include((build_urlpatterns({"messages": None}), "django_convo")))]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    settings.ROOT_URLCONF = module.__name__


def test_send_is_acknowledged_with_the_message_and_delivered(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(bob) as other:
            await socket.send("message.send", id=1, conversation=str(group.pk), message_body="hello", client_id="c-1")
            ack = await socket.until("ack")
            frame = await other.until("message.created")

        assert ack["id"] == 1
        assert ack["message"]["message_body"] == "hello"
        assert ack["message"]["client_id"] == "c-1"
        assert ack["message"]["message_id"] == frame["data"]["message"]["message_id"]

    run(test())
    assert bodies_of(group) == ["hello"]


def test_send_takes_what_the_post_takes(ada: Any, bob: Any, group: Any) -> None:
    first = actions.send_message(actor=bob, conversation=group, body="first")

    ack = run(
        ask(
            ada,
            "message.send",
            conversation=str(group.pk),
            message_body="answer",
            reply_to=str(first.pk),
            mentions=[str(bob.pk)],
            metadata={"a": 1},
        )
    )

    assert ack["message"]["reply_to"]["seq"] == 1
    assert [str(item["user_id"]) for item in ack["message"]["mentions"]] == [str(bob.pk)]
    assert ack["message"]["metadata"] == {"a": 1}


def test_send_again_with_the_same_client_id_is_the_same_message(ada: Any, group: Any) -> None:
    fields = {"conversation": str(group.pk), "message_body": "once", "client_id": "c-1"}

    async def test() -> None:
        first = await ask(ada, "message.send", **fields)
        again = await ask(ada, "message.send", **fields)
        other = await ask(ada, "message.send", **{**fields, "message_body": "another"})

        assert first["message"] == again["message"]
        assert (other["type"], other["code"]) == ("error", "client_id_reused")

    run(test())
    assert bodies_of(group) == ["once"]


def test_send_without_an_id_is_acknowledged_without_one(ada: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            await socket.send("message.send", conversation=str(group.pk), message_body="hello")
            assert "id" not in await socket.until("ack")

    run(test())


def test_send_for_later_is_acknowledged_as_scheduled(ada: Any, group: Any) -> None:
    later = (timezone.now() + timedelta(days=1)).isoformat()

    ack = run(ask(ada, "message.send", conversation=str(group.pk), message_body="later", send_at=later))

    assert ack["scheduled"]["status"] == "pending"
    assert "message" not in ack
    assert bodies_of(group) == []


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"message_body": ""}, "blank", "message_body"),
        ({}, "required", "message_body"),
        ({"message_body": "x" * 10_001}, "max_length", "message_body"),
        ({"message_body": "x", "reply_to": UNKNOWN}, "invalid_reference", None),
        ({"message_body": "x", "reply_to": "nothing"}, "invalid_reference", None),
        ({"message_body": "x", "client_id": ""}, "blank", "client_id"),
        ({"message_body": "x", "metadata": [1]}, "metadata_not_an_object", "metadata"),
    ],
)
def test_send_that_is_wrong_says_what(
    ada: Any, group: Any, fields: dict[str, Any], code: str, field: str | None
) -> None:
    error = run(ask(ada, "message.send", conversation=str(group.pk), **fields))

    assert (error["type"], error["code"]) == ("error", code)
    assert error["detail"]
    assert set(error.get("errors", {})) == ({field} if field else set())
    assert bodies_of(group) == []


def test_send_to_a_conversation_that_is_closed_is_refused(ada: Any, group: Any) -> None:
    actions.close(actor=ada, conversation=group)

    error = run(ask(ada, "message.send", conversation=str(group.pk), message_body="x"))

    assert (error["type"], error["code"]) == ("error", "conversation_closed")


def test_send_without_a_conversation_is_refused(ada: Any, group: Any) -> None:
    error = run(ask(ada, "message.send", message_body="x"))

    assert (error["code"], set(error["errors"])) == ("required", {"conversation"})


def test_send_too_often_says_when_to_come_back(ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"send": "1/min"}

    async def test() -> None:
        await ask(ada, "message.send", conversation=str(group.pk), message_body="one")
        error = await ask(ada, "message.send", conversation=str(group.pk), message_body="two")

        assert (error["code"], 0 < error["retry_after"] <= 60) == ("throttled", True)

    run(test())


def test_slow_mode_says_when_to_come_back(ada: Any, bob: Any, group: Any) -> None:
    actions.update_conversation(actor=ada, conversation=group, slow_mode_seconds=30)

    async def test() -> None:
        await ask(bob, "message.send", conversation=str(group.pk), message_body="one")
        error = await ask(bob, "message.send", conversation=str(group.pk), message_body="two")

        assert (error["code"], 0 < error["retry_after"] <= 30) == ("slow_mode", True)

    run(test())


def test_a_hosts_permission_class_holds(ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PERMISSION_CLASSES = [f"{__name__}.OnlyReaders"]

    async def test() -> None:
        for kind in ("message.send", "read", "typing"):
            error = await ask(ada, kind, conversation=str(group.pk), message_body="x")
            assert (error["type"], error["code"]) == ("error", "permission_denied")

    run(test())
    assert bodies_of(group) == []


def test_a_hosts_viewset_answers(ada: Any, group: Any, shouting: None) -> None:
    ack = run(ask(ada, "message.send", conversation=str(group.pk), message_body="hello"))

    assert ack["message"]["shouted"] == "HELLO"


def test_what_a_host_has_left_out_is_not_offered(ada: Any, group: Any, without_messages: None) -> None:
    error = run(ask(ada, "message.send", conversation=str(group.pk), message_body="hello"))

    assert (error["type"], error["code"]) == ("error", "method_not_allowed")


def test_a_hosts_hook_holds(ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_MESSAGE_HOOKS = [f"{__name__}.refuse_words"]

    error = run(ask(ada, "message.send", conversation=str(group.pk), message_body="bad word"))

    assert (error["type"], error["code"]) == ("error", "bad_word")


def refuse_words(outgoing: Any) -> Any:
    raise Denied("bad_word", "Not here.")


def test_role_is_that_of_now(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.change_role, actor=ada, conversation=group, user=bob, role="observer")
            await socket.send("message.send", id="q", conversation=str(group.pk), message_body="x")
            assert (await socket.until("error"))["code"] == "permission_denied"

    run(test())


def test_command_of_a_user_who_is_gone_closes(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            # Past the signals by which a hub is told at once.
            await call(type(bob)._default_manager.filter(pk=bob.pk).update, is_active=False)
            await socket.send("message.send", id="q", conversation=str(group.pk), message_body="x")
            assert await code_of(socket) == 4401

    run(test())
    assert bodies_of(group) == []


@pytest.mark.parametrize(("seq", "expected"), [(1, 1), (2, 2), (99, 2), (None, 2)])
def test_read_moves_the_pointer_and_tells_ones_other_sockets(
    ada: Any, bob: Any, group: Any, seq: int | None, expected: int
) -> None:
    for body in ("one", "two"):
        actions.send_message(actor=ada, conversation=group, body=body)

    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(bob) as other, SocketClient(ada) as author:
            await socket.send("read", id="q", conversation=str(group.pk), **({} if seq is None else {"seq": seq}))
            await socket.until("ack", id="q")
            own = await other.until("membership.updated")
            assert own["data"]["unread_count"] == 2 - expected
            receipt = await author.until("read")
            assert receipt["conversation_id"] == str(group.pk)
            assert (str(receipt["data"]["user"]["user_id"]), receipt["data"]["seq"]) == (str(bob.pk), expected)

    run(test())
    assert row_of(group, bob).last_read_seq == expected


def test_delivered_moves_the_pointer_and_tells_the_author(ada: Any, bob: Any, group: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="one")

    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(ada) as author:
            await socket.send("delivered", id="q", conversation=str(group.pk), seq=5)
            await socket.until("ack", id="q")
            receipt = await author.until("delivered")
            assert (str(receipt["data"]["user"]["user_id"]), receipt["data"]["seq"]) == (str(bob.pk), 1)

    run(test())
    assert row_of(group, bob).last_delivered_seq == 1
    assert row_of(group, bob).last_read_seq == 0


@pytest.mark.parametrize("seq", [None, "1", -1, 1.5, True, 2**63, [1]])
def test_delivered_up_to_what_is_no_number_is_refused(ada: Any, group: Any, seq: Any) -> None:
    assert run(ask(ada, "delivered", conversation=str(group.pk), seq=seq))["code"] == "invalid"


@pytest.mark.parametrize("seq", ["x", -1, 1.5, 2**63, [1]])
def test_read_up_to_what_is_no_number_is_refused(ada: Any, group: Any, seq: Any) -> None:
    error = run(ask(ada, "read", conversation=str(group.pk), seq=seq))

    assert (error["type"], set(error["errors"])) == ("error", {"seq"})


@pytest.mark.parametrize("kind", ["read", "delivered", "typing", "presence"])
@pytest.mark.parametrize("conversation", [None, "", "x", 7, ["x"], {"id": 1}])
def test_command_about_no_conversation_is_refused(ada: Any, kind: str, conversation: Any) -> None:
    assert run(ask(ada, kind, conversation=conversation, seq=1))["code"] == "invalid"


def test_conversation_may_be_named_as_in_frames(ada: Any, group: Any) -> None:
    assert run(ask(ada, "read", conversation_id=str(group.pk)))["type"] == "ack"


def test_typing_reaches_the_others_and_not_oneself(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket, SocketClient(ada) as own, SocketClient(bob) as other:
            await socket.send("typing", id="q", conversation=str(group.pk))
            await socket.until("ack", id="q")
            begun = await other.until("typing")
            await socket.send("typing", conversation=str(group.pk), is_typing=False)
            over = await other.until("typing")
            await own.silence(0.05)

        assert begun["conversation_id"] == str(group.pk)
        assert str(begun["data"]["user"]["user_id"]) == str(ada.pk)
        assert [begun["data"]["is_typing"], over["data"]["is_typing"]] == [True, False]
        assert "typing" not in {frame["type"] for frame in [*own.frames, *socket.frames]}

    run(test())


def test_typing_where_one_may_not_send_is_refused_as_a_send_is(ada: Any, bob: Any, group: Any) -> None:
    actions.change_role(actor=ada, conversation=group, user=bob, role="observer")

    async def test() -> None:
        async with SocketClient(ada) as socket:
            typing = await ask(bob, "typing", conversation=str(group.pk))
            send = await ask(bob, "message.send", conversation=str(group.pk), message_body="x")
            assert typing["code"] == send["code"] == "permission_denied"
            await socket.silence(0.1)
        assert "typing" not in {frame["type"] for frame in socket.frames}

    run(test())


@pytest.mark.parametrize("who", ["ada", "bob"])
def test_typing_across_a_block_in_a_direct_is_refused_as_a_send_is(ada: Any, bob: Any, who: str) -> None:
    direct = make_direct(ada, bob)
    actions.block_user(actor=ada, user=bob)
    actor = {"ada": ada, "bob": bob}[who]

    async def test() -> None:
        typing = await ask(actor, "typing", conversation=str(direct.pk))
        send = await ask(actor, "message.send", conversation=str(direct.pk), message_body="x")
        assert {**typing, "id": 0} == {**send, "id": 0}
        assert typing["type"] == "error"

    run(test())


def test_presence_tells_who_else_of_a_conversation_is_there(ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket, SocketClient(ada), SocketClient(cyd):
            await socket.until("presence")
            before = len(socket.frames)
            await socket.send("presence", id="q", conversation=str(group.pk))
            await socket.until("ack", id="q")
            told = [frame["data"] for frame in socket.frames[before:] if frame["type"] == "presence"]

        assert [(str(data["user"]["user_id"]), data["online"]) for data in told] == [(str(ada.pk), True)]

    run(test())


def test_frames_are_answered_one_after_the_other(ada: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(ada) as socket:
            for number in range(10):
                await socket.send("message.send", id=number, conversation=str(group.pk), message_body=str(number))
            await socket.until("ack", id=9)
            acks = [frame for frame in socket.frames if frame["type"] == "ack"]

        assert [(ack["id"], ack["message"]["message_body"]) for ack in acks] == [(n, str(n)) for n in range(10)]

    run(test())
    assert get_message_model()._default_manager.filter(conversation=group.pk).count() == 10


@pytest.mark.parametrize(
    ("kind", "name"),
    [("resume", "read_resumption"), ("message.send", "post"), ("delivered", "find_conversation")],
)
def test_what_one_user_asks_at_many_sockets_leaves_others_their_turn(
    ada: Any, bob: Any, cyd: Any, settings: Any, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    settings.CONVO_REALTIME_THREADS = 2
    group = make_group(ada, bob, cyd)
    may_go_on = threading.Event()
    asked = getattr(commands, name)

    def wait_and_ask(*args: Any, **kwargs: Any) -> Any:
        assert may_go_on.wait(10)
        return asked(*args, **kwargs)

    monkeypatch.setattr(commands, name, wait_and_ask)

    async def test() -> None:
        sockets = [SocketClient(bob) for _ in range(4)]
        async with SocketClient(cyd) as other:
            try:
                for number, socket in enumerate(sockets):
                    await socket.open()
                    body = {"message_body": "hello"} if kind == "message.send" else {}
                    await socket.send(kind, id=number, conversation=str(group.pk), seq=1, **body)
                await asyncio.sleep(0.1)
                await call(actions.send_message, actor=ada, conversation=group, body="not held up")
                await other.until("message.created")
            finally:
                may_go_on.set()
                for socket in sockets:
                    await socket.close()

    run(test())
