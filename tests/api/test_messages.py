from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from django_convo import actions
from django_convo.api.base import QueryValues
from django_convo.api.base.serializers import read
from django_convo.api.messages.fields import SendNestedSerializer
from django_convo.api.users import card
from django_convo.models import get_message_model
from django_convo.policy import Policy
from tests.people import make_direct, make_group, make_user

MESSAGE_FIELDS = {
    "message_id",
    "conversation",
    "seq",
    "kind",
    "sender",
    "message_body",
    "sent_at",
    "edited_at",
    "deleted_at",
    "reply_to",
    "thread_root",
    "reply_count",
    "metadata",
    "attachments",
    "mentions",
    "reactions",
    "pinned",
    "editable_until",
}


def address(conversation: Any, tail: str = "") -> str:
    return f"/api/conversations/{conversation.pk}/messages/{tail}"


def numbers(response: Any) -> list[int]:
    return [row["seq"] for row in response.json()["results"]]


def say(actor: Any, conversation: Any, count: int = 1) -> Any:
    sent = [
        actions.send_message(actor=actor, conversation=conversation, body=f"message {number}")
        for number in range(count)
    ]
    return sent[-1]


def statements(queries: CaptureQueriesContext) -> list[str]:
    """Return what was asked, without what begins and ends transactions."""
    return [query["sql"] for query in queries if not query["sql"].startswith(("BEGIN", "SAVEPOINT", "RELEASE"))]


def test_send_has_the_shape_of_the_contract(as_ada: Any, ada: Any, group: Any) -> None:
    body = {"message_body": " hello\n", "client_id": "1", "metadata": {"b": 1, "a": {"d": 2, "c": 3}}}
    response = as_ada.post(address(group), body)
    data = response.json()
    assert response.status_code == 201
    assert set(data) == MESSAGE_FIELDS | {"client_id"}
    assert (data["message_body"], data["client_id"], data["seq"], data["kind"]) == (" hello\n", "1", 1, "user")
    assert data["sender"] == card(ada)
    assert data["metadata"] == body["metadata"]
    # Sorted, because PostgreSQL would not keep the order, and a retry answers with the same bytes.
    assert list(data["metadata"]) == ["a", "b"]
    assert data["conversation"] == str(group.pk)
    assert data["sent_at"].endswith("Z")


def test_send_by_both_routes_is_the_same(as_ada: Any, group: Any) -> None:
    body = {"message_body": "hello", "client_id": "1"}
    nested = as_ada.post(address(group), body)
    flat = as_ada.post("/api/messages/", {**body, "conversation": str(group.pk)})
    assert (nested.status_code, flat.status_code) == (201, 200)
    assert nested.content == flat.content


def test_send_repeated_answers_the_same_bytes(as_ada: Any, bob: Any, group: Any) -> None:
    answered = say(bob, group)
    body = {
        "message_body": "hello",
        "client_id": "1",
        "reply_to": str(answered.pk),
        "metadata": {"long key": [1, {"z": None, "y": 1.5}], "a": 2},
    }
    first, again = as_ada.post(address(group), body), as_ada.post(address(group), body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.content == again.content
    assert first.json()["reply_to"]["seq"] == 1
    assert get_message_model()._default_manager.count() == 2


def test_send_repeated_is_answered_although_closed_and_above_the_limit(
    as_ada: Any, ada: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_THROTTLE_RATES = {"send": "1/hour"}
    body = {"message_body": "hello", "client_id": "1"}
    first = as_ada.post(address(group), body)
    actions.close(actor=ada, conversation=group)
    again, other = as_ada.post(address(group), body), as_ada.post(address(group), {"message_body": "more"})
    assert (first.status_code, again.status_code, again.content) == (201, 200, first.content)
    assert (other.status_code, other.json()["code"]) == (429, "throttled")
    assert int(other["Retry-After"]) > 0
    conflict = as_ada.post(address(group), body | {"message_body": "other"})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "client_id_reused")


def test_send_with_the_same_client_id_for_something_else_conflicts(as_ada: Any, group: Any) -> None:
    as_ada.post(address(group), {"message_body": "hello", "client_id": "1"})
    response = as_ada.post(address(group), {"message_body": "hello!", "client_id": "1"})
    assert (response.status_code, response.json()["code"]) == (409, "client_id_reused")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "message_body"),
        ({"message_body": None}, "message_body"),
        ({"message_body": ""}, "message_body"),
        ({"message_body": " \t\u2003\n"}, "message_body"),
        ({"message_body": ["hello"]}, "message_body"),
        ({"message_body": "x" * 10_001}, "message_body"),
        ({"message_body": "hello", "client_id": ""}, "client_id"),
        ({"message_body": "hello", "client_id": "x" * 65}, "client_id"),
        ({"message_body": "hello", "metadata": "text"}, "metadata"),
        ({"message_body": "hello", "metadata": {"a": {"b": {"c": {"d": {"e": {}}}}}}}, "metadata"),
        ({"message_body": "hello", "metadata": {"a": "x" * 5000}}, "metadata"),
    ],
)
def test_send_refuses_a_bad_field(as_ada: Any, group: Any, fields: dict[str, Any], field: str) -> None:
    response = as_ada.post(address(group), fields)
    assert (response.status_code, list(response.json())) == (400, [field])
    assert not get_message_model()._default_manager.exists()


