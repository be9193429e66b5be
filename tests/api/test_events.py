from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from django_convo import actions
from django_convo.api.users import card
from django_convo.models import Event, get_conversation_model
from django_convo.types import EventType
from tests.people import json_key, make_direct, make_group, make_user, row_of

VIEWERS_OWN = {"last_message", "membership", "capabilities", "unread_count", "mention_count"}


def frames(client: Any, conversation: Any, after: int = 0, **query: Any) -> list[dict[str, Any]]:
    answer = client.get(f"/api/conversations/{conversation.pk}/events/", {"after": after, **query})
    assert answer.status_code == 200, answer.json()
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_log_has_its_envelope(as_ada: Any, ada: Any, bob: Any, settings: Any) -> None:
    settings.CONVO_EPOCH = "7"
    conversation = make_group(ada, bob)

    data = as_ada.get(f"/api/conversations/{conversation.pk}/events/").json()

    assert list(data) == ["results", "head", "limited", "epoch"]
    assert (data["head"], data["limited"], data["epoch"]) == (1, False, "7")


def test_message_frame_states_the_message(as_bob: Any, ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    question = actions.send_message(actor=bob, conversation=conversation, body="?", client_id="b1")
    answer = actions.send_message(actor=ada, conversation=conversation, body="!", client_id="a1", reply_to=question)

    own, others = frames(as_bob, conversation, after=1)

    assert list(others) == ["type", "conversation_id", "event_seq", "seq", "count_seq", "actor", "at", "data"]
    assert others["type"] == "message.created"
    assert others["conversation_id"] == str(conversation.pk)
    assert (others["event_seq"], others["seq"], others["count_seq"]) == (3, 2, 2)
    assert others["actor"] == {**(card(ada) or {}), "user_id": json_key(ada)}
    assert others["at"].endswith("Z")
    message = others["data"]["message"]
    assert message["message_body"] == "!"
    assert message["message_id"] == str(answer.pk)
    assert message["reply_to"] == {"message_id": str(question.pk), "seq": 1}
    assert "client_id" not in message
    assert "client_id" not in own["data"]["message"]
    assert own["client_id"] == "b1"
    assert own["data"]["message"]["reply_to"] is None


def test_message_frame_is_the_rest_shape(as_bob: Any, ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    message = actions.send_message(actor=ada, conversation=conversation, body="hello", metadata={"a": 1})

    [frame] = frames(as_bob, conversation, after=1)

    assert frame["data"]["message"] == as_bob.get(f"/api/messages/{message.pk}/").json()


def test_conversation_frames_state_the_conversation_for_any_viewer(as_bob: Any, ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob, title="old")
    actions.update_conversation(actor=ada, conversation=conversation, title="new")
    actions.close(actor=ada, conversation=conversation)
    actions.reopen(actor=ada, conversation=conversation)

    found = frames(as_bob, conversation)

    assert [frame["type"] for frame in found] == [
        "conversation.created",
        "conversation.updated",
        "conversation.closed",
        "conversation.reopened",
    ]
    rest = as_bob.get(f"/api/conversations/{conversation.pk}/").json()
    for frame in found:
        shown = frame["data"]["conversation"]
        assert shown["title"] == "new"
        assert shown["participant_count"] == 2
        assert not VIEWERS_OWN & set(shown)
        assert shown.items() <= rest.items()


def test_participant_frames_state_who_and_how_many(as_ada: Any, ada: Any, bob: Any, cyd: Any) -> None:
    conversation = make_group(ada, bob)
    actions.add_participant(actor=ada, conversation=conversation, user=cyd)
    actions.change_role(actor=ada, conversation=conversation, user=bob, role="moderator")
    actions.remove_participant(actor=ada, conversation=conversation, user=cyd)

    added, updated, removed = frames(as_ada, conversation, after=1)

    who = {**(card(cyd) or {}), "user_id": json_key(cyd)}
    assert added["data"] == {"user_id": json_key(cyd), "user": who, "role": "member", "participant_count": 2}
    assert (updated["data"]["user"]["user_id"], updated["data"]["role"]) == (json_key(bob), "moderator")
    assert removed["data"] == {"user_id": json_key(cyd), "user": who, "role": None, "participant_count": 2}


def test_users_who_are_gone_are_null(as_ada: Any, ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    actions.send_message(actor=bob, conversation=conversation, body="stays")
    key = json_key(bob)
    bob.delete()

    said, left = frames(as_ada, conversation, after=1)

    assert said["actor"] is None
    assert said["data"]["message"]["sender"] is None
    assert said["data"]["message"]["message_body"] == "stays"
    assert left["type"] == "participant.removed"
    assert (left["data"]["user_id"], left["data"]["user"]) == (key, None)


def test_a_system_message_has_no_actor(as_ada: Any, ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    actions.send_message(actor=None, conversation=conversation, body="Booking confirmed")

    [frame] = frames(as_ada, conversation, after=1)

    assert frame["actor"] is None
    assert frame["data"]["message"]["kind"] == "system"


def test_what_one_may_not_see_is_hidden(as_cyd: Any, ada: Any, bob: Any, cyd: Any, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    conversation = make_group(ada, bob)
    actions.send_message(actor=ada, conversation=conversation, body="secret")
    actions.add_participant(actor=ada, conversation=conversation, user=cyd)
    actions.send_message(actor=ada, conversation=conversation, body="welcome")
    # A log that reaches back further than what its reader may read.
    member = row_of(conversation, cyd)
    type(member).objects.filter(pk=member.pk).update(joined_event_seq=1)

    _created, hidden, _added, shown = frames(as_cyd, conversation)

    assert hidden == {"type": "hidden", "conversation_id": str(conversation.pk), "event_seq": 2}
    assert shown["data"]["message"]["message_body"] == "welcome"


def test_log_is_for_members(
    as_stranger: Any, as_admin: Any, as_bob: Any, client_of: Any, ada: Any, cyd: Any, channel: Any
) -> None:
    group = make_group(ada, cyd)

    def status(client: Any, key: Any) -> int:
        return int(client.get(f"/api/conversations/{key}/events/").status_code)

    assert status(as_stranger, group.pk) == 404
    assert status(as_stranger, uuid4()) == 404
    assert status(as_stranger, "no-id") == 404
    assert status(as_bob, channel.pk) == 403
    assert status(as_admin, group.pk) == 403
    assert status(client_of(None), group.pk) in (401, 403)
    actions.remove_participant(actor=ada, conversation=group, user=cyd)
    assert status(client_of(cyd), group.pk) == 404


def test_log_of_a_newcomer_is_limited_to_their_time(as_cyd: Any, ada: Any, bob: Any, cyd: Any) -> None:
    conversation = make_group(ada, bob)
    actions.add_participant(actor=ada, conversation=conversation, user=cyd)
    url = f"/api/conversations/{conversation.pk}/events/"

    early = as_cyd.get(url, {"after": 0}).json()
    assert early["limited"] is True
    assert [frame["event_seq"] for frame in early["results"]] == [2]
    assert as_cyd.get(url, {"after": 1}).json()["limited"] is False
    assert as_cyd.get(url, {"after": 2}).json() == {"results": [], "head": 2, "limited": False, "epoch": "1"}
    assert as_cyd.get(url, {"after": 3}).json()["limited"] is True


def test_log_pages_by_limit(as_ada: Any, ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    for number in range(5):
        actions.send_message(actor=ada, conversation=conversation, body=str(number))
    seen: list[int] = []
    while found := frames(as_ada, conversation, after=seen[-1] if seen else 0, limit=4):
        assert len(found) <= 4
        seen += [frame["event_seq"] for frame in found]

    assert seen == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "query", [{"after": "x"}, {"after": "-1"}, {"after": "9" * 30}, {"limit": "0"}, {"after": "1.5"}]
)
def test_log_refuses_what_is_no_number(as_ada: Any, ada: Any, bob: Any, query: dict[str, str]) -> None:
    conversation = make_group(ada, bob)

    answer = as_ada.get(f"/api/conversations/{conversation.pk}/events/", query)

    assert answer.status_code == 400
    assert answer.json()["code"] == f"{next(iter(query))}_invalid"


@pytest.mark.parametrize("size", [2, 20])
def test_frames_cost_four_queries_at_any_size(
    as_ada: Any, ada: Any, bob: Any, size: int, django_assert_num_queries: Any
) -> None:
    conversation = make_group(ada, bob)
    for number in range(size):
        question = actions.send_message(actor=bob, conversation=conversation, body="?")
        actions.send_message(actor=ada, conversation=conversation, body="!", reply_to=question)
        actions.add_participant(actor=ada, conversation=conversation, user=make_user(f"user{number}"))

    with django_assert_num_queries(4):
        found = frames(as_ada, conversation, limit=200)
    assert len(found) == 1 + 3 * size


def test_every_type_of_event_is_rendered(as_ada: Any, ada: Any, bob: Any) -> None:
    """A type that is added to the list needs a frame: a log that holds it must not break its readers."""
    conversation = make_group(ada, bob)
    message = actions.send_message(actor=ada, conversation=conversation, body="!")
    payload = {"message_id": str(message.pk), "user": json_key(bob), "role": "member", "emoji": "👍"}
    for event_seq, event_type in enumerate(EventType.values, start=3):
        Event.objects.create(
            conversation_id=conversation.pk, event_seq=event_seq, type=event_type, seq=1, payload=payload
        )
    get_conversation_model()._default_manager.filter(pk=conversation.pk).update(event_seq=2 + len(EventType.values))

    found = frames(as_ada, conversation, after=2)

    nouns = {"message": "message", "reaction": "reactions", "participant": "user", "conversation": "conversation"}
    assert [frame["type"] for frame in found] == EventType.values
    assert all(nouns[frame["type"].partition(".")[0]] in frame["data"] for frame in found)


def test_directs_have_a_log_too(as_bob: Any, ada: Any, bob: Any) -> None:
    direct = make_direct(ada, bob)

    assert [frame["type"] for frame in frames(as_bob, direct)] == ["conversation.created"]
