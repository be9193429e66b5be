from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.api.users import card
from django_convo.models import Event, Participant, get_conversation_model, get_message_model
from django_convo.models.fields import uuid7
from django_convo.policy import Policy
from tests.people import make_direct, make_group, make_user

CONVERSATION_FIELDS = {
    "conversation_id",
    "kind",
    "title",
    "topic",
    "created_at",
    "created_by",
    "metadata",
    "subject",
    "closed_at",
    "slow_mode_seconds",
    "participant_count",
    "participants",
    "last_message",
    "last_message_at",
    "last_seq",
    "count_seq",
    "event_seq",
    "unread_count",
    "mention_count",
    "membership",
    "capabilities",
}
MEMBERSHIP_FIELDS = {
    "role",
    "joined_at",
    "last_read_seq",
    "read_count_seq",
    "muted_until",
    "archived_at",
    "pinned_at",
    "notify",
    "draft",
}


class BookingPolicy(Policy):
    """A guest's own bookings may be talked about."""

    def visible_subjects(self, actor: Any, model: Any) -> Any:
        return model._default_manager.filter(guest=actor)


@pytest.fixture
def acquaintances(ada: Any, bob: Any, cyd: Any) -> None:
    """The default policy shows those with whom one shares a conversation."""
    make_group(ada, bob, cyd, title="where they met")


def address(conversation: Any, tail: str = "") -> str:
    return f"/api/conversations/{conversation.pk}/{tail}"


def ids(response: Any) -> list[str]:
    return [row["conversation_id"] for row in response.json()["results"]]


def test_retrieve_has_the_shape_of_the_contract(as_ada: Any, ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    actions.send_message(actor=bob, conversation=group, body="hello")
    data = as_ada.get(address(group)).json()
    assert set(data) == CONVERSATION_FIELDS
    assert set(data["membership"]) == MEMBERSHIP_FIELDS
    assert data["created_by"] == card(ada)
    assert data["participants"] == [
        {"user": card(ada), "role": "owner"},
        {"user": card(bob), "role": "moderator"},
        {"user": card(cyd), "role": "member"},
    ]
    assert data["last_message"]["message_body"] == "hello"
    assert (data["last_seq"], data["count_seq"], data["event_seq"], data["unread_count"]) == (1, 1, 2, 1)
    assert data["created_at"].endswith("Z")
    assert "message.send" in data["capabilities"]


def test_list_puts_pinned_first_then_latest_activity(as_ada: Any, ada: Any, bob: Any) -> None:
    first, second, third = (make_group(ada, bob, title=str(number)) for number in range(3))
    actions.send_message(actor=bob, conversation=first, body="news")
    actions.update_membership(actor=ada, conversation=second, pinned=True)
    assert ids(as_ada.get("/api/conversations/")) == [str(second.pk), str(first.pk), str(third.pk)]


def test_list_pages_lead_through_every_conversation_once_and_back(as_ada: Any, ada: Any, bob: Any) -> None:
    groups = [make_group(ada, bob, title=str(number)) for number in range(5)]
    actions.update_membership(actor=ada, conversation=groups[0], pinned=True)
    expected = [str(group.pk) for group in (groups[0], *reversed(groups[1:]))]
    pages, page = [], as_ada.get("/api/conversations/?limit=2").json()
    while True:
        pages.append([row["conversation_id"] for row in page["results"]])
        if page["next"] is None:
            break
        page = as_ada.get(page["next"]).json()
    assert pages == [expected[:2], expected[2:4], expected[4:]]
    assert ids(as_ada.get(page["previous"])) == expected[2:4]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("kind=direct", {"direct"}),
        ("kind=group", {"quiet", "pinned"}),
        ("unread=true", {"direct"}),
        ("unread=false", {"quiet", "pinned"}),
        ("archived=true", {"archived"}),
        ("pinned=true", {"pinned"}),
        ("pinned=false", {"direct", "quiet"}),
        ("kind=&unread=&nonsense=1", {"direct", "quiet", "pinned"}),
    ],
)
def test_list_filters(as_ada: Any, ada: Any, bob: Any, query: str, expected: set[str]) -> None:
    named = {name: make_group(ada, bob, title=name) for name in ("quiet", "pinned", "archived")}
    named["direct"] = make_direct(ada, bob)
    actions.send_message(actor=bob, conversation=named["direct"], body="unread")
    actions.update_membership(actor=ada, conversation=named["pinned"], pinned=True)
    actions.update_membership(actor=ada, conversation=named["archived"], archived=True)
    names = {str(conversation.pk): name for name, conversation in named.items()}
    assert {names[key] for key in ids(as_ada.get(f"/api/conversations/?{query}"))} == expected


