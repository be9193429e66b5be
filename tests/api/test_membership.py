from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from django_convo import actions
from django_convo.api.membership import MembershipChangeSerializer
from tests.people import row_of, unread_of


def address(conversation: Any, tail: str = "membership") -> str:
    return f"/api/conversations/{conversation.pk}/{tail}/"


@pytest.fixture
def talk(bob: Any, group: Any) -> Any:
    """Five messages that Bob has written and nobody read."""
    for number in range(5):
        actions.send_message(actor=bob, conversation=group, body=str(number))
    return group


def test_retrieve_shows_ones_own_row_with_counts(as_ada: Any, talk: Any) -> None:
    assert as_ada.get(address(talk)).json() == {
        "conversation_id": str(talk.pk),
        "role": "owner",
        "joined_at": talk.created_at.isoformat().replace("+00:00", "Z"),
        "last_read_seq": 0,
        "read_count_seq": 0,
        "muted_until": None,
        "archived_at": None,
        "pinned_at": None,
        "notify": "all",
        "draft": None,
        "unread_count": 5,
        "mention_count": 0,
    }


def test_membership_is_of_members_only(as_bob: Any, as_admin: Any, channel: Any) -> None:
    for client in (as_bob, as_admin):
        assert client.get(address(channel)).status_code == 403
        assert client.patch(address(channel), {"pinned": True}).status_code == 403
        assert client.post(address(channel, "read")).status_code == 403


def test_update_sets_and_clears(as_ada: Any, talk: Any) -> None:
    body = {"archived": True, "pinned": True, "muted_until": "2030-01-01T00:00:00+02:00", "notify": "mentions"}
    data = as_ada.patch(address(talk), body).json()
    assert data["archived_at"] is not None
    assert data["pinned_at"] is not None
    assert (data["muted_until"], data["notify"]) == ("2029-12-31T22:00:00Z", "mentions")
    again = as_ada.patch(address(talk), {"notify": "mentions"}).json()
    assert again == data
    data = as_ada.patch(address(talk), {"archived": False, "pinned": False, "muted_until": None}).json()
    assert (data["archived_at"], data["pinned_at"], data["muted_until"]) == (None, None, None)
    assert data["notify"] == "mentions"


def test_update_keeps_the_moment_in_a_project_without_time_zones(settings: Any) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Tokyo"
    body = MembershipChangeSerializer(data={"muted_until": "2030-01-01T00:00:00Z"})

    body.is_valid(raise_exception=True)

    assert body.validated_data["muted_until"] == datetime(2030, 1, 1, 9)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"archived": "perhaps"}, "archived"),
        ({"pinned": None}, "pinned"),
        ({"muted_until": "tomorrow"}, "muted_until"),
        ({"muted_until": "9999-12-31T23:59:59-14:00"}, "muted_until"),
        ({"notify": "loudly"}, "notify"),
    ],
)
def test_update_refuses_a_bad_field(as_ada: Any, talk: Any, body: dict[str, Any], field: str) -> None:
    response = as_ada.patch(address(talk), body)
    assert (response.status_code, list(response.json())) == (400, [field])


def test_update_does_not_move_pointers(as_ada: Any, ada: Any, talk: Any) -> None:
    as_ada.patch(address(talk), {"last_read_seq": 5, "role": "member", "visible_from_seq": 9})
    row = row_of(talk, ada)
    assert (row.last_read_seq, row.role, row.visible_from_seq) == (0, "owner", 1)


@pytest.mark.parametrize(
    ("body", "last_read", "unread"),
    [({}, 5, 0), ({"seq": None}, 5, 0), ({"seq": 3}, 3, 2), ({"seq": 0}, 0, 5), ({"seq": 2**63 - 1}, 5, 0)],
)
def test_read_moves_the_pointer(
    as_ada: Any, ada: Any, talk: Any, body: dict[str, Any], last_read: int, unread: int
) -> None:
    data = as_ada.post(address(talk, "read"), body).json()
    assert (data["last_read_seq"], data["unread_count"]) == (last_read, unread)
    assert unread_of(talk, ada) == unread


def test_read_without_a_body_is_to_the_end_and_never_back(as_ada: Any, talk: Any) -> None:
    assert as_ada.post(address(talk, "read")).json()["unread_count"] == 0
    assert as_ada.post(address(talk, "read"), {"seq": 1}).json()["last_read_seq"] == 5


def test_unread_moves_the_pointer_back(as_ada: Any, talk: Any) -> None:
    as_ada.post(address(talk, "read"))
    data = as_ada.post(address(talk, "unread"), {"seq": 4}).json()
    assert (data["last_read_seq"], data["unread_count"]) == (3, 2)
    assert as_ada.get(address(talk)).json() == data


@pytest.mark.parametrize("tail", ["read", "unread"])
@pytest.mark.parametrize("seq", [-1, "x", 10**29, 1.5, True, [1]])
def test_pointers_refuse_a_bad_seq(as_ada: Any, talk: Any, tail: str, seq: Any) -> None:
    response = as_ada.post(address(talk, tail), {"seq": seq})
    assert (response.status_code, list(response.json())) == (400, ["seq"])


def test_unread_needs_a_seq(as_ada: Any, talk: Any) -> None:
    response = as_ada.post(address(talk, "unread"), {})
    assert (response.status_code, list(response.json())) == (400, ["seq"])