def test_send_accepts_the_longest_body(as_ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 3
    assert as_ada.post(address(group), {"message_body": "🙂🙂🙂"}).status_code == 201
    assert as_ada.post(address(group), {"message_body": "🙂🙂🙂🙂"}).status_code == 400


def test_send_to_what_is_not_visible_is_not_found(as_stranger: Any, group: Any) -> None:
    answers = {
        as_stranger.post("/api/messages/", {"conversation": str(key), "message_body": "hello"}).content
        for key in (group.pk, uuid4())
    }
    assert len(answers) == 1
    assert b"not_found" in answers.pop()


@pytest.mark.parametrize("body", [{}, {"message_body": ""}, {"message_body": "hello", "metadata": []}, []])
def test_what_is_not_visible_is_not_there_whatever_the_body_says(as_stranger: Any, group: Any, body: Any) -> None:
    answers = [
        as_stranger.post(address(group), body),
        as_stranger.post(f"/api/conversations/{uuid4()}/messages/", body),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 2


def test_what_is_not_visible_is_not_there_above_the_limit_either(as_stranger: Any, group: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"send": "1/hour"}
    answers = [as_stranger.post(address(group), {"message_body": "hello"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 404]


class OwnSight(Policy):
    """A host's that shows what ours does, which nobody can know beforehand."""

    def visible_conversations(self, actor: Any) -> Any:
        return super().visible_conversations(actor)


@pytest.mark.parametrize("more", [{}, {"send_at": "2400-01-01T00:00:00Z"}])
@pytest.mark.parametrize("policy", ["django_convo.policy.Policy", f"{__name__}.OwnSight"])
def test_each_attempt_counts(
    as_stranger: Any, stranger: Any, group: Any, settings: Any, policy: str, more: dict[str, str]
) -> None:
    settings.CONVO_THROTTLE_RATES = {"send": "1/hour"}
    settings.CONVO_POLICY = policy
    own = make_group(stranger)
    body = {"message_body": "hello", **more}
    assert [as_stranger.post(address(place), body).status_code for place in (group, own, group)] == [404, 429, 404]


class Blind(Policy):
    """A host's that shows nothing: what one takes part in neither."""

    def visible_conversations(self, actor: Any) -> Any:
        return super().visible_conversations(actor).none()


def test_nothing_is_sent_to_what_the_hosts_policy_hides(as_ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_POLICY = f"{__name__}.Blind"
    for send in (
        lambda body: as_ada.post(address(group), body),
        lambda body: as_ada.post("/api/messages/", {**body, "conversation": str(group.pk)}),
    ):
        assert send({"message_body": "hello", "client_id": "1"}).status_code == 404
    assert not get_message_model()._default_manager.exists()


def test_a_bad_field_is_told_in_the_language_of_each_request(as_ada: Any, group: Any) -> None:
    body = {"message_body": "hello", "client_id": "x" * 65}
    told = []
    for language in ("en", "de", "es", "de"):
        with override(language):
            told.append(as_ada.post(address(group), body).json()["client_id"][0])
    assert "64 characters" in told[0]
    assert "64 Zeichen" in told[1] == told[3]
    assert "64 caracteres" in told[2]


def test_a_hosts_own_body_is_read_for_each_caller() -> None:
    class Own(SendNestedSerializer):
        def get_fields(self) -> dict[str, Any]:
            fields = super().get_fields()
            return fields if self.context["is_staff"] else {"message_body": fields["message_body"]}

    body = {"message_body": "hello", "client_id": "1"}
    for is_staff in (True, False, True):
        assert ("client_id" in read(Own, body, context={"is_staff": is_staff})) is is_staff


def test_a_body_leaves_nothing_to_the_next_one() -> None:
    for body in ({"message_body": "hello", "client_id": "1"}, {"message_body": "hello"}):
        assert read(SendNestedSerializer, body, context={}) == body


def test_send_is_refused_to_who_sees_but_takes_no_part(as_bob: Any, channel: Any) -> None:
    assert as_bob.post(address(channel), {"message_body": "hello"}).status_code == 403


@pytest.mark.parametrize("size", [3, 2000])
def test_send_takes_the_same_few_statements_whatever_the_size(client_of: Any, ada: Any, bob: Any, size: int) -> None:
    group = make_group(None, ada, bob, *(make_user() for _ in range(size - 2)))
    answered = say(bob, group)
    as_ada = client_of(ada)

    def count(body: dict[str, Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            response = as_ada.post(address(group), body)
        assert response.status_code == 201
        return len(statements(queries))

    is_postgres = connection.vendor == "postgresql"
    # PostgreSQL finds the conversation in the statement that sends.
    assert count({"message_body": "hello", "client_id": "1"}) == (1 if is_postgres else 7)
    answer = {"message_body": "hello", "client_id": "2", "reply_to": str(answered.pk)}
    assert count(answer) == (2 if is_postgres else 8)


def test_client_id_is_shown_to_its_sender_alone(as_ada: Any, as_bob: Any, group: Any) -> None:
    as_ada.post(address(group), {"message_body": "hello", "client_id": "1"})
    assert as_ada.get(address(group)).json()["results"][0]["client_id"] == "1"
    assert "client_id" not in as_bob.get(address(group)).json()["results"][0]


def test_reply_quotes_what_it_answers(as_ada: Any, bob: Any, group: Any) -> None:
    answered = actions.send_message(actor=bob, conversation=group, body="x" * 500)
    data = as_ada.post(address(group), {"message_body": "yes", "reply_to": str(answered.pk)}).json()
    assert data["reply_to"] == {
        "message_id": str(answered.pk),
        "seq": 1,
        "sender": card(bob),
        "excerpt": "x" * 140,
    }
    assert as_ada.get(address(group)).json()["results"][0]["reply_to"] == data["reply_to"]


def test_reply_to_unknown_foreign_and_malformed_is_the_same_refusal(
    as_ada: Any, ada: Any, bob: Any, group: Any
) -> None:
    foreign = say(bob, make_direct(ada, bob))
    answers = {
        as_ada.post(address(group), {"message_body": "yes", "reply_to": str(key)}).content
        for key in (uuid4(), foreign.pk, "nonsense")
    }
    assert len(answers) == 1
    assert b"invalid_reference" in answers.pop()


def test_reply_shows_nothing_of_what_the_viewer_may_not_see(
    client_of: Any, ada: Any, bob: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    hidden = actions.send_message(actor=bob, conversation=group, body="before")
    newcomer = make_user("newcomer")
    actions.add_participant(actor=None, conversation=group, user=newcomer)
    reply = actions.send_message(actor=ada, conversation=group, body="yes", reply_to=hidden)
    client = client_of(newcomer)
    for row in (
        client.get(address(group)).json()["results"][0],
        client.get(address(group, f"{reply.pk}/")).json(),
        client.get(f"/api/messages/{reply.pk}/").json(),
        client.get("/api/messages/").json()["results"][0],
        client.get(f"/api/conversations/{group.pk}/").json()["last_message"],
    ):
        assert row["reply_to"] == {"message_id": None}
    assert client_of(ada).get(f"/api/messages/{reply.pk}/").json()["reply_to"]["seq"] == 1


def test_reply_keeps_a_tombstone_of_what_was_deleted(as_ada: Any, bob: Any, group: Any) -> None:
    answered = say(bob, group)
    body = {"message_body": "yes", "reply_to": str(answered.pk), "client_id": "1"}
    as_ada.post(address(group), body)
    actions.delete_message(actor=bob, message=answered)
    tombstone = {"message_id": str(answered.pk), "seq": 1, "sender": card(bob), "excerpt": ""}
    assert as_ada.get(address(group)).json()["results"][0]["reply_to"] == tombstone
    assert as_ada.post(address(group), body).json()["reply_to"] == tombstone


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", range(20, 0, -1)),
        ("limit=5", range(20, 15, -1)),
        ("before=6", range(5, 0, -1)),
        ("before=16&limit=3", range(15, 12, -1)),
        ("after=15", range(20, 15, -1)),
        ("after=10&limit=3", range(13, 10, -1)),
        ("after=10&before=13", range(12, 10, -1)),
        ("after=20", ()),
        ("after=99999", ()),
        ("before=0", ()),
        ("around=10&limit=4", range(12, 8, -1)),
        ("around=10&limit=5", range(12, 7, -1)),
        ("around=20&limit=4", range(20, 16, -1)),
        ("around=99999&limit=4", range(20, 16, -1)),
        ("around=1&limit=4", range(4, 0, -1)),
        ("around=0&limit=4", range(4, 0, -1)),
        ("anchor=first_unread&limit=4", range(14, 10, -1)),
    ],
)
def test_windows(as_ada: Any, ada: Any, bob: Any, group: Any, query: str, expected: Any) -> None:
    say(bob, group, 20)
    actions.mark_read(actor=ada, conversation=group, seq=11)
    nested = as_ada.get(address(group, f"?{query}"))
    flat = as_ada.get(f"/api/messages/by_conversation/?conversation_id={group.pk}&{query}")
    assert numbers(nested) == numbers(flat) == list(expected)


def test_window_says_where_it_stands(as_ada: Any, ada: Any, bob: Any, group: Any) -> None:
    say(bob, group, 3)
    actions.send_message(actor=None, conversation=group, body="not counted")
    say(bob, group, 2)
    actions.mark_read(actor=ada, conversation=group, seq=3)
    data = as_ada.get(address(group, "?anchor=first_unread")).json()
    assert (data["anchor_seq"], data["oldest_seq"], data["event_seq"]) == (5, 1, 7)
    assert as_ada.get(address(group, "?around=2")).json()["anchor_seq"] == 2
    assert as_ada.get(address(group)).json()["anchor_seq"] is None
    actions.mark_read(actor=ada, conversation=group)
    data = as_ada.get(address(group, "?anchor=first_unread&limit=2")).json()
    assert (data["anchor_seq"], [row["seq"] for row in data["results"]]) == (None, [6, 5])


def test_window_links_lead_through_everything_both_ways(as_ada: Any, bob: Any, group: Any) -> None:
    say(bob, group, 10)
    page = as_ada.get(address(group, "?around=5&limit=3")).json()
    assert [row["seq"] for row in page["results"]] == [6, 5, 4]
    older = as_ada.get(page["next"]).json()
    assert [row["seq"] for row in older["results"]] == [3, 2, 1]
    assert older["next"] is None
    newer = as_ada.get(page["previous"]).json()
    assert [row["seq"] for row in newer["results"]] == [9, 8, 7]
    newest = as_ada.get(newer["previous"]).json()
    assert ([row["seq"] for row in newest["results"]], newest["previous"]) == ([10], None)
    assert numbers(as_ada.get(newest["next"])) == [9, 8, 7]


def test_window_of_a_newcomer_begins_where_they_came(client_of: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    before = say(bob, group, 3)
    newcomer = make_user("newcomer")
    actions.add_participant(actor=None, conversation=group, user=newcomer)
    empty = client_of(newcomer).get(address(group, "?around=2")).json()
    assert (empty["results"], empty["oldest_seq"], empty["anchor_seq"]) == ([], 4, None)
    say(bob, group, 2)
    page = client_of(newcomer).get(address(group, "?limit=2")).json()
    assert ([row["seq"] for row in page["results"]], page["next"], page["oldest_seq"]) == ([5, 4], None, 4)
    assert numbers(client_of(newcomer).get("/api/messages/")) == [5, 4]
    for path in (address(group, f"{before.pk}/"), f"/api/messages/{before.pk}/"):
        assert client_of(newcomer).get(path).status_code == 404


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("before=x", "before_invalid"),
        ("before=-1", "before_invalid"),
        ("after=" + "9" * 30, "after_invalid"),
        ("after=9223372036854775808", "after_invalid"),
        ("around=1.5", "around_invalid"),
        ("anchor=last", "anchor_invalid"),
        ("limit=0", "limit_invalid"),
        ("limit=²", "limit_invalid"),
        ("around=1&before=2", "window_invalid"),
        ("around=1&anchor=first_unread", "window_invalid"),
    ],
)
def test_window_refuses_bad_values(as_ada: Any, group: Any, query: str, code: str) -> None:
    response = as_ada.get(address(group, f"?{query}"))
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_window_is_bounded(as_ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PAGE_SIZE, settings.CONVO_MAX_PAGE_SIZE = 2, 3
    say(bob, group, 5)
    assert len(numbers(as_ada.get(address(group)))) == 2
    assert len(numbers(as_ada.get(address(group, "?limit=999")))) == 3


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "conversation_id_required"),
        ("conversation_id=", "conversation_id_required"),
        ("conversation_id=nonsense", "conversation_id_invalid"),
    ],
)
def test_by_conversation_needs_an_id(as_ada: Any, query: str, code: str) -> None:
    response = as_ada.get(f"/api/messages/by_conversation/?{query}")
    assert (response.status_code, response.json()["code"]) == (400, code)


@pytest.mark.parametrize("number", [10, 1000])
def test_newest_fifty_take_two_queries(client_of: Any, ada: Any, bob: Any, group: Any, number: int) -> None:
    first = say(bob, group)
    model = get_message_model()
    model._default_manager.bulk_create(
        model(conversation=group, sender=bob, message_body="hello", seq=seq, count_seq=seq, reply_to=first)
        for seq in range(2, number + 1)
    )
    with CaptureQueriesContext(connection) as queries:
        rows = client_of(ada).get(address(group)).json()["results"]
    assert len(queries) == 2
    assert len(rows) == min(number, 50)
    assert rows[0]["reply_to"]["seq"] == 1


def test_list_shows_all_of_ones_own_newest_first(as_ada: Any, ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    direct = make_direct(ada, bob)
    sent = [say(bob, group), say(bob, direct), say(cyd, group)]
    say(bob, make_group(bob, cyd))
    response = as_ada.get("/api/messages/")
    assert [row["message_id"] for row in response.json()["results"]] == [str(item.pk) for item in reversed(sent)]


def test_list_pages_lead_through_every_message_once(as_ada: Any, ada: Any, bob: Any, group: Any) -> None:
    direct = make_direct(ada, bob)
    sent = [say(bob, conversation) for _ in range(3) for conversation in (group, direct)]
    # All at one moment, so that only the id decides.
    get_message_model()._default_manager.update(sent_at=sent[0].sent_at)
    found, page = [], as_ada.get("/api/messages/?limit=2").json()
    while True:
        found += [row["message_id"] for row in page["results"]]
        if page["next"] is None:
            break
        page = as_ada.get(page["next"]).json()
    assert found == [str(item.pk) for item in reversed(sent)]


def test_list_filters(as_ada: Any, ada: Any, bob: Any, group: Any) -> None:
    direct = make_direct(ada, bob)
    one, two = say(bob, group), say(ada, group)
    three, four = say(bob, direct), actions.send_message(actor=None, conversation=direct, body="booked")

    def found(**query: Any) -> list[str]:
        return [row["message_id"] for row in as_ada.get("/api/messages/", query).json()["results"]]

    def keys(*messages: Any) -> list[str]:
        return [str(message.pk) for message in messages]

    assert found(conversation_id=group.pk) == keys(two, one)
    assert found(conversation_id=group.pk, limit=1) == keys(two)
    assert found(conversation_id=uuid4()) == []
    assert found(sender=bob.pk) == keys(three, one)
    assert found(kind="system") == keys(four)
    assert found(sent_after=two.sent_at.isoformat()) == keys(four, three)
    assert found(sent_before=two.sent_at.isoformat().replace("+00:00", "Z")) == keys(one)
    assert found(sender=bob.pk, conversation_id=direct.pk, nonsense=1) == keys(three)


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("conversation_id=1", "conversation_id_invalid"),
        ("sender=nobody", "sender_invalid"),
        ("kind=robot", "kind_invalid"),
        ("sent_after=yesterday", "sent_after_invalid"),
        ("sent_after=2026-13-01T00:00:00Z", "sent_after_invalid"),
        ("sent_before=0001-01-01T00:00:00%2B14:00", "sent_before_invalid"),
        ("sender=%00", "invalid_input"),
    ],
)
def test_list_refuses_bad_values(as_ada: Any, query: str, code: str) -> None:
    response = as_ada.get(f"/api/messages/?{query}")
    assert (response.status_code, response.json()["code"]) == (400, code)


def test_cursor_of_another_list_or_person_is_refused(as_ada: Any, as_bob: Any, bob: Any, group: Any) -> None:
    say(bob, group, 3)
    link = as_ada.get("/api/messages/?limit=1").json()["next"]
    cursor = link.split("cursor=")[1].split("&")[0]
    assert as_ada.get(f"/api/messages/?limit=2&cursor={cursor}").status_code == 200
    for client, path in (
        (as_bob, f"/api/messages/?cursor={cursor}"),
        (as_ada, f"/api/messages/?kind=user&cursor={cursor}"),
        (as_ada, f"/api/conversations/?cursor={cursor}"),
        (as_ada, f"/api/messages/?cursor={cursor[:-1]}"),
        (as_ada, f"/api/messages/?cursor=A{cursor}"),
    ):
        response = client.get(path)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_cursor")


def test_message_of_another_conversation_is_not_found_there(as_ada: Any, ada: Any, bob: Any, group: Any) -> None:
    elsewhere = say(bob, make_direct(ada, bob))
    assert as_ada.get(address(group, f"{elsewhere.pk}/")).status_code == 404
    assert as_ada.get(f"/api/messages/{elsewhere.pk}/").status_code == 200


def test_a_message_is_not_put(as_ada: Any, ada: Any, group: Any) -> None:
    message = say(ada, group)
    for path in (address(group, f"{message.pk}/"), f"/api/messages/{message.pk}/"):
        response = as_ada.put(path, {})
        assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")


def test_sender_who_is_gone_is_null(as_ada: Any, cyd: Any, group: Any) -> None:
    message = say(cyd, group)
    get_message_model()._default_manager.filter(pk=message.pk).update(sender=None, client_id=None)
    assert as_ada.get(f"/api/messages/{message.pk}/").json()["sender"] is None


def test_times_in_queries_are_naive_in_a_project_without_time_zones(settings: Any) -> None:
    settings.USE_TZ = False
    settings.TIME_ZONE = "Asia/Tokyo"

    moment = QueryValues(QueryDict("sent_after=2030-01-01T00:00:00Z")).moment("sent_after")

    assert moment == datetime(2030, 1, 1, 9)
