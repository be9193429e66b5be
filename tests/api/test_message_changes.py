from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.models import Attachment, Mention, PinnedMessage, Reaction, get_message_model
from django_convo.selectors import extras
from django_convo.selectors.messages import readable
from tests.api.test_messages import address, say
from tests.people import json_key, make_group, make_user


@pytest.fixture
def message(ada: Any, group: Any) -> Any:
    return say(ada, group)


def paths(message: Any, tail: str = "") -> tuple[str, str]:
    """Return the canonical and the flat address."""
    return address(message.conversation, f"{message.pk}/{tail}"), f"/api/messages/{message.pk}/{tail}"


def test_edit_answers_the_message_as_it_is_now(as_ada: Any, bob: Any, message: Any, settings: Any) -> None:
    settings.CONVO_EDIT_WINDOW = timedelta(hours=1)
    for number, path in enumerate(paths(message)):
        response = as_ada.patch(path, {"message_body": f"edit {number}", "mentions": [str(bob.pk)]})
        data = response.json()
        assert response.status_code == 200
        assert (data["message_body"], data["seq"]) == (f"edit {number}", 1)
        assert [named["user_id"] for named in data["mentions"]] == [json_key(bob)]
        assert data["sent_at"] < data["edited_at"] < data["editable_until"]
        assert as_ada.get(path).json() == data


def test_edit_refuses_what_a_send_refuses(as_ada: Any, message: Any, settings: Any) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 10
    for body in ({"message_body": ""}, {"message_body": "x" * 11}, {"mentions": ["nobody"]}, {"metadata": []}):
        assert as_ada.patch(paths(message)[0], body).status_code == 400
    assert as_ada.get(paths(message)[0]).json()["edited_at"] is None


def test_edit_takes_nothing_but_what_may_be_changed(as_ada: Any, bob: Any, message: Any) -> None:
    before = as_ada.get(paths(message)[0]).json()
    forged = {"seq": 9, "sender": str(bob.pk), "sent_at": "2000-01-01T00:00:00Z", "kind": "system", "reply_count": 5}
    assert as_ada.patch(paths(message)[0], forged).json() == before


def test_deleted_is_a_tombstone_on_every_door(as_ada: Any, as_bob: Any, ada: Any, group: Any) -> None:
    secret = actions.send_message(actor=ada, conversation=group, body="secret", metadata={"a": "secret"})
    actions.edit_message(actor=ada, message=secret, body="secret 2")
    answer = actions.send_message(actor=ada, conversation=group, body="answer", reply_to=secret, thread_root=secret)
    assert as_ada.delete(paths(secret)[0]).status_code == 204
    assert as_ada.delete(paths(secret)[1]).status_code == 204

    for path in (
        *paths(secret),
        *paths(secret, "revisions/"),
        *paths(secret, "replies/"),
        *paths(answer),
        address(group),
        "/api/messages/",
        f"/api/conversations/{group.pk}/events/",
        "/api/conversations/",
    ):
        response = as_bob.get(path)
        assert response.status_code == 200
        assert b"secret" not in response.content, path
    shown = as_bob.get(paths(secret)[0]).json()
    assert (shown["message_body"], shown["metadata"], shown["seq"]) == ("", {}, 1)
    assert shown["deleted_at"] is not None
    assert as_bob.get(paths(secret, "revisions/")[0]).json()["results"] == []


def test_restore_answers_the_message(as_ada: Any, as_bob: Any, message: Any, settings: Any) -> None:
    before = as_ada.get(paths(message)[0]).json()
    for path in paths(message, "restore/"):
        as_ada.delete(paths(message)[0])
        assert as_ada.post(path).json() == before
    as_ada.delete(paths(message)[0])
    settings.CONVO_UNDO_WINDOW = timedelta(microseconds=1)
    refused = as_ada.post(paths(message, "restore/")[0])
    assert (refused.status_code, refused.json()["code"]) == (403, "undo_window_over")


def test_revisions_come_latest_first_in_pages(as_bob: Any, ada: Any, message: Any) -> None:
    for number in range(3):
        actions.edit_message(actor=ada, message=message, body=f"edit {number}")
    first = as_bob.get(paths(message, "revisions/")[0] + "?limit=2").json()
    second = as_bob.get(first["next"]).json()
    assert [row["message_body"] for row in first["results"]] == ["edit 1", "edit 0"]
    assert [(row["number"], row["message_body"]) for row in second["results"]] == [(1, message.message_body)]
    assert second["next"] is None
    assert first["results"][0]["replaced_by"]["user_id"] == json_key(ada)


def test_replies_come_latest_first_in_pages(as_bob: Any, ada: Any, group: Any, message: Any) -> None:
    say(ada, group)
    sent = [
        actions.send_message(actor=ada, conversation=group, body=str(number), thread_root=message)
        for number in range(3)
    ]
    first = as_bob.get(paths(message, "replies/")[1] + "?limit=2").json()
    second = as_bob.get(first["next"]).json()
    found = [row["message_id"] for row in first["results"] + second["results"]]
    assert found == [str(item.pk) for item in reversed(sent)]
    assert as_bob.get(paths(message)[0]).json()["reply_count"] == 3
    assert {row["thread_root"] for row in first["results"]} == {str(message.pk)}


