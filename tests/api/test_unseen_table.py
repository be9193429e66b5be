"""What somebody may not see answers as what is not there, whoever they are: status, body and number of statements.

The doors are those of the permission table, and so complete; here come all who could learn something by a difference.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.models import Attachment
from tests.api.test_permission_table import TABLE, Row, World, knock, make_world, unknown_user_key
from tests.people import make_user
from tests.pictures import picture, upload

pytestmark = [pytest.mark.django_db, pytest.mark.exhaustive]

PARTS = {"attachment_id", "conversation_id", "message_id", "report_id", "sanction_id", "scheduled_id", "user_id"}
EVERY_ID = PARTS | {"conversation"}
# They see neither group nor direct; a channel stands open to all but the last two.
OUTSIDERS = ("stranger", "ex_participant", "blocked", "banned_there", "banned")
# A channel that one sees and does not read: there its messages are not told apart.
BELOW_A_CHANNEL = {"message_id", "attachment_id"}


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_more()
        transaction.set_rollback(True)


@pytest.fixture
def world(made: World, settings: Any) -> World:
    settings.CONVO_USERS_API = "full"
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    return made


def make_more() -> World:
    """Make the world of the permission table, and in it those who come late, are blocked or banned."""
    world = make_world()
    owner = world.actors["owner"]
    more = {name: make_user(name) for name in ("latecomer", "blocked", "banned_there", "banned")}
    world.actors |= more
    for user in (owner, world.bystander):
        actions.block_user(actor=user, user=more["blocked"])
    for place in (world.group, world.channel):
        for name in ("banned_there", "banned"):
            actions.add_participant(actor=None, conversation=place, user=more[name])
        actions.impose_sanction(actor=owner, user=more["banned_there"], kind="ban", conversation=place)
        with override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none"):
            actions.add_participant(actor=None, conversation=place, user=more["latecomer"])
    actions.impose_sanction(actor=None, user=more["banned"], kind="ban")
    # All that may name an earlier message to whoever came after it.
    for kind in ("group", "channel"):
        place, old = getattr(world, kind), world.messages[kind]
        actions.send_message(actor=owner, conversation=place, body="open", reply_to=old)
        actions.send_message(actor=owner, conversation=place, body="open", thread_root=old)
        actions.edit_message(actor=owner, message=old, body="still secret")
        actions.pin_message(actor=owner, message=old)
        actions.add_reaction(actor=owner, message=old, emoji="🔥")
    return world


def names_a_message(row: Row) -> bool:
    lists = ("conversation-message-list", "message-list", "message-by-conversation")
    return ("message-" in row.route and row.route not in lists) or row.route in (
        "attachment-detail",
        "attachment-download",
    )


def ids(row: Row) -> str:
    return f"{row.method}-{row.route}-{row.kind}"


def asked(world: World, row: Row, actor: str, unknown: set[str]) -> tuple[int, bytes, int]:
    """Return status, body and number of statements of an answer."""
    with CaptureQueriesContext(connection) as queries, transaction.atomic():
        response = knock(world, row, actor, unknown=unknown)
        transaction.set_rollback(True)
    return response.status_code, b"".join(response), len(queries)


# Whoever sees it would get more than a 404, and has it in the permission table.
UNSEEN = [row for row in TABLE if row.kind != "channel" and row.statuses[5] == 404]
IN_A_CHANNEL = [row for row in TABLE if row.kind == "channel" and names_a_message(row)]


@pytest.mark.parametrize("row", UNSEEN, ids=ids)
def test_outsiders_are_told_nothing(world: World, row: Row) -> None:
    for actor in OUTSIDERS:
        unseen, missing = asked(world, row, actor, set()), asked(world, row, actor, EVERY_ID)

        assert unseen == missing, actor
        assert unseen[0] == (403 if actor == "banned" and row.method != "get" else 404), actor


@pytest.mark.parametrize("row", IN_A_CHANNEL, ids=ids)
def test_outsiders_of_a_channel_are_told_nothing_of_its_messages(world: World, row: Row) -> None:
    for actor in OUTSIDERS:
        unseen, missing = asked(world, row, actor, set()), asked(world, row, actor, BELOW_A_CHANNEL)

        assert unseen == missing, actor
        assert unseen[0] in (403, 404), actor


@pytest.mark.parametrize("row", [row for row in TABLE if names_a_message(row) and row.kind != "direct"], ids=ids)
def test_latecomers_are_told_nothing_of_what_was_said_before(world: World, row: Row) -> None:
    unseen, missing = (asked(world, row, "latecomer", unknown) for unknown in (set(), BELOW_A_CHANNEL))

    assert unseen == missing
    assert unseen[0] == 404


CANONICAL = [row for row in TABLE if row.route.startswith("conversation-message-") and names_a_message(row)]


@pytest.mark.parametrize("row", CANONICAL, ids=ids)
def test_message_is_not_there_below_another_conversation(world: World, row: Row) -> None:
    kinds = ["group", "channel", "direct"]
    elsewhere = {kind: world.messages[kinds[position - 1]] for position, kind in enumerate(kinds)}

    unseen = asked(replace(world, messages=elsewhere), row, "owner", set())

    assert unseen == asked(world, row, "owner", {"message_id"})
    assert unseen[0] == 404


READ = [row for row in TABLE if row.method == "get" and row.format == "json"]
# Ways to put a question to a list.
QUESTIONS = {
    "conversation-message-list": ["around=1", "before=3", "after=0", "anchor=first_unread", "limit=200"],
    "message-list": ["conversation_id={conversation}", "thread_root={message}", "saved=true", "search=secret"],
    "event-list": ["after=0", "after=0&limit=1"],
    "search": ["q=secret&conversation_id={conversation}", "q=still"],
    "conversation-list": ["search=secret", "participant={bystander}", "kind=channel&joined=false"],
    "user-list": ["search=bystander"],
    "sanction-list": [],
}


# The address of another page holds the question, which the client knows. That something earlier is answered is no
# secret, nor its id or number: a thread holds together by the one, and a frame, made once for everybody, has both.
LINKS = re.compile(
    r'"(next|previous)": ?"[^"]*"'
    r'|"thread_root": ?("[^"]*"|\{[^}]*\})'
    r'|"reply_to": ?\{"message_id": ?"[^"]*", ?"seq": ?\d+\}'
)


def without_links(answer: str) -> str:
    return LINKS.sub("", answer)


@pytest.mark.parametrize("row", READ, ids=ids)
def test_nothing_that_one_may_not_see_is_named_anywhere(world: World, row: Row) -> None:
    conversation, message = getattr(world, row.kind), world.messages[row.kind]
    hidden = [str(item.pk) for item in (*world.messages.values(), *world.attachments.values())]
    places = {"conversation": conversation.pk, "message": message.pk, "bystander": world.bystander.pk}
    questions = [question.format(**places) for question in QUESTIONS.get(row.route, [])]

    for actor in ("latecomer", *OUTSIDERS):
        answers = [b"".join(knock(world, row, actor)).decode()]
        answers += [b"".join(knock(world, replace(row, query=""), actor, more=more)).decode() for more in questions]
        for answer in map(without_links, answers):
            assert "secret" not in answer, actor
            assert [key for key in hidden if key in answer] == [], actor


@pytest.mark.parametrize("actor", ["latecomer", *OUTSIDERS])
def test_sync_and_counts_tell_nothing(world: World, actor: str) -> None:
    client = APIClient()
    client.force_authenticate(world.actors[actor])
    heads = {str(place.pk): 0 for place in (world.group, world.channel, world.direct)}

    synced = client.post("/api/sync/", {"heads": heads}, format="json")
    unread = client.get("/api/unread/").json()

    assert synced.status_code == 200
    assert b"secret" not in synced.content
    told = without_links(synced.content.decode())
    assert [str(item.pk) for item in world.messages.values() if str(item.pk) in told] == []
    # Of the group and the channel, what was sent since; of all else nothing.
    assert unread == (
        {"conversations": 2, "messages": 4, "mentions": 0}
        if actor == "latecomer"
        else {"conversations": 0, "messages": 0, "mentions": 0}
    )


@pytest.fixture
def pictures(world: World) -> dict[str, Attachment]:
    """A picture, which has a thumbnail, in each place; sent before anybody came late."""
    owner = world.actors["owner"]
    made = {kind: upload(owner, picture("PNG"), "lamp.png") for kind in world.messages}
    for kind, file in made.items():
        actions.send_message(actor=owner, conversation=getattr(world, kind), attachments=[file])
        getattr(world, kind).participants.through.objects.filter(
            conversation=getattr(world, kind).pk, user=world.actors["latecomer"]
        ).update(visible_from_seq=100)
    assert all(file.thumbnail for file in made.values())
    return made


@pytest.mark.parametrize("kind", ["group", "channel", "direct"])
def test_thumbnails_are_for_those_who_see_the_picture(
    world: World, pictures: dict[str, Attachment], kind: str
) -> None:
    row = next(row for row in TABLE if row.route == "attachment-download")
    world = replace(world, attachments=pictures)
    door = replace(row, kind=kind)

    def shown(actor: str, unknown: set[str]) -> tuple[int, bytes, int]:
        with CaptureQueriesContext(connection) as queries:
            response = knock(world, door, actor, unknown=unknown, more="thumbnail=true")
        return response.status_code, b"".join(response), len(queries)

    assert shown("owner", set())[0] == 200
    for actor in ("latecomer", *OUTSIDERS):
        assert shown(actor, set()) == shown(actor, {"attachment_id"}), actor
        assert shown(actor, set())[0] == 404, actor


# Ids that stand in a body: who sends them where, and what of the world stands there that they may not use.
REFERENCES = {
    "reply_to": ("latecomer", "messages/", {"message_body": "x", "reply_to": "@"}, ("old", "elsewhere")),
    "thread_root": ("latecomer", "messages/", {"message_body": "x", "thread_root": "@"}, ("old", "elsewhere")),
    "attachments": ("latecomer", "messages/", {"message_body": "x", "attachments": ["@"]}, ("sent", "anothers")),
    "mentions": ("latecomer", "messages/", {"message_body": "x", "mentions": ["@"]}, ("stranger", "blocked")),
    "draft": ("latecomer", "draft/", {"message_body": "x", "reply_to": "@"}, ("old", "elsewhere")),
    "scheduled": (
        "latecomer",
        "messages/",
        {"message_body": "x", "reply_to": "@", "send_at": "2100-01-01T00:00:00Z"},
        ("old", "elsewhere"),
    ),
    "forward": ("latecomer", "messages/{open}/forward/", {"conversation": "@"}, ("direct",)),
    "add": ("owner", "add_participant/", {"user_id": "@"}, ("stranger", "blocked")),
    "remove": ("owner", "remove_participant/", {"user_id": "@"}, ("stranger", "blocked")),
    "create": ("owner", "", {"participants": ["@"], "kind": "group"}, ("stranger", "blocked")),
    "sanction": ("owner", "", {"user_id": "@", "kind": "mute", "conversation": "{group}"}, ("stranger", "blocked")),
}
OTHER_ADDRESSES = {"create": "/api/conversations/", "sanction": "/api/sanctions/"}


@pytest.mark.parametrize("name", REFERENCES)
def test_ids_in_a_body_are_told_apart_by_nothing(world: World, name: str) -> None:
    actor, path, body, unusable = REFERENCES[name]
    said = type(world.messages["group"])._default_manager.filter(conversation=world.group.pk, message_body="open")
    keys = {
        "old": world.messages["group"].pk,
        "elsewhere": world.messages["direct"].pk,
        "sent": world.attachments["group"].pk,
        "anothers": upload(world.actors["owner"]).pk,
        "stranger": world.actors["stranger"].pk,
        "blocked": world.actors["blocked"].pk,
        "direct": world.direct.pk,
    }
    is_user = "stranger" in unusable
    unknown = unknown_user_key(world.bystander.pk) if is_user else str(uuid.uuid4())
    address = OTHER_ADDRESSES.get(name, f"/api/conversations/{world.group.pk}/{path}".format(open=said[0].pk))
    client = APIClient()
    client.force_authenticate(world.actors[actor])

    def refused(key: str) -> tuple[int, bytes, int]:
        filled = json.loads(json.dumps(body).replace("@", key).replace("{group}", str(world.group.pk)))
        with CaptureQueriesContext(connection) as queries, transaction.atomic():
            response = getattr(client, "put" if name == "draft" else "post")(address, filled, format="json")
            transaction.set_rollback(True)
        return response.status_code, response.content, len(queries)

    expected = refused(unknown)
    assert expected[0] == (404 if name == "forward" else 400)
    for kind in unusable:
        assert refused(str(keys[kind])) == expected, kind
