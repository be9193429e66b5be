from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.api.users import card
from django_convo.models import Block
from tests.people import make_group, make_user


def block_url(user: Any) -> str:
    return f"/api/users/{user.pk}/block/"


def test_block_and_unblock_are_idempotent(as_ada: Any, ada: Any, bob: Any, group: Any) -> None:
    for _ in range(2):
        response = as_ada.put(block_url(bob))
        assert (response.status_code, response.content) == (204, b"")
    assert [(row.blocker, row.blocked) for row in Block.objects.all()] == [(ada, bob)]

    for _ in range(2):
        assert as_ada.delete(block_url(bob)).status_code == 204
    assert not Block.objects.exists()


def test_list_shows_ones_own_the_latest_first(as_ada: Any, as_bob: Any, ada: Any, bob: Any, cyd: Any) -> None:
    rows = [actions.block_user(actor=ada, user=user) for user in (bob, cyd)]

    first = as_ada.get("/api/blocks/", {"limit": 1}).json()
    rest = as_ada.get(first["next"]).json()

    assert first["results"] == [
        {"user": card(cyd), "created_at": rows[1].created_at.isoformat().replace("+00:00", "Z")}
    ]
    assert ([row["user"] for row in rest["results"]], rest["next"]) == ([card(bob)], None)
    assert as_bob.get("/api/blocks/").json()["results"] == []


def test_list_takes_as_much_for_many(as_ada: Any, ada: Any) -> None:
    counts = []
    for number in range(12):
        actions.block_user(actor=ada, user=make_user("nuisance"))
        if number in (1, 11):
            with CaptureQueriesContext(connection) as queries:
                as_ada.get("/api/blocks/")
            counts.append(len(queries))

    assert counts == [1, 1]


def test_oneself_is_refused(as_ada: Any, ada: Any) -> None:
    response = as_ada.put(block_url(ada))

    assert (response.status_code, response.json()["code"]) == (403, "not_oneself")


def test_a_block_outlasts_sight(as_ada: Any, ada: Any, bob: Any) -> None:
    group = make_group(ada, bob)
    as_ada.put(block_url(bob))
    actions.leave(actor=bob, conversation=group)
    assert as_ada.get(f"/api/users/{bob.pk}/").status_code == 404

    for call in (as_ada.put, as_ada.delete):
        assert call(block_url(bob)).status_code == 204
    # Now there is nothing that ties the two.
    assert as_ada.delete(block_url(bob)).status_code == 404


def told(response: Any) -> tuple[int, bytes]:
    return response.status_code, response.content


@pytest.mark.parametrize("direction", ["blocked_by", "blocking"])
def test_a_block_is_not_told(client_of: Any, ada: Any, bob: Any, cyd: Any, group: Any, direction: str) -> None:
    """Every answer to the one who is blocked is that of before, or of any refusal."""
    other = make_group(ada, bob, cyd, kind="group")
    client = client_of(bob)
    asked = [
        f"/api/users/{ada.pk}/",
        "/api/users/",
        "/api/conversations/",
        f"/api/conversations/{group.pk}/",
        f"/api/conversations/{group.pk}/participants/",
        f"/api/conversations/{group.pk}/membership/",
        "/api/unread/",
        "/api/blocks/",
    ]
    before = [told(client.get(address)) for address in asked]
    if direction == "blocked_by":
        actions.block_user(actor=ada, user=bob)
        asked_after = asked
    else:
        actions.block_user(actor=bob, user=ada)
        asked_after = asked[:-1]

    assert [told(client.get(address)) for address in asked_after] == before[: len(asked_after)]
    # Like somebody who does not exist, for whom there is no contact either.
    unknown = str(uuid4()) if not isinstance(ada.pk, int) else str(2**31 - 1)
    for address, body in (
        ("/api/conversations/", {"participants": ["{}"]}),
        ("/api/conversations/", {"participants": ["{}"], "kind": "group"}),
        ("/api/conversations/", {"participants": ["{}", str(cyd.pk)]}),
    ):
        refused = client.post(address, filled(body, str(ada.pk)))
        assert told(refused) == told(client.post(address, filled(body, unknown)))
        assert refused.json()["code"] == "invalid_reference"
    actions.leave(actor=ada, conversation=other)
    mine = make_group(bob, cyd)
    refused = client.post(f"/api/conversations/{mine.pk}/add_participant/", {"user_id": str(ada.pk)})
    assert told(refused) == told(client.post(f"/api/conversations/{mine.pk}/add_participant/", {"user_id": unknown}))


def filled(body: dict[str, Any], key: str) -> dict[str, Any]:
    return body | {"participants": [key if item == "{}" else item for item in body["participants"]]}


def test_a_refused_send_is_that_of_an_observer(client_of: Any, ada: Any, bob: Any, direct: Any, group: Any) -> None:
    observer = make_user("observer")
    actions.add_participant(actor=None, conversation=group, user=observer, role="observer")
    shown = client_of(bob).get(f"/api/conversations/{direct.pk}/").json()
    del shown["participants"]
    actions.block_user(actor=ada, user=bob)

    refused = client_of(bob).post(f"/api/conversations/{direct.pk}/messages/", {"message_body": "x"})
    ordinary = client_of(observer).post(f"/api/conversations/{group.pk}/messages/", {"message_body": "x"})

    assert told(refused) == told(ordinary)
    assert refused.json()["code"] == "permission_denied"
    # All but the read pointers, which are not told across a block.
    assert client_of(bob).get(f"/api/conversations/{direct.pk}/").json().items() >= shown.items()


def test_a_retry_is_answered_across_a_block(as_bob: Any, ada: Any, bob: Any, direct: Any) -> None:
    address, body = f"/api/conversations/{direct.pk}/messages/", {"message_body": "x", "client_id": "a"}
    first = as_bob.post(address, body)
    actions.block_user(actor=ada, user=bob)

    assert (as_bob.post(address, body).status_code, first.status_code) == (200, 201)