def test_list_filters_by_participant(as_ada: Any, ada: Any, bob: Any, cyd: Any) -> None:
    make_group(ada, bob)
    with_cyd = make_group(ada, cyd)
    assert ids(as_ada.get(f"/api/conversations/?participant={cyd.pk}")) == [str(with_cyd.pk)]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("kind=nonsense", "kind_invalid"),
        ("unread=perhaps", "unread_invalid"),
        ("participant=nobody", "participant_invalid"),
        ("subject_type=nonsense", "subject_type_invalid"),
        ("subject_id=1", "subject_type_required"),
        ("limit=0", "limit_invalid"),
        ("limit=" + "9" * 30, "limit_invalid"),
        ("cursor=nonsense", "invalid_cursor"),
        ("kind=%00", "invalid_input"),
    ],
)
def test_list_refuses_bad_values(as_ada: Any, query: str, code: str) -> None:
    response = as_ada.get(f"/api/conversations/?{query}")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_list_of_channels_to_join_leaves_out_joined_and_closed(as_bob: Any, ada: Any, bob: Any, channel: Any) -> None:
    make_group(ada, bob, kind="channel")
    actions.close(actor=ada, conversation=make_group(ada, kind="channel"))
    response = as_bob.get("/api/conversations/?kind=channel&joined=false")
    assert ids(response) == [str(channel.pk)]
    row = response.json()["results"][0]
    assert (row["membership"], row["participants"], row["last_message"], row["unread_count"]) == (None, [], None, 0)


def make_many(number: int, *members: Any) -> None:
    """Make groups with a message each, in bulk: as the actions would leave them, in a fraction of the time."""
    group, message = get_conversation_model(), get_message_model()
    rows = [
        group(participant_count=len(members), membership_version=1, last_seq=1, count_seq=1, event_seq=2)
        for _ in range(number)
    ]
    for row in rows:
        row.last_message_id = uuid7()
    group._default_manager.bulk_create(rows)
    message._default_manager.bulk_create(
        message(
            pk=row.last_message_id, conversation_id=row.pk, sender=members[0], message_body="hi", seq=1, count_seq=1
        )
        for row in rows
    )
    Participant.objects.bulk_create(
        Participant(conversation_id=row.pk, user=member) for row in rows for member in members
    )


@pytest.mark.parametrize("number", [10, 1000])
def test_list_takes_three_queries(client_of: Any, ada: Any, bob: Any, settings: Any, number: int) -> None:
    settings.CONVO_MAX_PAGE_SIZE = 2000
    make_many(number, bob, ada)
    large = make_group(ada, *(make_user() for _ in range(12)))
    actions.send_message(actor=ada, conversation=large, body="hello all")
    with CaptureQueriesContext(connection) as queries:
        rows = client_of(ada).get("/api/conversations/?limit=2000").json()["results"]
    assert len(queries) == 3
    assert len(rows) == number + 1
    assert len(rows[0]["participants"]) == 10
    assert {(row["last_message"]["message_body"], row["unread_count"]) for row in rows[1:]} == {("hi", 1)}


