from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from django_convo import actions
from django_convo.api.users import card
from django_convo.models import Event
from tests.people import json_key, make_group, make_user, row_of


def address(conversation: Any, tail: str) -> str:
    return f"/api/conversations/{conversation.pk}/{tail}/"


@pytest.fixture
def friend(ada: Any) -> Any:
    """Someone whom Ada knows, but who is not in the group."""
    friend = make_user("friend")
    make_group(ada, friend)
    return friend


def test_list_is_in_the_order_of_joining_and_pages(as_cyd: Any, ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    page = as_cyd.get(address(group, "participants"), {"limit": 2}).json()
    assert [(row["user"]["user_id"], row["role"]) for row in page["results"]] == [
        (json_key(ada), "owner"),
        (json_key(bob), "moderator"),
    ]
    rest = as_cyd.get(page["next"]).json()
    assert [row["user"]["user_id"] for row in rest["results"]] == [json_key(cyd)]
    assert rest["next"] is None
    back = as_cyd.get(rest["previous"]).json()
    assert (back["results"], back["previous"]) == (page["results"], None)


def test_list_is_not_for_those_who_take_no_part(as_bob: Any, as_admin: Any, channel: Any) -> None:
    assert as_bob.get(address(channel, "participants")).status_code == 403
    assert as_admin.get(address(channel, "participants")).status_code == 200


def test_add_is_idempotent(as_ada: Any, friend: Any, group: Any) -> None:
    body = {"user_id": str(friend.pk), "role": "observer"}
    first, again = (
        as_ada.post(address(group, "add_participant"), body),
        as_ada.post(address(group, "add_participant"), body),
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["participant_count"] == again.json()["participant_count"] == 4
    assert first.json()["event_seq"] == again.json()["event_seq"]
    assert row_of(group, friend).role == "observer"


def test_add_refuses_unknown_unseen_and_malformed_people_alike(as_ada: Any, stranger: Any, group: Any) -> None:
    answers = {
        as_ada.post(address(group, "add_participant"), {"user_id": str(key)}).content
        for key in (uuid4(), stranger.pk, "nonsense", "9" * 30)
    }
    assert len(answers) == 1
    assert b"invalid_reference" in answers.pop()


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "user_id"), ({"user_id": None}, "user_id"), ({"user_id": [1]}, "user_id"), ({"user_id": ""}, "user_id")],
)
def test_add_refuses_a_bad_field(as_ada: Any, group: Any, body: dict[str, Any], field: str) -> None:
    response = as_ada.post(address(group, "add_participant"), body)
    assert (response.status_code, list(response.json())) == (400, [field])


def test_add_is_refused_to_members_and_never_above_ones_own_role(
    as_cyd: Any, as_bob: Any, cyd: Any, bob: Any, group: Any, friend: Any
) -> None:
    make_group(cyd, friend, bob)
    refused = as_cyd.post(address(group, "add_participant"), {"user_id": str(friend.pk)})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    refused = as_bob.post(address(group, "add_participant"), {"user_id": str(friend.pk), "role": "owner"})
    assert (refused.status_code, refused.json()["code"]) == (403, "role_too_high")


def test_remove_is_idempotent(as_ada: Any, cyd: Any, group: Any) -> None:
    body = {"user_id": str(cyd.pk)}
    first = as_ada.post(address(group, "remove_participant"), body)
    make_group(as_ada.handler._force_user, cyd)
    again = as_ada.post(address(group, "remove_participant"), body)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["participant_count"] == 2
    assert first.json()["event_seq"] == again.json()["event_seq"]


def test_remove_is_repeatable_once_the_user_is_out_of_sight(as_ada: Any, ada: Any) -> None:
    other = make_user("other")
    conversation = make_group(ada, other)
    as_ada.post(address(conversation, "remove_participant"), {"user_id": str(other.pk)})
    assert as_ada.get(f"/api/users/{other.pk}/").status_code == 404

    again = as_ada.post(address(conversation, "remove_participant"), {"user_id": str(other.pk)})

    assert (again.status_code, again.json()["participant_count"]) == (200, 1)


def test_remove_tells_members_nothing_of_who_has_left(as_cyd: Any, ada: Any, group: Any) -> None:
    gone = make_user("gone")
    actions.add_participant(actor=None, conversation=group, user=gone)
    actions.leave(actor=gone, conversation=group)

    answers = {
        as_cyd.post(address(group, "remove_participant"), {"user_id": str(key)}).content for key in (uuid4(), gone.pk)
    }

    assert len(answers) == 1
    assert b"invalid_reference" in answers.pop()


