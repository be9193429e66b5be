"""The log over REST, and that every use of `conversation.view_any` over REST is in it, once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.api.base import stamp
from django_convo.api.users import card
from django_convo.models import AuditEntry
from django_convo.policy import capabilities
from tests.people import make_group, make_user, row_of
from tests.pictures import upload

AUDIT = "/api/audit/"


@pytest.fixture
def message(group: Any, cyd: Any) -> Any:
    return actions.send_message(actor=cyd, conversation=group, body="secret")


@pytest.fixture
def viewer(as_admin: Any, settings: Any) -> Any:
    """A client of somebody who reads every conversation."""
    settings.CONVO_ROLES = {"admin": [capabilities.VIEW_ANY]}
    return as_admin


def entries() -> list[tuple[str, Any, Any]]:
    rows = AuditEntry.objects.order_by("pk")
    return list(rows.values_list("action", "conversation_id", "message_id"))


def test_list_shows_who_did_what(as_admin: Any, site_admin: Any, cyd: Any, group: Any) -> None:
    actions.close(actor=site_admin, conversation=group)
    actions.remove_participant(actor=site_admin, conversation=group, user=cyd)
    row = AuditEntry.objects.latest("pk")

    first = as_admin.get(AUDIT, {"limit": 1}).json()

    assert first["results"] == [
        {
            "entry_id": str(row.pk),
            "action": "participant.removed",
            "actor": card(site_admin),
            "user": card(cyd),
            "conversation_id": str(group.pk),
            "message_id": None,
            "detail": {"user": row.detail["user"]},
            "created_at": stamp(row.created_at),
        }
    ]
    rest = as_admin.get(first["next"]).json()
    assert ([row["action"] for row in rest["results"]], rest["next"]) == (["conversation.closed"], None)
    assert len(entries()) == 2


def test_list_can_be_filtered(as_admin: Any, site_admin: Any, ada: Any, cyd: Any, group: Any) -> None:
    other = make_group(ada, cyd)
    actions.close(actor=site_admin, conversation=group)
    actions.remove_participant(actor=site_admin, conversation=other, user=cyd)
    actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=other)

    def listed(**filters: str) -> list[str]:
        return [row["action"] for row in as_admin.get(AUDIT, filters).json()["results"]]

    assert listed() == ["sanction.imposed", "participant.removed", "conversation.closed"]
    assert listed(action="conversation.closed") == ["conversation.closed"]
    assert listed(actor=str(site_admin.pk)) == ["participant.removed", "conversation.closed"]
    assert listed(user=str(cyd.pk)) == ["sanction.imposed", "participant.removed"]
    assert listed(conversation_id=str(group.pk)) == ["conversation.closed"]
    assert listed(user=str(cyd.pk), actor=str(ada.pk)) == ["sanction.imposed"]


def test_list_takes_two_queries(as_admin: Any, group: Any) -> None:
    counts = []
    for number in range(10):
        actor, user = make_user("judge", is_admin=True), make_user("noisy")
        actions.add_participant(actor=None, conversation=group, user=user)
        actions.remove_participant(actor=actor, conversation=group, user=user)
        if number in (1, 9):
            with CaptureQueriesContext(connection) as queries:
                assert len(as_admin.get(AUDIT).json()["results"]) == number + 1
            counts.append(len(queries))

    assert counts == [2, 2]


def test_list_is_for_those_who_may(as_ada: Any) -> None:
    response = as_ada.get(AUDIT)

    assert (response.status_code, response.json()["code"]) == (403, "permission_denied")


# What reads a conversation, and what the entry then names.
BELOW_CONVERSATION = ["", "messages/", "participants/", "pins/", "attachments/", "receipts/"]
BELOW_MESSAGE = ["", "replies/", "revisions/", "readers/"]


@pytest.mark.parametrize("tail", BELOW_CONVERSATION)
def test_reading_a_conversation_is_one_entry(viewer: Any, group: Any, message: Any, tail: str) -> None:
    for _ in range(2):
        assert viewer.get(f"/api/conversations/{group.pk}/{tail}").status_code in (200, 403)

    # One message in a list is named; the list of a longer one is its conversation.
    name = {"messages/": ("message.viewed", group.pk, message.pk)}.get(tail, ("conversation.viewed", group.pk, None))
    assert entries() == [name] * 2


@pytest.mark.parametrize("tail", BELOW_MESSAGE)
@pytest.mark.parametrize("is_flat", [False, True])
def test_reading_a_message_is_one_entry(viewer: Any, group: Any, message: Any, tail: str, is_flat: bool) -> None:
    base = "/api/" if is_flat else f"/api/conversations/{group.pk}/"
    assert viewer.get(f"{base}messages/{message.pk}/{tail}").status_code in (200, 403)

    assert entries() == [("message.viewed", group.pk, message.pk)]


def test_reading_a_file_is_one_entry(viewer: Any, group: Any, cyd: Any) -> None:
    file = upload(cyd)
    message = actions.send_message(actor=cyd, conversation=group, attachments=[file])

    assert viewer.get(f"/api/attachments/{file.pk}/").status_code == 200
    assert viewer.get(f"/api/attachments/{file.pk}/download/").status_code == 200
    assert entries() == [("message.viewed", group.pk, message.pk)] * 2


def test_a_window_and_an_alias_are_one_entry_each(viewer: Any, group: Any, cyd: Any, message: Any) -> None:
    actions.send_message(actor=cyd, conversation=group, body="more")
    viewer.get(f"/api/conversations/{group.pk}/messages/")
    viewer.get("/api/messages/by_conversation/", {"conversation_id": str(group.pk)})

    assert entries() == [("conversation.viewed", group.pk, None)] * 2


def test_a_list_over_conversations_names_those_of_others(
    viewer: Any, site_admin: Any, ada: Any, group: Any, message: Any
) -> None:
    other, own = make_group(ada), make_group(site_admin)
    for conversation in (other, own):
        actions.send_message(actor=None, conversation=conversation, body="x")

    assert len(viewer.get("/api/messages/").json()["results"]) == 3

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.conversation_id, entry.actor) == ("conversation.viewed", None, site_admin)
    assert entry.detail == {"conversations": [str(other.pk), str(group.pk)], "count": 2}


def test_a_search_names_what_it_found(viewer: Any, group: Any, message: Any) -> None:
    assert viewer.get("/api/search/", {"q": "nothing"}).json()["results"] == []
    assert entries() == []

    assert len(viewer.get("/api/search/", {"q": "secret"}).json()["results"]) == 1

    assert entries() == [("message.viewed", group.pk, message.pk)]


def test_forwarding_what_is_others_is_an_entry(viewer: Any, site_admin: Any, group: Any, message: Any) -> None:
    own = make_group(site_admin)
    response = viewer.post(f"/api/messages/{message.pk}/forward/", {"conversation": str(own.pk)})

    assert response.status_code == 201
    assert entries() == [("message.viewed", group.pk, message.pk)]


def test_what_is_ones_own_is_no_entry(viewer: Any, site_admin: Any, group: Any, message: Any) -> None:
    actions.add_participant(actor=None, conversation=group, user=site_admin)
    for tail in BELOW_CONVERSATION:
        viewer.get(f"/api/conversations/{group.pk}/{tail}")
    for tail in BELOW_MESSAGE:
        viewer.get(f"/api/messages/{message.pk}/{tail}")
    viewer.get("/api/conversations/")
    viewer.get("/api/messages/")

    assert entries() == []


def test_who_moderates_without_reading_is_no_entry(as_admin: Any, group: Any, message: Any) -> None:
    assert as_admin.get(f"/api/conversations/{group.pk}/").json()["last_message"] is None
    assert as_admin.get(f"/api/conversations/{group.pk}/messages/").status_code == 403
    assert as_admin.get("/api/messages/").json()["results"] == []

    assert entries() == []


def test_deleting_what_is_others_is_one_entry(viewer: Any, group: Any, message: Any) -> None:
    assert viewer.delete(f"/api/messages/{message.pk}/").status_code == 204

    assert entries() == [("message.deleted", group.pk, message.pk)]


def test_what_cannot_be_written_down_is_not_shown(
    viewer: Any, group: Any, message: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read_only(*args: Any, **kwargs: Any) -> None:
        raise DatabaseError("cannot execute INSERT in a read-only transaction")

    monkeypatch.setattr(AuditEntry.objects, "create", read_only)
    for address in (f"/api/messages/{message.pk}/", f"/api/conversations/{group.pk}/messages/", "/api/messages/"):
        response = viewer.get(address)
        assert (response.status_code, response.json()["code"]) == (503, "try_again")
        assert b"secret" not in response.content
        assert response.has_header("Retry-After")


def test_ordinary_reading_pays_nothing(as_ada: Any, group: Any, message: Any) -> None:
    with CaptureQueriesContext(connection) as queries:
        as_ada.get(f"/api/conversations/{group.pk}/messages/")

    assert [query["sql"] for query in queries if "audit" in query["sql"] or "SAVEPOINT" in query["sql"]] == []


def test_a_write_that_changes_nothing_and_shows_a_message_is_an_entry(viewer: Any, group: Any, message: Any) -> None:
    for method in (viewer.put, viewer.delete):
        AuditEntry.objects.all().delete()
        response = method(f"/api/messages/{message.pk}/save/")
        assert response.status_code == 200
        assert entries() == [("message.viewed", group.pk, message.pk)]


@pytest.fixture
def late(viewer: Any, group: Any, message: Any, ada: Any, site_admin: Any, settings: Any) -> Any:
    """The same client, who takes part since something was said."""
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    actions.add_participant(actor=ada, conversation=group, user=site_admin)
    AuditEntry.objects.all().delete()
    return viewer


def test_ones_own_conversations_show_nothing_by_power(
    late: Any, group: Any, message: Any, cyd: Any, site_admin: Any
) -> None:
    address, head = f"/api/conversations/{group.pk}/", row_of(group, site_admin).joined_event_seq
    actions.edit_message(actor=cyd, message=message, body="still secret")

    def ask() -> list[Any]:
        return [
            late.get("/api/conversations/"),
            late.get(address),
            late.get(f"{address}events/"),
            late.post("/api/sync/", {"heads": {str(group.pk): head}}),
        ]

    answers = ask()
    actions.send_message(actor=cyd, conversation=group, body="open", reply_to=message)
    answers += ask()

    assert {answer.status_code for answer in answers} == {200}
    assert [b"secret" in answer.content for answer in answers] == [False] * 8
    assert [b"open" in answer.content for answer in answers] == [False] * 4 + [True] * 4
    assert entries() == []


def test_a_quote_of_what_was_said_before_one_came_is_an_entry(late: Any, group: Any, message: Any, cyd: Any) -> None:
    answer = actions.send_message(actor=cyd, conversation=group, body="open", reply_to=message)
    address = f"/api/conversations/{group.pk}/messages/"
    for call in (
        lambda: late.get(address, {"after": message.seq}),
        lambda: late.get(f"{address}{answer.pk}/"),
        lambda: late.post(address, {"message_body": "mine", "reply_to": str(message.pk)}),
    ):
        AuditEntry.objects.all().delete()
        assert b"secret" in call().content
        assert entries() == [("message.viewed", group.pk, message.pk)]


def test_a_window_says_where_begins_what_is_read_by_power(late: Any, group: Any, message: Any) -> None:
    assert late.get(f"/api/conversations/{group.pk}/messages/").json()["oldest_seq"] == message.seq == 1
