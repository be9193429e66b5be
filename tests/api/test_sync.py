from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core import signing
from django.utils import timezone

from django_convo import actions
from django_convo.api.sync import MOST_HEADS
from django_convo.models import Participant, get_conversation_model
from tests.people import make_group

KEYS = ["conversations", "events", "limited", "removed", "cursor", "more", "epoch"]


def sync(client: Any, **body: Any) -> dict[str, Any]:
    answer = client.post("/api/sync/", body)
    assert answer.status_code == 200, answer.json()
    data: dict[str, Any] = answer.json()
    assert list(data) == KEYS
    return data


def ids(data: dict[str, Any]) -> list[str]:
    return [row["conversation_id"] for row in data["conversations"]]


def long_ago(*conversations: Any) -> None:
    """Let what happened so far lie outside of the overlap."""
    moment = timezone.now() - timedelta(hours=1)
    for conversation in conversations:
        get_conversation_model()._default_manager.filter(pk=conversation.pk).update(changed_at=moment)
        Participant.objects.filter(conversation=conversation.pk).update(updated_at=moment)


def test_first_sync_is_everything_as_the_inbox_shows_it(as_ada: Any, ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    actions.send_message(actor=bob, conversation=conversation, body="hello")

    data = sync(as_ada)

    assert data["conversations"] == as_ada.get("/api/conversations/").json()["results"]
    assert (data["events"], data["limited"], data["removed"], data["more"]) == ({}, [], [], False)
    assert data["epoch"] == "1"


def test_first_sync_comes_in_pages(as_ada: Any, ada: Any, bob: Any, settings: Any) -> None:
    settings.CONVO_PAGE_SIZE = 2
    made = {str(make_group(ada, bob).pk) for _ in range(5)}

    first = sync(as_ada)
    assert len(first["conversations"]) == 2
    second = sync(as_ada, cursor=first["cursor"])
    third = sync(as_ada, cursor=second["cursor"])

    assert [page["more"] for page in (first, second, third)] == [True, True, False]
    assert {*ids(first), *ids(second), *ids(third)} == made
    assert len(ids(first) + ids(second) + ids(third)) == 5


def test_sync_goes_on_from_its_cursor(as_ada: Any, ada: Any, bob: Any) -> None:
    still, moved, pinned = (make_group(ada, bob) for _ in range(3))
    long_ago(still, moved, pinned)
    cursor = sync(as_ada)["cursor"]
    assert ids(sync(as_ada, cursor=cursor)) == []

    actions.send_message(actor=bob, conversation=moved, body="news")
    actions.update_membership(actor=ada, conversation=pinned, pinned=True)
    data = sync(as_ada, cursor=cursor)

    assert set(ids(data)) == {str(moved.pk), str(pinned.pk)}
    shown = {row["conversation_id"]: row for row in data["conversations"]}
    assert shown[str(moved.pk)]["unread_count"] == 1
    assert shown[str(pinned.pk)]["membership"]["pinned_at"] is not None
    # The server repeats rather than misses: the same cursor gives the same answer.
    assert ids(sync(as_ada, cursor=cursor)) == ids(data)


def test_sync_replays_from_heads(as_ada: Any, ada: Any, bob: Any) -> None:
    behind, level = make_group(ada, bob), make_group(ada, bob)
    for body in ("one", "two"):
        actions.send_message(actor=bob, conversation=behind, body=body)

    data = sync(as_ada, heads={str(behind.pk): 1, str(level.pk): 1})

    assert list(data["events"]) == [str(behind.pk)]
    frames = data["events"][str(behind.pk)]
    assert [frame["data"]["message"]["message_body"] for frame in frames] == ["one", "two"]
    assert frames == as_ada.get(f"/api/conversations/{behind.pk}/events/?after=1").json()["results"]


def test_sync_says_what_to_reload_and_what_is_gone(as_ada: Any, ada: Any, bob: Any, settings: Any) -> None:
    settings.CONVO_SYNC_MAX_EVENTS = 2
    far, left, deleted = make_group(ada, bob), make_group(bob, ada), make_group(bob, ada)
    cursor = sync(as_ada)["cursor"]
    for body in ("one", "two", "three"):
        actions.send_message(actor=bob, conversation=far, body=body)
    actions.leave(actor=ada, conversation=left)
    actions.delete_conversation(actor=bob, conversation=deleted)
    never = uuid4()

    data = sync(as_ada, cursor=cursor, heads={str(far.pk): 1, str(never): 3})

    assert data["limited"] == [str(far.pk)]
    assert set(data["removed"]) == {str(left.pk), str(deleted.pk), str(never)}
    assert data["events"] == {}


@pytest.mark.parametrize("change", [lambda text: text[:-1], lambda text: text[1:], lambda text: "x" + text, str.upper])
def test_sync_refuses_an_altered_cursor(as_ada: Any, change: Any) -> None:
    answer = as_ada.post("/api/sync/", {"cursor": change(sync(as_ada)["cursor"])})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_sync_refuses_another_users_cursor(as_ada: Any, as_bob: Any) -> None:
    answer = as_bob.post("/api/sync/", {"cursor": sync(as_ada)["cursor"]})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_sync_refuses_a_cursor_older_than_the_log(as_ada: Any, ada: Any, settings: Any) -> None:
    cursor = sync(as_ada)["cursor"]
    settings.CONVO_EVENT_RETENTION = timedelta(microseconds=1)

    answer = as_ada.post("/api/sync/", {"cursor": cursor})

    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_cursor")


def test_a_new_epoch_begins_anew(as_ada: Any, ada: Any, bob: Any, settings: Any) -> None:
    conversation = make_group(ada, bob)
    long_ago(conversation)
    cursor = sync(as_ada)["cursor"]
    settings.CONVO_EPOCH = "2"

    data = sync(as_ada, cursor=cursor)

    assert data["epoch"] == "2"
    assert ids(data) == [str(conversation.pk)]


def test_a_cursor_says_nothing_of_other_secrets(as_ada: Any, ada: Any) -> None:
    cursor = sync(as_ada)["cursor"]

    epoch, *_moments, key = signing.loads(cursor, salt=f"django_convo.sync:{ada.pk}")
    assert (epoch, key) == ("1", None)


@pytest.mark.parametrize(
    "body",
    [
        {"cursor": 5},
        {"cursor": ["x"]},
        {"cursor": "x" * 100_000},
        {"heads": []},
        {"heads": "x"},
        {"heads": {"x": 1}},
        {"heads": {str(UUID(int=1)): "x"}},
        {"heads": {str(UUID(int=1)): -1}},
        {"heads": {str(UUID(int=1)): 2**63}},
        {"heads": {str(UUID(int=1)): None}},
        {"heads": {str(UUID(int=1)): True}},
        {"heads": {str(UUID(int=number)): 1 for number in range(MOST_HEADS + 1)}},
        [],
        "text",
        5,
    ],
    ids=lambda body: json.dumps(body)[:40],
)
def test_sync_refuses_what_makes_no_sense(as_ada: Any, body: Any) -> None:
    answer = as_ada.post("/api/sync/", body)

    assert answer.status_code == 400
    assert answer.json()


def test_sync_takes_as_many_heads_as_it_says(as_ada: Any, ada: Any, bob: Any) -> None:
    known = make_group(ada, bob)
    heads = {str(UUID(int=number)): 1 for number in range(1, MOST_HEADS)}

    data = sync(as_ada, heads={**heads, str(known.pk): 0})

    assert set(data["removed"]) == set(heads)
    assert list(data["events"]) == [str(known.pk)]


def test_sync_replays_many_conversations_at_once(as_ada: Any, ada: Any, bob: Any) -> None:
    made = [make_group(ada, bob) for _ in range(30)]

    data = sync(as_ada, heads={str(conversation.pk): 0 for conversation in made})

    assert set(data["events"]) == {str(conversation.pk) for conversation in made}


def test_sync_is_for_those_who_are_logged_in(client_of: Any, db: None) -> None:
    assert client_of(None).post("/api/sync/", {}).status_code in (401, 403)


@pytest.mark.parametrize("size", [2, 15])
def test_sync_is_bounded_in_queries(
    as_ada: Any, ada: Any, bob: Any, size: int, django_assert_num_queries: Any
) -> None:
    made = [make_group(ada, bob) for _ in range(size)]
    cursor = sync(as_ada)["cursor"]
    for conversation in made:
        actions.send_message(actor=bob, conversation=conversation, body="news")

    # Page, heads, events, what is gone; participants and last messages of the page; messages of the frames,
    # whose senders are all who acted.
    with django_assert_num_queries(7):
        data = sync(as_ada, cursor=cursor, heads={str(conversation.pk): 1 for conversation in made})
    assert len(data["conversations"]) == len(data["events"]) == size