def test_remove_of_a_member_whom_the_policy_hides_works(as_ada: Any, cyd: Any, group: Any, deactivate: Any) -> None:
    deactivate(cyd)
    assert as_ada.post(address(group, "remove_participant"), {"user_id": str(cyd.pk)}).status_code == 200


def test_remove_of_a_higher_role_is_refused(as_bob: Any, ada: Any, group: Any) -> None:
    response = as_bob.post(address(group, "remove_participant"), {"user_id": str(ada.pk)})
    assert (response.status_code, response.json()["code"]) == (403, "role_too_high")


def test_leaving_ends_sight(as_cyd: Any, group: Any) -> None:
    response = as_cyd.post(address(group, "leave"))
    data = response.json()
    assert (response.status_code, data["participant_count"]) == (200, 2)
    assert (data["membership"], data["participants"], data["last_message"]) == (None, [], None)
    assert as_cyd.get(address(group, "participants")).status_code == 404
    assert as_cyd.post(address(group, "leave")).status_code == 404


def test_removing_oneself_is_leaving(as_cyd: Any, cyd: Any, group: Any) -> None:
    assert as_cyd.post(address(group, "remove_participant"), {"user_id": str(cyd.pk)}).status_code == 200
    assert as_cyd.get(address(group, "participants")).status_code == 404


def test_join_is_for_channels(as_bob: Any, as_cyd: Any, bob: Any, group: Any, channel: Any) -> None:
    joined = as_bob.post(address(channel, "join"))
    assert (joined.status_code, joined.json()["membership"]["role"]) == (200, "member")
    assert as_bob.post(address(channel, "join")).json()["participant_count"] == 2
    assert Event.objects.filter(conversation=channel.pk, type="participant.added").count() == 1
    refused = as_cyd.post(address(group, "join"))
    assert (refused.status_code, refused.json()["code"]) == (403, "not_open_to_join")


def test_direct_is_fixed(as_ada: Any, bob: Any, cyd: Any, group: Any, direct: Any) -> None:
    for tail, body in (
        ("add_participant", {"user_id": str(cyd.pk)}),
        ("remove_participant", {"user_id": str(bob.pk)}),
        ("join", {}),
        ("leave", {}),
    ):
        response = as_ada.post(address(direct, tail), body)
        assert (response.status_code, response.json()["code"]) == (403, "direct_is_fixed")
    response = as_ada.patch(address(direct, f"participants/{bob.pk}"), {"role": "owner"})
    assert (response.status_code, response.json()["code"]) == (403, "direct_is_fixed")


def test_change_role_answers_the_participant(as_ada: Any, cyd: Any, group: Any) -> None:
    response = as_ada.patch(address(group, f"participants/{cyd.pk}"), {"role": "moderator"})
    assert response.status_code == 200
    assert response.json() == {
        "user": card(cyd),
        "role": "moderator",
    }
    assert row_of(group, cyd).role == "moderator"


def test_change_role_refuses(
    as_ada: Any, as_bob: Any, as_cyd: Any, bob: Any, cyd: Any, stranger: Any, group: Any
) -> None:
    for client, user, role, expected in (
        (as_cyd, bob.pk, "member", (403, "permission_denied")),
        (as_bob, cyd.pk, "owner", (403, "role_too_high")),
        (as_ada, stranger.pk, "member", (404, "not_found")),
        (as_ada, "nonsense", "member", (404, "not_found")),
    ):
        response = client.patch(address(group, f"participants/{user}"), {"role": role})
        assert (response.status_code, response.json()["code"]) == expected
    for body in ({}, {"role": "king"}):
        response = as_ada.patch(address(group, f"participants/{cyd.pk}"), body)
        assert (response.status_code, list(response.json())) == (400, ["role"])


def test_last_owner_hands_on(as_ada: Any, as_bob: Any, group: Any) -> None:
    as_ada.post(address(group, "leave"))
    assert as_bob.get(address(group, "membership")).json()["role"] == "owner"


def test_closed_conversation_can_be_left_but_not_entered(
    as_ada: Any, as_cyd: Any, ada: Any, group: Any, friend: Any
) -> None:
    actions.close(actor=ada, conversation=group)
    refused = as_ada.post(address(group, "add_participant"), {"user_id": str(friend.pk)})
    assert (refused.status_code, refused.json()["code"]) == (403, "conversation_closed")
    assert as_cyd.post(address(group, "leave")).status_code == 200
