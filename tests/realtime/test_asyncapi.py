"""The AsyncAPI document is the golden file, and what sockets really bring and take is what it says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

yaml = pytest.importorskip("yaml", reason="the document is YAML")
jsonschema = pytest.importorskip("jsonschema", reason="frames are held against JSON Schema")

from django_convo import actions  # noqa: E402
from django_convo.realtime.commands import TYPES  # noqa: E402
from django_convo.testing.sockets import SocketClient, call  # noqa: E402
from tests import asyncapi  # noqa: E402
from tests.people import make_direct, make_group  # noqa: E402
from tests.realtime.conftest import run  # noqa: E402
from tests.realtime.happenings import HAPPENINGS, World, make_world  # noqa: E402
from tests.realtime.opening import log_in  # noqa: E402
from tests.realtime.streams import StreamClient  # noqa: E402

pytestmark = pytest.mark.skipif(
    os.environ["DJANGO_SETTINGS_MODULE"] != "tests.projects.default.settings",
    reason="the golden file is the default project's",
)


@pytest.fixture(scope="module")
def document() -> Any:
    return yaml.safe_load(asyncapi.GOLDEN.read_text())


def test_document_is_the_golden_file() -> None:
    assert asyncapi.generate() == asyncapi.GOLDEN.read_text(), (
        "run python -m tests.asyncapi --write, and read what changed"
    )


def test_every_reference_leads_somewhere(document: Any) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, list):
            for item in value:
                yield from references(item)
        elif isinstance(value, dict):
            if "$ref" in value:
                yield value["$ref"]
            for item in value.values():
                yield from references(item)

    found = set(references(document))
    assert found
    for reference in found:
        place = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


def test_every_schema_is_one(document: Any) -> None:
    for message in document["components"]["messages"].values():
        jsonschema.Draft202012Validator.check_schema(message["payload"])


def strict(value: Any) -> Any:
    """Return schemas that admit nothing which they do not name; clients are to be more lenient."""
    if isinstance(value, list):
        return [strict(item) for item in value]
    if not isinstance(value, dict):
        return value
    closed = {"additionalProperties": False} if "properties" in value and value.get("type") == "object" else {}
    return {**closed, **{name: strict(item) for name, item in value.items()}}


def complaints(document: Any, side: str, frame: dict[str, Any]) -> list[str]:
    """Return in what a frame is not as the document says."""
    message = document["components"]["messages"][f"{side}.{frame['type']}"]
    schema = {**strict(message["payload"]), "components": strict(document["components"])}
    validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker(["uuid"]))
    return [f"{frame['type']}: {error.json_path} {error.message}" for error in validator.iter_errors(frame)]


async def everything_said(world: World) -> list[dict[str, Any]]:
    """Return frames of every type: those of the group, and what is said to one alone."""
    group = str(world.group.pk)
    async with SocketClient(world.bob) as bob, SocketClient(world.ada) as ada:
        await bob.send("resume", heads={group: 0})
        await bob.until("resumed")
        await bob.send("message.send", id=1, conversation=group, message_body="hello", client_id="c")
        await bob.until("ack")
        later = (timezone.now() + timedelta(days=1)).isoformat()
        await bob.send("message.send", id="2", conversation=group, message_body="later", send_at=later)
        await bob.until("ack", id="2")
        await bob.send("message.send", id=3, conversation=group, message_body="")
        await bob.until("error")
        await call(actions.save_draft, actor=world.bob, conversation=world.group, body="hm", reply_to=world.first)
        await ada.send("typing", conversation=group)
        await ada.send("read", conversation=group)
        await ada.send("delivered", conversation=group, seq=1)
        for kind in ("typing", "presence", "read"):
            await bob.until(kind) if kind not in {frame["type"] for frame in bob.frames} else None
        await call(actions.send_message, actor=world.bob, conversation=world.group, body="to be delivered")
        await ada.send("delivered", conversation=group, seq=99)
        await bob.until("delivered")
        for kind in sorted(HAPPENINGS.keys() - {"conversation.closed", "message.deleted", "participant.removed"}):
            await call(HAPPENINGS[kind], world)
            await bob.until(kind)
        for kind in ("message.deleted", "participant.removed", "conversation.closed"):
            await call(HAPPENINGS[kind], world)
            await bob.until(kind)
        await call(make_direct, world.ada, world.bob)
        await bob.until("conversation.joined")
        await call(actions.delete_conversation, actor=world.ada, conversation=world.group)
        await bob.until("conversation.left")
        return [*bob.frames, *ada.frames]


async def hidden_and_closed(world: World) -> list[dict[str, Any]]:
    """Return what only somebody gets who came late, and what only a stream says."""
    other = await call(make_group, world.ada, world.bob)
    old = await call(actions.send_message, actor=world.ada, conversation=other, body="before")
    await call(actions.add_participant, actor=world.ada, conversation=other, user=world.newcomer)
    browser = await call(log_in, world.newcomer)
    async with SocketClient(world.newcomer) as late, StreamClient(browser) as stream:
        await call(actions.edit_message, actor=world.ada, message=old, body="still before")
        await late.until("hidden")
        await call(browser.logout)
        closed = await stream.until("closed")
        return [*late.frames, closed.frame]


def test_real_frames_are_as_the_document_says(transactional_db: None, document: Any, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    world = make_world()

    async def test() -> list[dict[str, Any]]:
        return [*await everything_said(world), *await hidden_and_closed(world)]

    frames = run(test())
    documented = {
        name.removeprefix("server.") for name in document["components"]["messages"] if name.startswith("server.")
    }
    assert {frame["type"] for frame in frames} == documented
    assert [found for frame in frames for found in complaints(document, "server", frame)] == []


def test_document_refuses_what_is_not_so(document: Any) -> None:
    left = {"type": "conversation.left", "conversation_id": "01a21b9d-5611-7000-8541-596600760a0e", "data": {}}

    assert complaints(document, "server", left) == []
    for wrong in (
        {**left, "more": 1},
        {**left, "data": {"more": 1}},
        {**left, "conversation_id": 7},
        {name: value for name, value in left.items() if name != "data"},
    ):
        assert complaints(document, "server", wrong)


def test_every_command_is_in_the_document(document: Any) -> None:
    messages = document["components"]["messages"]

    assert {f"client.{kind}" for kind in TYPES} == {name for name in messages if name.startswith("client.")}