@pytest.mark.usefixtures("acquaintances")
def test_create_makes_a_direct_of_two_and_a_group_of_more(as_ada: Any, ada: Any, bob: Any, cyd: Any) -> None:
    one = as_ada.post("/api/conversations/", {"participants": [str(bob.pk), str(bob.pk), str(ada.pk)]})
    two = as_ada.post("/api/conversations/", {"participants": [str(bob.pk), str(cyd.pk)], "title": " Trip "})
    assert (one.status_code, one.json()["kind"], one.json()["participant_count"]) == (201, "direct", 2)
    assert (two.status_code, two.json()["kind"], two.json()["title"]) == (201, "group", " Trip ")
    assert two.json()["membership"]["role"] == "owner"


@pytest.mark.usefixtures("acquaintances")
def test_create_sends_the_first_message_once(as_ada: Any, bob: Any) -> None:
    body = {"participants": [str(bob.pk)], "message_body": "hello", "client_id": "1"}
    first, again = as_ada.post("/api/conversations/", body), as_ada.post("/api/conversations/", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["last_message"] == again.json()["last_message"]
    assert (again.json()["last_seq"], again.json()["event_seq"]) == (1, 2)
    other = as_ada.post("/api/conversations/", body | {"message_body": "more", "client_id": "2"})
    assert (other.status_code, other.json()["last_seq"]) == (200, 2)


@pytest.mark.usefixtures("acquaintances")
def test_create_with_a_refused_message_creates_nothing(as_ada: Any, bob: Any, cyd: Any) -> None:
    before = get_conversation_model()._default_manager.count()
    for body in ("", " \n\t", "x" * 10_001):
        response = as_ada.post(
            "/api/conversations/", {"participants": [str(bob.pk), str(cyd.pk)], "message_body": body}
        )
        assert (response.status_code, set(response.json())) == (400, {"message_body"})
    assert get_conversation_model()._default_manager.count() == before
    assert not get_message_model()._default_manager.exists()


@pytest.mark.usefixtures("acquaintances")
def test_create_answers_unknown_unseen_and_malformed_people_alike(
    as_ada: Any, bob: Any, stranger: Any, deactivate: Any
) -> None:
    deactivate(bob)
    unknown = type(bob)().pk or "999999"
    answers = {
        as_ada.post("/api/conversations/", {"participants": [str(key)]}).content
        for key in (unknown, stranger.pk, bob.pk, "nonsense", "9" * 30)
    }
    assert len(answers) == 1
    assert b'"code":"invalid_reference"' in answers.pop()


def test_create_accepts_a_subject_only_if_offered_and_visible(
    as_ada: Any, ada: Any, bob: Any, settings: Any, acquaintances: None
) -> None:
    if not apps.is_installed("tests.projects.bookings"):
        pytest.skip("This host has no bookings.")
    booking = apps.get_model("test_bookings", "Booking").objects.create(guest=ada, host=bob)
    body = {"participants": [str(bob.pk)], "subject": {"type": "test_bookings.booking", "id": str(booking.pk)}}
    not_offered = as_ada.post("/api/conversations/", body)
    settings.CONVO_SUBJECT_MODELS = ["test_bookings.Booking"]
    not_visible = as_ada.post("/api/conversations/", body)
    settings.CONVO_POLICY = "tests.api.test_conversations.BookingPolicy"
    created = as_ada.post("/api/conversations/", body)
    malformed = as_ada.post("/api/conversations/", body | {"subject": {"type": "test_bookings.booking", "id": "x"}})
    assert not_offered.content == not_visible.content == malformed.content
    assert not_offered.json()["code"] == "invalid_reference"
    assert (created.status_code, created.json()["subject"]) == (201, body["subject"])
    query = f"subject_type=test_bookings.booking&subject_id={booking.pk}"
    assert ids(as_ada.get(f"/api/conversations/?{query}")) == [created.json()["conversation_id"]]
    assert ids(as_ada.get("/api/conversations/?subject_type=test_bookings.nothing")) == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "participants"),
        ({"participants": "ada"}, "participants"),
        ({"participants": [], "kind": "nonsense"}, "kind"),
        ({"participants": [], "title": "x" * 201}, "title"),
        ({"participants": [], "metadata": [1]}, "metadata"),
        ({"participants": [], "client_id": "x" * 65}, "client_id"),
        ({"participants": [], "subject": "booking"}, "subject"),
        ({"participants": [], "kind": "direct"}, "participants"),
    ],
)
def test_create_refuses_a_bad_field(as_ada: Any, body: dict[str, Any], field: str) -> None:
    response = as_ada.post("/api/conversations/", body)
    assert (response.status_code, list(response.json())) == (400, [field])


