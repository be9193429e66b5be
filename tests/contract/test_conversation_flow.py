"""What every host gets, whatever its user model, its settings and the models it has swapped.

Nothing here knows the project: `pytest --ds=tests.projects.<name>.settings tests/contract` runs it in each. With
commits, as requests have them: DRF rolls a request back that ends in an error, also where the test opened the
transaction.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from django_convo import actions
from django_convo.models import get_conversation_model, get_message_model
from tests.people import json_key, log_of, make_group, row_of, unread_of

from .conftest import As

PASSWORD = "correct-horse-battery-9"


@pytest.fixture
def acquaintances(ada: Any, bob: Any, cyd: Any) -> None:
    """The default policy shows those with whom one shares a conversation."""
    actions.create_conversation(actor=None, participants=[ada, bob, cyd], kind="group", title="where they met")


def address(name: str, conversation: Any = None, **parameters: Any) -> str:
    if conversation is not None:
        parameters["conversation_id"] = getattr(conversation, "pk", conversation)
    return reverse(f"django_convo:{name}", kwargs=parameters)


def created(response: Any) -> dict[str, Any]:
    assert response.status_code == 201, response.content
    data: dict[str, Any] = response.json()
    return data


def found(response: Any) -> dict[str, Any]:
    assert response.status_code == 200, response.content
    data: dict[str, Any] = response.json()
    return data


def refused(response: Any, status: int, code: str) -> None:
    assert (response.status_code, response.json().get("code")) == (status, code)
    assert response.json()["detail"]


def registration() -> dict[str, Any]:
    """Return what this project's user model needs of a newcomer."""
    model: Any = get_user_model()
    values = {"first_name": "Dora", "last_name": "Newcomer"}
    needed = {name: values.get(name, "dora@example.com") for name in (model.USERNAME_FIELD, *model.REQUIRED_FIELDS)}
    return {**needed, "password": PASSWORD}


@pytest.mark.django_db(transaction=True)
def test_register_makes_a_user_who_can_log_in(client_of: As, settings: Any) -> None:
    settings.CONVO_REGISTRATION = "open"
    data = created(client_of(None).post(address("user-list"), registration()))
    assert "password" not in data
    user = get_user_model()._default_manager.get(pk=data["user_id"])
    assert user.check_password(PASSWORD)
    assert found(client_of(user).get(address("user-me")))["user_id"] == json_key(user)


def test_register_twice_names_the_login(client_of: As, settings: Any, transactional_db: None) -> None:
    settings.CONVO_REGISTRATION = "open"
    created(client_of(None).post(address("user-list"), registration()))
    response = client_of(None).post(address("user-list"), registration())
    login = get_user_model().USERNAME_FIELD
    assert response.status_code == 400
    assert response.json()[login]


def test_users_see_those_whom_they_talk_with(client_of: As, acquaintances: None, ada: Any, bob: Any) -> None:
    listed = found(client_of(ada).get(address("user-list")))["results"]
    assert json_key(bob) in [row["user_id"] for row in listed]
    assert found(client_of(ada).get(address("user-detail", user_id=bob.pk)))["user_id"] == json_key(bob)


