from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.api.users import card
from django_convo.models import Block, Participant
from tests.people import make_direct, make_group, make_user


@pytest.fixture
def talk(group: Any, ada: Any, bob: Any, cyd: Any) -> Any:
    """Ada has sent three messages; Bob has read two, and three have reached Cyd."""
    for body in ("1", "2", "3"):
        actions.send_message(actor=ada, conversation=group, body=body)
    actions.mark_read(actor=bob, conversation=group, seq=2)
    actions.mark_delivered(actor=cyd, conversation=group, seq=3)
    return group


def receipts(client: Any, conversation: Any, query: str = "") -> Any:
    return client.get(f"/api/conversations/{conversation.pk}/receipts/{query}")


def readers(client: Any, conversation: Any, seq: int) -> list[Any]:
    rows = client.get(f"/api/conversations/{conversation.pk}/messages/").json()["results"]
    key = next(row["message_id"] for row in rows if row["seq"] == seq)
    nested = client.get(f"/api/conversations/{conversation.pk}/messages/{key}/readers/").json()
    flat = client.get(f"/api/messages/{key}/readers/").json()
    assert nested == flat
    return [row["user"]["user_id"] for row in nested["results"]]


def ids(*users: Any) -> list[Any]:
    return [card(user)["user_id"] for user in users]


def pointers(client: Any, direct: Any) -> dict[Any, Any]:
    rows = client.get(f"/api/conversations/{direct.pk}/").json()["participants"]
    listed = client.get("/api/conversations/").json()["results"]
    assert rows == next(row["participants"] for row in listed if row["conversation_id"] == str(direct.pk))
    return {
        row["user"]["user_id"]: (row.get("last_read_seq", "-"), row.get("last_delivered_seq", "-")) for row in rows
    }


def test_receipts_tell_how_far_each_has_read_in_pages(as_cyd: Any, talk: Any, ada: Any, bob: Any, cyd: Any) -> None:
    first = receipts(as_cyd, talk, "?limit=2").json()
    second = as_cyd.get(first["next"]).json()
    assert first["results"] == [
        {"user": card(ada), "last_read_seq": 3, "last_delivered_seq": 3},
        {"user": card(bob), "last_read_seq": 2, "last_delivered_seq": 2},
    ]
    assert second["results"] == [{"user": card(cyd), "last_read_seq": 0, "last_delivered_seq": 3}]
    assert second["next"] is None


def test_readers_are_those_whose_pointer_has_passed(as_cyd: Any, talk: Any, ada: Any, bob: Any, cyd: Any) -> None:
    assert [readers(as_cyd, talk, seq) for seq in (1, 2, 3)] == [ids(bob), ids(bob), []]
    actions.mark_read(actor=cyd, conversation=talk)
    assert readers(as_cyd, talk, 3) == ids(cyd)
    actions.mark_unread(actor=bob, conversation=talk, seq=2)
    assert readers(as_cyd, talk, 2) == ids(cyd)


def test_readers_of_a_system_message_are_all_who_have_read_it(as_cyd: Any, talk: Any, ada: Any, cyd: Any) -> None:
    actions.send_message(actor=None, conversation=talk, body="Booked")
    for user in (ada, cyd):
        actions.mark_read(actor=user, conversation=talk)
    assert readers(as_cyd, talk, 4) == ids(ada, cyd)


@override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none")
def test_readers_are_not_those_who_may_not_see_it(as_ada: Any, talk: Any, ada: Any, bob: Any) -> None:
    newcomer = make_user("newcomer")
    actions.add_participant(actor=ada, conversation=talk, user=newcomer)
    assert Participant.objects.get(conversation=talk.pk, user=newcomer).last_read_seq == 3
    assert readers(as_ada, talk, 1) == ids(bob)


def test_a_direct_shows_them_beside_its_participants(
    as_ada: Any, as_bob: Any, ada: Any, bob: Any, direct: Any
) -> None:
    for body in ("1", "2"):
        actions.send_message(actor=ada, conversation=direct, body=body)
    actions.mark_read(actor=bob, conversation=direct, seq=1)
    actions.mark_delivered(actor=bob, conversation=direct, seq=2)
    expected = dict(zip(ids(ada, bob), ((2, 2), (1, 2)), strict=True))
    assert pointers(as_ada, direct) == pointers(as_bob, direct) == expected
    synced = as_bob.post("/api/sync/", {}).json()["conversations"][0]["participants"]
    assert [row["last_read_seq"] for row in synced] == [2, 1]


def test_larger_conversations_show_them_only_in_their_pages(as_ada: Any, talk: Any) -> None:
    rows = as_ada.get(f"/api/conversations/{talk.pk}/").json()["participants"]
    assert [set(row) for row in rows] == [{"user", "role"}] * 3