def test_thread_in_a_thread_is_refused_by_field(as_ada: Any, ada: Any, group: Any, message: Any) -> None:
    inner = actions.send_message(actor=ada, conversation=group, body="inner", thread_root=message)
    response = as_ada.post(address(group), {"message_body": "x", "thread_root": str(inner.pk)})
    assert (response.status_code, set(response.json())) == (400, {"thread_root"})


def test_everyone_is_mentioned_without_an_id(as_ada: Any, as_bob: Any, group: Any) -> None:
    data = as_ada.post(address(group), {"message_body": "all", "mentions": ["everyone"]}).json()
    assert data["mentions"] == [{"user_id": None, "name": "everyone", "avatar": None}]
    assert as_bob.get(f"/api/conversations/{group.pk}/").json()["mention_count"] == 1
    assert as_bob.get("/api/unread/").json()["mentions"] == 1


def fill(group: Any, ada: Any, bob: Any, other: Any, number: int) -> Any:
    """Give each of so many answers all that a message can show, and a name of somebody who is not of the page.

    Returns the first message, which begins the thread of all others.
    """
    model = get_message_model()
    first = say(ada, group)
    rows = model._default_manager.bulk_create(
        model(
            conversation=group,
            sender=(ada, bob)[seq % 2],
            message_body="x",
            seq=seq,
            count_seq=seq,
            reply_to=first,
            thread_root=first,
        )
        for seq in range(2, number + 1)
    )
    common = {"conversation_id": group.pk}
    type(group)._default_manager.filter(pk=group.pk).update(
        last_seq=number, count_seq=number, last_message_id=rows[-1].pk
    )
    for table, made in (
        (Reaction, [{"user": user, "emoji": emoji} for user in (ada, bob) for emoji in "👍🎉"]),
        (Mention, [{"user": None}, {"user": bob}, {"user": other}]),
        (PinnedMessage, [{"pinned_by": ada}]),
        (
            Attachment,
            [{"name": f"{place}.txt", "content_type": "text/plain", "size": 1, "position": place} for place in (0, 1)],
        ),
    ):
        table._default_manager.bulk_create(
            table(message_id=row.pk, **common, **values) for row in rows for values in made
        )
    return first


@pytest.mark.parametrize("number", [10, 300])
def test_lists_with_everything_on_take_four_queries(client_of: Any, ada: Any, bob: Any, number: int) -> None:
    group, other = make_group(ada, bob), make_user("other")
    actions.add_participant(actor=ada, conversation=group, user=other)
    first = fill(group, ada, bob, other, number)
    windows = (address(group), address(group, "?anchor=first_unread"))
    for path in (*windows, *paths(first, "replies/"), "/api/messages/", "/api/conversations/"):
        with CaptureQueriesContext(connection) as queries:
            rows = client_of(ada).get(path).json()["results"]
        assert len(queries) <= 4, path
        message = rows[0].get("last_message", rows[0])
        assert [(item["emoji"], item["count"], item["me"]) for item in message["reactions"]] == [
            ("👍", 2, True),
            ("🎉", 2, True),
        ]
        assert [item["name"] for item in message["attachments"]] == ["0.txt", "1.txt"]
        assert [item["user_id"] for item in message["mentions"]] == [None, json_key(bob), json_key(other)]
        assert message["pinned"] is True
        assert message["reply_to"]["seq"] == 1


def test_edits_and_restores_count_as_sends(as_ada: Any, message: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"send": "1/hour"}
    assert as_ada.patch(paths(message)[0], {"message_body": "once"}).status_code == 200
    for response in (
        as_ada.patch(paths(message)[1], {"message_body": "twice"}),
        as_ada.post(paths(message, "restore/")[0]),
    ):
        assert (response.status_code, response.json()["code"]) == (429, "throttled")
        assert response.has_header("Retry-After")
    assert as_ada.get(paths(message)[0]).json()["message_body"] == "once"


def test_reactions_and_pins_have_a_limit(as_ada: Any, message: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"react": "1/hour"}
    assert as_ada.put(paths(message, "reactions/👍/")[0]).status_code == 200
    for response in (as_ada.put(paths(message, "pin/")[0]), as_ada.delete(paths(message, "reactions/👍/")[1])):
        assert (response.status_code, response.json()["code"]) == (429, "throttled")


def test_who_is_gone_between_two_queries_breaks_no_page(
    ada: Any, bob: Any, cyd: Any, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions.send_message(actor=cyd, conversation=group, body="hello", mentions=[bob, ada])
    (message,) = readable(ada).filter(conversation=group.pk)
    nobody = SimpleNamespace(_meta=type(ada)._meta, _base_manager=SimpleNamespace(in_bulk=lambda keys: {}))
    monkeypatch.setattr(extras, "get_user_model", lambda: nobody)
    extras.decorate_messages(ada, [message])

    assert extras.extras_of(message).mentions == [ada]
