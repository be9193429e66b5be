"""What the server decides is taken from no body: ids, numbers, times, senders; and what never changes does not."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.api.throttles import DEFAULT_RATES
from django_convo.models import get_conversation_model
from tests.api.hostile import DOORS, POWERS, Door, World, client_for, everything, world_for_many
from tests.api.test_hostile_input import READING, body_of, success
from tests.people import make_user, row_of

pytestmark = [pytest.mark.django_db, pytest.mark.exhaustive]

# Nothing of the world has these; whatever is written with one of them came from the body.
FORGED_ID = "0ddba11c-0ffe-7bad-8f00-c0ffeec0ffee"
FORGED_NUMBER = 987_654_321
FORGED_MOMENT = "2001-02-03T04:05:06Z"
FORGED_DATE = "datetime.datetime(2001, 2, 3"
NAMES_OF_IDS = (
    "id pk attachment_id block_id conversation_id message_id report_id scheduled_id sanction_id direct_key "
    "last_message_id last_message event_id ticket epoch"
)
NAMES_OF_NUMBERS = (
    "seq count_seq event_seq last_seq read_count_seq last_read_seq last_delivered_seq visible_from_seq "
    "joined_event_seq unread_count mention_count reply_count participant_count membership_version number attempts size"
)
NAMES_OF_MOMENTS = (
    "sent_at created_at edited_at deleted_at closed_at changed_at last_message_at joined_at updated_at reviewed_at "
    "archived_at pinned_at saved_at moment at"
)
NAMES_OF_USERS = (
    "sender sender_id actor actor_id user created_by created_by_id deleted_by added_by uploader uploaded_by reporter "
    "reviewed_by pinned_by author owner"
)


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), world_for_many() as world:
        yield world


@pytest.fixture
def world(made: World, settings: Any) -> World:
    settings.CONVO_USERS_API = "full"
    settings.CONVO_REGISTRATION = "open"
    settings.CONVO_THROTTLE_RATES = dict.fromkeys(DEFAULT_RATES)
    settings.CONVO_ROLES = POWERS
    settings.CONVO_ROLE_RESOLVER = "tests.api.hostile.resolve_powers"
    settings.AUTH_PASSWORD_VALIDATORS = []
    return replace(made, client=client_for(made.ada))


def forged(world: World, door: Door, user: Any) -> dict[str, Any]:
    """Return what no body decides, in every spelling that a column or an answer has, but for the door's own fields."""
    values: dict[str, Any] = dict.fromkeys(NAMES_OF_IDS.split(), FORGED_ID)
    values |= dict.fromkeys(NAMES_OF_NUMBERS.split(), FORGED_NUMBER)
    values |= dict.fromkeys(NAMES_OF_MOMENTS.split(), FORGED_MOMENT)
    values |= dict.fromkeys(NAMES_OF_USERS.split(), str(user.pk))
    return {name: value for name, value in values.items() if name not in door.fields()}


@pytest.mark.parametrize("door", READING, ids=str)
def test_what_the_server_decides_is_taken_from_no_body(world: World, door: Door) -> None:
    forger = make_user("forger")
    with transaction.atomic():
        before = everything()
        path = world.address(door)
        body = forged(world, door, forger) | body_of(world, door)
        response = world.client.generic(door.method.upper(), path, json.dumps(body), content_type="application/json")
        after = everything()
        transaction.set_rollback(True)

    assert response.status_code == success(door), response.content
    written = [row for table, rows in after.items() for row in rows if row not in before[table]]
    for value in (FORGED_ID, str(FORGED_NUMBER), FORGED_DATE, uuid.UUID(FORGED_ID).hex):
        assert [row for row in written if value in row] == []
        assert value not in response.content.decode()
    # Who the forger is stands in no row that was written.
    assert [row for row in written if repr(forger.pk) in row] == []


# Doors that read no body of their own, and yet write.
WITHOUT_A_BODY = [door for door in DOORS if door.method in ("post", "put") and not door.fields() and door.takes_json]