def test_direct_from_creation_to_read(client_of: As, acquaintances: None, ada: Any, bob: Any) -> None:
    direct = created(
        client_of(ada).post(address("conversation-list"), {"participants": [json_key(bob)], "message_body": "hello 🛏"})
    )
    conversation_id = direct["conversation_id"]
    assert (direct["kind"], direct["last_message"]["message_body"], direct["unread_count"]) == ("direct", "hello 🛏", 0)
    assert {row["user"]["user_id"] for row in direct["participants"]} == {json_key(ada), json_key(bob)}

    inbox = found(client_of(bob).get(address("conversation-list"), {"kind": "direct"}))["results"]
    assert [(row["conversation_id"], row["unread_count"]) for row in inbox] == [(conversation_id, 1)]
    assert found(client_of(bob).get(address("unread"))) == {"conversations": 1, "messages": 1, "mentions": 0}

    answer = {
        "conversation": conversation_id,
        "message_body": "good evening",
        "reply_to": direct["last_message"]["message_id"],
    }
    sent = created(client_of(bob).post(address("message-list"), answer))
    assert (sent["seq"], sent["sender"]["user_id"], sent["reply_to"]["seq"]) == (2, json_key(bob), 1)
    page = found(client_of(ada).get(address("message-by-conversation"), {"conversation_id": conversation_id}))
    assert [row["message_body"] for row in page["results"]] == ["good evening", "hello 🛏"]
    assert found(client_of(ada).get(address("message-list")))["results"] == page["results"]

    read = found(client_of(ada).post(address("conversation-read", conversation_id), {}))
    assert read["unread_count"] == 0
    unread = found(client_of(ada).post(address("conversation-unread", conversation_id), {"seq": 2}))
    assert unread["unread_count"] == unread_of(get_conversation_model()(pk=conversation_id), ada) == 1


def test_direct_again_is_the_first(client_of: As, acquaintances: None, ada: Any, bob: Any) -> None:
    first = created(client_of(ada).post(address("conversation-list"), {"participants": [json_key(bob)]}))
    again = found(client_of(bob).post(address("conversation-list"), {"participants": [json_key(ada)]}))
    assert first["conversation_id"] == again["conversation_id"]


def test_group_gains_and_loses_a_member(client_of: As, acquaintances: None, ada: Any, bob: Any, cyd: Any) -> None:
    group = created(
        client_of(ada).post(
            address("conversation-list"), {"participants": [json_key(bob)], "kind": "group", "title": "Trip"}
        )
    )
    where = group["conversation_id"]
    refused(client_of(cyd).get(address("conversation-detail", where)), 404, "not_found")
    added = found(client_of(ada).post(address("conversation-add-participant", where), {"user_id": json_key(cyd)}))
    assert added["participant_count"] == 3
    created(client_of(cyd).post(address("conversation-message-list", where), {"message_body": "thanks"}))
    refused(
        client_of(cyd).post(address("conversation-remove-participant", where), {"user_id": json_key(bob)}),
        403,
        "permission_denied",
    )
    role = client_of(ada).patch(address("participant-detail", where, user_id=bob.pk), {"role": "moderator"})
    assert found(role)["role"] == "moderator"
    removed = client_of(bob).post(address("conversation-remove-participant", where), {"user_id": json_key(cyd)})
    assert found(removed)["participant_count"] == 2
    refused(client_of(cyd).get(address("conversation-message-list", where)), 404, "not_found")
    listed = found(client_of(ada).get(address("participant-list", where)))["results"]
    assert [(row["user"]["user_id"], row["role"]) for row in listed] == [
        (json_key(ada), "owner"),
        (json_key(bob), "moderator"),
    ]


def test_events_tell_the_whole_story(client_of: As, ada: Any, bob: Any, cyd: Any) -> None:
    group = make_group(ada, bob)
    actions.send_message(actor=bob, conversation=group, body="hello")
    actions.add_participant(actor=ada, conversation=group, user=cyd)
    actions.update_conversation(actor=ada, conversation=group, title="Trip")
    page = found(client_of(ada).get(address("event-list", group), {"after": 0}))
    assert [(frame["event_seq"], frame["type"]) for frame in page["results"]] == [
        (1, "conversation.created"),
        (2, "message.created"),
        (3, "participant.added"),
        (4, "conversation.updated"),
    ]
    assert (page["head"], page["limited"]) == (4, False)
    assert page["results"][1]["data"]["message"]["message_body"] == "hello"