def test_update_changes_what_is_given(as_ada: Any, group: Any) -> None:
    data = as_ada.patch(address(group), {"title": "New", "metadata": {"colour": "red"}, "kind": "channel"}).json()
    assert (data["title"], data["topic"], data["metadata"], data["kind"]) == ("New", "", {"colour": "red"}, "group")
    assert Event.objects.filter(conversation=group.pk, type="conversation.updated").count() == 1


def test_update_is_refused_to_a_member_and_for_a_directs_title(
    as_cyd: Any, as_ada: Any, group: Any, direct: Any
) -> None:
    refused = as_cyd.patch(address(group), {"title": "New"})
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    fixed = as_ada.patch(address(direct), {"title": "New"})
    assert (fixed.status_code, fixed.json()["code"]) == (403, "direct_is_fixed")


def test_delete_leaves_nothing_to_be_found(as_ada: Any, as_cyd: Any, group: Any) -> None:
    assert as_cyd.delete(address(group)).status_code == 403
    assert as_ada.delete(address(group)).status_code == 204
    assert as_ada.get(address(group)).json() == as_ada.get(f"/api/conversations/{uuid4()}/").json()
    assert ids(as_ada.get("/api/conversations/")) == []


def test_close_and_reopen_answer_the_conversation(as_ada: Any, as_cyd: Any, group: Any) -> None:
    assert as_cyd.post(address(group, "close/")).status_code == 403
    closed = as_ada.post(address(group, "close/")).json()
    assert closed["closed_at"] is not None
    assert "message.send" not in closed["capabilities"]
    sent = as_cyd.post(address(group, "messages/"), {"message_body": "hello"})
    assert (sent.status_code, sent.json()["code"]) == (403, "conversation_closed")
    assert as_ada.post(address(group, "reopen/")).json()["closed_at"] is None


@pytest.mark.parametrize("tail", ["", "participants/", "membership/", "messages/", "messages/{message}/"])
def test_what_is_not_visible_is_answered_as_what_is_not_there(
    as_stranger: Any, bob: Any, group: Any, tail: str
) -> None:
    message = actions.send_message(actor=bob, conversation=group, body="hello")
    tail = tail.format(message=message.pk)
    answers = []
    for key in (group.pk, uuid4()):
        with CaptureQueriesContext(connection) as queries:
            response = as_stranger.get(f"/api/conversations/{key}/{tail}")
        answers.append((response.status_code, response.content, len(queries)))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert as_stranger.get(f"/api/conversations/nonsense/{tail}").content == answers[0][1]


def test_site_moderator_sees_the_conversation_but_no_bodies(as_admin: Any, bob: Any, group: Any) -> None:
    message = actions.send_message(actor=bob, conversation=group, body="secret")
    shown = as_admin.get(address(group))
    assert (shown.status_code, shown.json()["last_message"], shown.json()["membership"]) == (200, None, None)
    assert len(shown.json()["participants"]) == 3
    for path in (address(group, "messages/"), f"/api/messages/by_conversation/?conversation_id={group.pk}"):
        refused = as_admin.get(path)
        assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")
    assert as_admin.get(f"/api/messages/{message.pk}/").status_code == 404
    assert as_admin.get("/api/messages/").json()["results"] == []
    assert as_admin.post(address(group, "close/")).status_code == 200