@pytest.mark.parametrize("door", WITHOUT_A_BODY, ids=str)
def test_where_no_body_is_read_none_decides(world: World, door: Door) -> None:
    forger = make_user("forger")
    with transaction.atomic():
        before = everything()
        body = json.dumps(forged(world, door, forger))
        world.client.generic(door.method.upper(), world.address(door), body, content_type="application/json")
        after = everything()
        transaction.set_rollback(True)

    written = [row for table, rows in after.items() for row in rows if row not in before[table]]
    for value in (FORGED_ID, str(FORGED_NUMBER), FORGED_DATE, uuid.UUID(FORGED_ID).hex, repr(forger.pk)):
        assert [row for row in written if value in row] == []


def test_upload_takes_its_ids_type_and_owner_from_no_field(world: World) -> None:
    forger = make_user("forger")
    client = APIClient()
    client.force_authenticate(world.ada)
    fields = {
        "attachment_id": FORGED_ID,
        "uploader": str(forger.pk),
        "message": str(world.message.pk),
        "content_type": "text/html",
        "size": FORGED_NUMBER,
        "name": "index.html",
    }

    file = SimpleUploadedFile("notes.txt", b"words", content_type="text/html")
    made = client.post("/api/attachments/", {**fields, "file": file}, format="multipart").json()

    assert (made["name"], made["content_type"], made["size"]) == ("notes.txt", "text/plain", 5)
    assert made["attachment_id"] != FORGED_ID
    # It is Ada's to send, and nobody's else; and it hangs on no message yet.
    key = uuid.UUID(made["attachment_id"])
    assert actions.send_message(actor=world.ada, conversation=world.group, attachments=[key])


@pytest.mark.parametrize("kind", ["direct", "group", "channel"])
def test_a_kind_never_changes(client_of: Any, kind: str) -> None:
    ada, bob = make_user("ada"), make_user("bob")
    fields = {} if kind == "direct" else {"kind": kind, "title": "Harbour"}
    conversation, _ = actions.create_conversation(actor=ada, participants=[bob], **fields)
    address = f"/api/conversations/{conversation.pk}/"
    client = client_of(ada)

    for other in ("direct", "group", "channel"):
        forged = {"topic": other, "kind": other, "direct_key": "x", "subject": {"type": "auth.group", "id": "1"}}
        # Nobody changes a direct.
        assert client.patch(address, forged).status_code == (403 if kind == "direct" else 200)

    stored = get_conversation_model()._default_manager.get(pk=conversation.pk)
    assert (stored.kind, stored.direct_key, stored.subject_type_id) == (kind, conversation.direct_key, None)


def test_a_third_person_makes_no_group_of_a_direct(client_of: Any) -> None:
    ada, bob, cyd = make_user("ada"), make_user("bob"), make_user("cyd")
    direct, _ = actions.create_conversation(actor=ada, participants=[bob])
    # Cyd is somebody whom Ada may name.
    actions.create_conversation(actor=ada, participants=[cyd])

    for way in ("add_participant", "join"):
        answer = client_of(ada).post(f"/api/conversations/{direct.pk}/{way}/", {"user_id": str(cyd.pk)})
        assert (answer.status_code, answer.json()["code"]) == (403, "direct_is_fixed")

    assert {row_of(direct, user).role for user in (ada, bob)} == {"member"}
    assert get_conversation_model()._default_manager.get(pk=direct.pk).kind == "direct"


READ = [door for door in DOORS if door.method == "get"]


@pytest.mark.parametrize("door", READ, ids=str)
def test_what_is_read_changes_nothing(world: World, door: Door) -> None:
    queries = {"search": "q=lamp", "message-by-conversation": f"conversation_id={world.group.pk}"}
    before = everything()

    for method in ("GET", "HEAD", "OPTIONS"):
        path = f"{world.address(door)}?{queries.get(door.route, '')}"
        response = world.client.generic(method, path)
        assert response.status_code < 500 or door.route == "stream", response.content
        b"".join(response)

    assert everything() == before
