from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.models import Attachment
from tests.people import bodies_of, make_group


@pytest.fixture
def said(group: Any, ada: Any) -> Any:
    return actions.send_message(actor=ada, conversation=group, body="The lamp is lit", metadata={"a": 1})


@pytest.fixture
def target(bob: Any, cyd: Any, stranger: Any) -> Any:
    return make_group(bob, cyd, stranger)


def paths(message: Any) -> tuple[str, str]:
    """Return the canonical and the flat address."""
    return (
        f"/api/conversations/{message.conversation.pk}/messages/{message.pk}/forward/",
        f"/api/messages/{message.pk}/forward/",
    )


def forward(client: Any, message: Any, target: Any, *, door: int = 0, **fields: Any) -> Any:
    return client.post(paths(message)[door], {"conversation": str(getattr(target, "pk", target)), **fields})


@pytest.mark.parametrize("door", [0, 1], ids=["canonical", "flat"])
def test_forward_answers_the_message_of_the_target(as_cyd: Any, said: Any, target: Any, door: int) -> None:
    response = forward(as_cyd, said, target, door=door, client_id="one")
    data = response.json()
    assert response.status_code == 201
    assert (data["conversation"], data["seq"], data["client_id"]) == (str(target.pk), 1, "one")
    assert (data["message_body"], data["metadata"]) == ("The lamp is lit", {"forwarded": True})
    assert (data["reply_to"], data["thread_root"], data["mentions"], data["reactions"]) == (None, None, [], [])
    assert data == as_cyd.get(f"/api/messages/{data['message_id']}/").json()
    again = forward(as_cyd, said, target, door=1 - door, client_id="one")
    assert (again.status_code, again.json()) == (200, data)


def test_files_come_along(as_cyd: Any, ada: Any, group: Any, target: Any) -> None:
    file = Attachment(uploader=ada, name="one.txt", content_type="text/plain", size=3)
    file.file.save("", ContentFile(b"one"), save=False)
    file.save()
    said = actions.send_message(actor=ada, conversation=group, attachments=[file])
    (shown,) = forward(as_cyd, said, target).json()["attachments"]
    assert (shown["name"], shown["size"], shown["attachment_id"] != str(file.pk)) == ("one.txt", 3, True)


def test_nothing_names_where_it_comes_from(as_cyd: Any, as_stranger: Any, group: Any, said: Any, target: Any) -> None:
    copy = forward(as_cyd, said, target).json()
    name = as_cyd.get(f"/api/messages/{said.pk}/").json()["sender"]["name"]
    events = as_stranger.get(f"/api/conversations/{target.pk}/events/").content
    read = as_stranger.get(f"/api/messages/{copy['message_id']}/").content
    for answer in (events, read):
        assert str(group.pk).encode() not in answer
        assert str(said.pk).encode() not in answer
        assert name.encode() not in answer


def test_the_message_has_to_be_seen(
    as_stranger: Any, as_cyd: Any, cyd: Any, group: Any, said: Any, target: Any
) -> None:
    unknown = f"/api/messages/{uuid.uuid4()}/forward/"
    with CaptureQueriesContext(connection) as of_unseen:
        unseen = forward(as_stranger, said, target, door=1)
    with CaptureQueriesContext(connection) as of_missing:
        missing = as_stranger.post(unknown, {"conversation": str(target.pk)})
    assert (unseen.status_code, unseen.json()) == (missing.status_code, missing.json())
    assert (unseen.status_code, len(of_unseen)) == (404, len(of_missing))
    actions.leave(actor=cyd, conversation=group)
    assert [forward(as_cyd, said, target, door=door).status_code for door in (0, 1)] == [404, 404]
    assert bodies_of(target) == []


def test_the_target_has_to_be_seen_and_to_take_it(
    as_ada: Any, as_cyd: Any, ada: Any, bob: Any, said: Any, target: Any, channel: Any
) -> None:
    for unseen in (target, uuid.uuid4()):
        response = forward(as_ada, said, unseen)
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert forward(as_cyd, said, channel).status_code == 403
    actions.close(actor=bob, conversation=target)
    response = forward(as_cyd, said, target)
    assert (response.status_code, response.json()["code"]) == (403, "conversation_closed")


def test_the_deleted_has_a_code(as_cyd: Any, ada: Any, said: Any, target: Any) -> None:
    actions.delete_message(actor=ada, message=said)
    response = forward(as_cyd, said, target)
    assert (response.status_code, response.json()["code"]) == (403, "message_deleted")


def test_limits_count_what_is_forwarded_and_repeat_it_beyond(
    as_cyd: Any, said: Any, target: Any, settings: Any
) -> None:
    settings.CONVO_THROTTLE_RATES = {"send": "1/hour"}
    answers = [forward(as_cyd, said, target, client_id="one").status_code for _ in range(3)]
    assert answers == [201, 200, 200]
    assert forward(as_cyd, said, target).status_code == 429
    assert as_cyd.post(f"/api/conversations/{target.pk}/messages/", {"message_body": "x"}).status_code == 429


def test_slow_mode_says_when(as_cyd: Any, said: Any, target: Any) -> None:
    type(target)._default_manager.filter(pk=target.pk).update(slow_mode_seconds=60)
    assert forward(as_cyd, said, target).status_code == 201
    refused = forward(as_cyd, said, target)
    assert (refused.status_code, refused.json()["code"]) == (429, "slow_mode")
    assert 0 < int(refused["Retry-After"]) <= 60


@pytest.mark.parametrize("body", [{}, {"conversation": None}, {"conversation": "nonsense"}], ids=range(3))
def test_a_target_is_required(as_cyd: Any, said: Any, body: dict[str, Any]) -> None:
    response = as_cyd.post(paths(said)[0], body)
    assert response.status_code == 400
    assert set(response.json()) == {"conversation"}
