"""What each actor is answered to each thing that may be said over a socket.

A type that is not in the table fails the suite. What an actor may not see answers as what is not there.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from django_convo import actions
from django_convo.realtime.commands import TYPES
from django_convo.testing.sockets import SocketClient
from tests.people import make_direct, make_group, make_user
from tests.realtime.conftest import run
from tests.realtime.opening import refusal_of

ACTORS = ("owner", "moderator", "member", "observer", "ex_participant", "stranger", "site_admin")
OK, NOT_FOUND, DENIED = "ack", "not_found", "permission_denied"


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is said, where, and what each actor is answered, in the order of ACTORS."""

    kind: str
    place: str
    answers: tuple[str, ...]

    @property
    def fields(self) -> dict[str, Any]:
        return {"message.send": {"message_body": "x"}, "read": {"seq": 1}, "delivered": {"seq": 1}}.get(self.kind, {})


def row(kind: str, place: str, answers: str) -> Row:
    words = {"ok": OK, "404": NOT_FOUND, "403": DENIED}
    return Row(kind=kind, place=place, answers=tuple(words.get(word, word) for word in answers.split()))


# owner moderator member observer | ex-participant stranger | site admin
TABLE = [
    row("message.send", "group", "ok ok ok 403 404 404 403"),
    row("message.send", "channel", "ok ok ok 403 403 403 403"),
    row("message.send", "direct", "ok 404 ok 404 404 404 403"),
    row("read", "group", "ok ok ok ok 404 404 403"),
    row("read", "channel", "ok ok ok ok 403 403 403"),
    row("read", "direct", "ok 404 ok 404 404 404 403"),
    row("delivered", "group", "ok ok ok ok 404 404 403"),
    row("delivered", "channel", "ok ok ok ok 403 403 403"),
    row("delivered", "direct", "ok 404 ok 404 404 404 403"),
    row("typing", "group", "ok ok ok 403 404 404 403"),
    row("typing", "channel", "ok ok ok 403 403 403 403"),
    row("typing", "direct", "ok 404 ok 404 404 404 403"),
    # Whoever takes no part is told of nobody, and not whether there is anything.
    row("presence", "group", "ok ok ok ok ok ok ok"),
    row("presence", "channel", "ok ok ok ok ok ok ok"),
    row("presence", "direct", "ok ok ok ok ok ok ok"),
    row("resume", "group", "resumed " * 7),
    row("resume", "channel", "resumed " * 7),
    row("resume", "direct", "resumed " * 7),
    row("ping", "group", "pong " * 7),
]
ENDS = {"ack", "error", "resumed", "pong"}


@pytest.fixture
def world(transactional_db: None) -> dict[str, Any]:
    """The actors and the places; someone else is connected, of whom strangers are told nothing."""
    actors = {name: make_user(name, is_admin=name == "site_admin") for name in ACTORS}

    def populated(kind: str) -> Any:
        place = make_group(actors["owner"], kind=kind, title="secret")
        for name in ("moderator", "member", "observer"):
            actions.add_participant(actor=None, conversation=place, user=actors[name], role=name)
        actions.add_participant(actor=None, conversation=place, user=actors["ex_participant"])
        actions.leave(actor=actors["ex_participant"], conversation=place)
        return place

    places = {
        "group": populated("group"),
        "channel": populated("channel"),
        "direct": make_direct(actors["member"], actors["owner"]),
    }
    for place in places.values():
        actions.send_message(actor=actors["owner"], conversation=place, body="secret")
    return {**actors, **places}


def test_every_type_is_in_the_table() -> None:
    assert {row.kind for row in TABLE} == set(TYPES)


async def answered(socket: SocketClient, row: Row, conversation: str) -> dict[str, Any]:
    """Return what is answered, and all that came with it under `before`."""
    before = len(socket.frames)
    place = {"heads": {conversation: 0}} if row.kind == "resume" else {"conversation": conversation}
    await socket.send(row.kind, id="q", **place, **row.fields)
    while True:
        frame = await socket.receive()
        if frame["type"] in ENDS:
            return {**frame, "before": [item for item in socket.frames[before:-1] if item["type"] != "presence"]}


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.kind}-{row.place}")
def test_answer(world: dict[str, Any], row: Row) -> None:
    async def test() -> tuple[dict[str, str], list[str]]:
        found, leaking = {}, []
        async with SocketClient(world["owner"]):
            for name in ACTORS:
                async with SocketClient(world[name]) as socket:
                    answer = await answered(socket, row, str(world[row.place].pk))
                    found[name] = answer["code"] if answer["type"] == "error" else answer["type"]
                    is_member = name in ("owner", "moderator", "member", "observer")
                    told = [frame for frame in socket.frames if frame["type"] == "presence" and not is_member]
                    if not is_member and ("secret" in str(socket.frames) or told):
                        leaking.append(name)
        return found, leaking

    found, leaking = run(test())
    assert found == dict(zip(ACTORS, row.answers, strict=True))
    assert leaking == []


@pytest.mark.parametrize("kind", TYPES)
def test_what_is_not_seen_answers_as_what_is_not_there(world: dict[str, Any], kind: str) -> None:
    said = next(row for row in TABLE if (row.kind, row.place) == (kind, "group") or row.kind == kind == "ping")
    group, unknown = str(world["group"].pk), str(uuid.uuid4())

    async def test() -> None:
        for name in ("stranger", "ex_participant"):
            async with SocketClient(world[name]) as socket:
                unseen = await answered(socket, said, group)
                missing = await answered(socket, said, unknown)
                for answer in (unseen, missing):
                    answer.pop("cursor", None)
                assert str(unseen).replace(group, unknown) == str(missing)

    run(test())


def test_deactivated_and_nobody_do_not_come_in(world: dict[str, Any]) -> None:
    user = make_user("deactivated")
    ticket = actions.issue_ticket(actor=user)
    user.is_active = False
    user.save()

    async def test() -> None:
        assert await refusal_of(SocketClient(subprotocols=["convo.v1", f"ticket.{ticket}"])) == 4401
        assert await refusal_of(SocketClient()) == 4401

    run(test())
