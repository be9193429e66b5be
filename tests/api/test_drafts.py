from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from tests.people import make_group


def address(conversation: Any) -> str:
    return f"/api/conversations/{conversation.pk}/draft/"


def test_put_and_delete_answer_ones_own_row(as_ada: Any, bob: Any, group: Any) -> None:
    answered = actions.send_message(actor=bob, conversation=group, body="Is the lamp lit?")
    put = as_ada.put(address(group), {"message_body": " Yes,\n", "reply_to": str(answered.pk)})
    own = as_ada.get(f"/api/conversations/{group.pk}/membership/").json()
    assert (put.status_code, put.json()) == (200, own)
    draft = own["draft"]
    assert (draft["message_body"], draft["reply_to"], own["unread_count"]) == (" Yes,\n", str(answered.pk), 1)
    assert draft["updated_at"].endswith("Z")
    deleted = as_ada.delete(address(group))
    assert (deleted.status_code, deleted.json()) == (200, own | {"draft": None})


def test_a_draft_stands_in_ones_own_inbox_alone(as_ada: Any, as_bob: Any, group: Any) -> None:
    as_ada.put(address(group), {"message_body": "Yes"})
    for client, body in ((as_ada, "Yes"), (as_bob, None)):
        for data in (
            client.get("/api/conversations/").json()["results"][0],
            client.get(f"/api/conversations/{group.pk}/").json(),
        ):
            draft = data["membership"]["draft"]
            assert (draft and draft["message_body"]) == body


def test_a_blank_body_deletes(as_ada: Any, group: Any) -> None:
    as_ada.put(address(group), {"message_body": "Yes"})
    assert as_ada.put(address(group), {"message_body": ""}).json()["draft"] is None


def test_sync_tells_the_other_devices(as_ada: Any, as_bob: Any, group: Any, direct: Any, settings: Any) -> None:
    settings.CONVO_EPOCH = "drafts"
    cursors = {client: client.post("/api/sync/", {}).json()["cursor"] for client in (as_ada, as_bob)}

    def told(client: Any) -> dict[str, Any]:
        data = client.post("/api/sync/", {"cursor": cursors[client]}).json()
        return {row["conversation_id"]: row["membership"]["draft"] for row in data["conversations"]}

    as_ada.put(address(group), {"message_body": "Yes"})
    assert told(as_ada)[str(group.pk)]["message_body"] == "Yes"
    as_ada.delete(address(group))
    assert told(as_ada)[str(group.pk)] is None
    assert not any(told(as_bob).values())


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, ["message_body"]),
        ({"message_body": None}, ["message_body"]),
        ({"message_body": ["x"]}, ["message_body"]),
        ({"message_body": "x" * 10_001}, ["message_body"]),
    ],
)
def test_put_refuses_a_bad_field(as_ada: Any, group: Any, body: dict[str, Any], fields: list[str]) -> None:
    response = as_ada.put(address(group), body)
    assert (response.status_code, list(response.json())) == (400, fields)


def test_put_refuses_to_answer_what_is_not_seen_there(as_ada: Any, ada: Any, bob: Any, group: Any) -> None:
    elsewhere = actions.send_message(actor=ada, conversation=make_group(ada, bob), body="elsewhere")
    answers = {
        as_ada.put(address(group), {"message_body": "x", "reply_to": str(key)}).content
        for key in (elsewhere.pk, uuid4(), "nonsense")
    }
    assert len(answers) == 1
    assert b"invalid_reference" in answers.pop()


@pytest.mark.parametrize("number", [2, 20])
def test_drafts_cost_the_inbox_no_query(as_ada: Any, ada: Any, bob: Any, number: int) -> None:
    for title in range(number):
        group = make_group(ada, bob, title=str(title))
        actions.save_draft(actor=ada, conversation=group, body=str(title))
    with CaptureQueriesContext(connection) as queries:
        rows = as_ada.get("/api/conversations/").json()["results"]
    assert sorted(int(row["membership"]["draft"]["message_body"]) for row in rows) == list(range(number))
    assert len(queries) == 2