def test_sync_brings_what_was_missed(client_of: As, ada: Any, bob: Any) -> None:
    group = make_group(ada, bob)
    first = found(client_of(bob).post(address("sync"), {}))
    assert [row["conversation_id"] for row in first["conversations"]] == [str(group.pk)]
    actions.send_message(actor=ada, conversation=group, body="you there?")
    asked = {"cursor": first["cursor"], "heads": {str(group.pk): 1}}
    second = found(client_of(bob).post(address("sync"), asked))
    assert [frame["type"] for frame in second["events"][str(group.pk)]] == ["message.created"]
    assert second["conversations"][0]["unread_count"] == 1
    actions.remove_participant(actor=ada, conversation=group, user=bob)
    third = found(client_of(bob).post(address("sync"), {"cursor": second["cursor"]}))
    assert (third["conversations"], third["removed"]) == ([], [str(group.pk)])


def test_deleted_user_leaves_the_messages_and_the_ownership(client_of: As, ada: Any, bob: Any) -> None:
    group = make_group(ada, bob)
    actions.send_message(actor=ada, conversation=group, body="I was here")
    gone = json_key(ada)
    ada.delete()
    detail = found(client_of(bob).get(address("conversation-detail", group)))
    assert (detail["created_by"], detail["participant_count"], detail["membership"]["role"]) == (None, 1, "owner")
    (message,) = found(client_of(bob).get(address("conversation-message-list", group)))["results"]
    assert (message["sender"], message["message_body"]) == (None, "I was here")
    assert [(name, payload.get("user")) for name, _, _, payload in log_of(group, after=2)] == [
        ("participant.removed", gone),
        ("participant.updated", json_key(bob)),
    ]


def test_users_deleted_at_once_leave_the_conversation_closed(ada: Any, bob: Any, cyd: Any) -> None:
    group, other = make_group(ada, bob), make_group(ada, bob, cyd)
    keys = [ada.pk, bob.pk]
    get_user_model()._default_manager.filter(pk__in=keys).delete()
    group.refresh_from_db()
    other.refresh_from_db()
    assert (group.participant_count, group.is_closed) == (0, True)
    assert (other.participant_count, other.is_closed) == (1, False)
    assert row_of(other, cyd).role == "owner"
    assert [name for name, _, _, _ in log_of(group, after=1)].count("participant.removed") == 2
    assert not get_user_model()._default_manager.filter(pk__in=keys).exists()


def test_retry_answers_with_the_first_message(client_of: As, ada: Any, bob: Any) -> None:
    where = address("conversation-message-list", make_group(ada, bob))
    body = {"message_body": "once", "client_id": "a-1"}
    first = created(client_of(ada).post(where, body))
    assert found(client_of(ada).post(where, body)) == first
    refused(client_of(ada).post(where, {**body, "message_body": "twice"}), 409, "client_id_reused")


def test_refused_send_leaves_nothing(client_of: As, ada: Any, bob: Any) -> None:
    group = make_group(ada, bob)
    actions.close(actor=ada, conversation=group)
    before = log_of(group)
    refused(
        client_of(bob).post(address("message-list"), {"conversation": str(group.pk), "message_body": "late"}),
        403,
        "conversation_closed",
    )
    group.refresh_from_db()
    assert (group.last_seq, group.count_seq, log_of(group)) == (0, 0, before)
    assert not get_message_model()._default_manager.filter(conversation=group.pk).exists()


def test_host_speaks_in_its_own_transaction(client_of: As, ada: Any, bob: Any) -> None:
    direct, _ = actions.create_conversation(actor=None, participants=[ada, bob])
    actions.send_message(actor=None, conversation=direct, body="Welcome")
    (message,) = found(client_of(ada).get(address("conversation-message-list", direct)))["results"]
    assert (message["kind"], message["sender"], message["message_body"]) == ("system", None, "Welcome")
    assert unread_of(direct, ada) == 0


@pytest.mark.parametrize("name", ["conversation-list", "message-list", "user-list", "user-me", "unread", "config"])
def test_nobody_gets_in_without_logging_in(client_of: As, name: str, transactional_db: None) -> None:
    response = client_of(None).get(address(name))
    assert response.status_code in (401, 403)
    assert response.json()["code"] == "not_authenticated"
    assert response["Cache-Control"] == "private, no-store"