def test_a_group_of_two_shows_none(as_ada: Any, ada: Any, bob: Any) -> None:
    pair = make_group(ada, bob)
    assert set(pointers(as_ada, pair).values()) == {("-", "-")}


@override_settings(CONVO_READ_RECEIPTS=False)
def test_off_is_off_everywhere(as_ada: Any, ada: Any, talk: Any) -> None:
    direct = make_direct(ada, make_user("dan"))
    message = actions.send_message(actor=ada, conversation=talk, body="4")
    for response in (
        receipts(as_ada, talk),
        as_ada.get(f"/api/messages/{message.pk}/readers/"),
        as_ada.get(f"/api/conversations/{talk.pk}/messages/{message.pk}/readers/"),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "receipts_off")
    assert set(pointers(as_ada, direct).values()) == {("-", "-")}


def test_off_in_large_conversations(as_ada: Any, ada: Any, talk: Any) -> None:
    with override_settings(CONVO_LARGE_CONVERSATION=3):
        assert receipts(as_ada, talk).status_code == 200
        actions.add_participant(actor=ada, conversation=talk, user=make_user("fourth"))
        response = receipts(as_ada, talk)
    assert (response.status_code, response.json()["code"]) == (403, "receipts_off")


@pytest.mark.parametrize("is_blocking", [True, False], ids=["blocker", "blocked"])
def test_across_a_block_between_two_neither_sees_the_others(
    as_ada: Any, as_bob: Any, as_cyd: Any, ada: Any, bob: Any, cyd: Any, talk: Any, direct: Any, is_blocking: bool
) -> None:
    blocker, blocked = (ada, bob) if is_blocking else (bob, ada)
    Block.objects.create(blocker=blocker, blocked=blocked)

    def told(client: Any) -> list[Any]:
        return [row["user"]["user_id"] for row in receipts(client, talk).json()["results"]]

    # Among more, whoever is left out would know who has blocked them.
    assert told(as_ada) == told(as_bob) == told(as_cyd) == ids(ada, bob, cyd)
    assert readers(as_ada, talk, 1) == readers(as_cyd, talk, 1) == ids(bob)
    alone = receipts(as_ada, direct).json()["results"]
    assert [row["user"]["user_id"] for row in alone] == ids(ada)
    assert pointers(as_ada, direct) == dict(zip(ids(ada, bob), ((0, 0), (None, None)), strict=True))
    assert pointers(as_bob, direct) == dict(zip(ids(ada, bob), ((None, None), (0, 0)), strict=True))


def test_receipts_are_for_those_who_read(as_stranger: Any, as_admin: Any, talk: Any, channel: Any) -> None:
    assert [receipts(client, talk).status_code for client in (as_stranger, as_admin)] == [404, 403]
    assert [receipts(client, channel).status_code for client in (as_stranger, as_admin)] == [403, 403]


def test_a_moderator_of_all_sees_no_pointers_in_a_direct(as_admin: Any, direct: Any) -> None:
    rows = as_admin.get(f"/api/conversations/{direct.pk}/").json()["participants"]
    assert [set(row) for row in rows] == [{"user", "role"}] * 2


@pytest.mark.parametrize("number", [2, 30])
def test_lists_take_the_same_queries_at_any_size(as_ada: Any, ada: Any, number: int) -> None:
    group = make_group(ada, *(make_user("member") for _ in range(number)))
    message = actions.send_message(actor=ada, conversation=group, body="1")
    for row in Participant.objects.filter(conversation=group.pk).select_related("user"):
        actions.mark_read(actor=row.user, conversation=group)
    counts = []
    for path, rows in (
        (f"/api/conversations/{group.pk}/receipts/", number + 1),
        (f"/api/conversations/{group.pk}/messages/{message.pk}/readers/", number),
        (f"/api/messages/{message.pk}/readers/", number),
    ):
        with CaptureQueriesContext(connection) as queries:
            assert len(as_ada.get(path).json()["results"]) == rows
        counts.append(len(queries))
    assert counts == [2, 3, 3]


@pytest.mark.parametrize("number", [2, 20])
def test_directs_cost_the_inbox_no_query(as_ada: Any, ada: Any, number: int) -> None:
    for _ in range(number):
        actions.send_message(actor=ada, conversation=make_direct(ada, make_user("other")), body="1")
    with CaptureQueriesContext(connection) as queries:
        rows = as_ada.get("/api/conversations/").json()["results"]
    assert [row["participants"][1]["last_read_seq"] for row in rows] == [0] * number
    assert len(queries) == 3
