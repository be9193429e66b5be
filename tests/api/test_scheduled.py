from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from django_convo import actions
from django_convo.models import Attachment, Sanction, ScheduledMessage
from tests.people import bodies_of, json_key, make_group

PATH = "/api/scheduled/"


def moment(**span: Any) -> str:
    return (datetime.now(timezone.utc) + timedelta(**span)).replace(tzinfo=None).isoformat() + "Z"


def post(client: Any, conversation: Any, *, is_flat: bool = False, **fields: Any) -> Any:
    """Schedule by the nested or the flat address."""
    body = {"message_body": "Good morning", "send_at": moment(hours=1), **fields}
    if is_flat:
        return client.post("/api/messages/", {"conversation": str(conversation.pk), **body})
    return client.post(f"/api/conversations/{conversation.pk}/messages/", body)


def send_due(*, minutes: int = 1) -> None:
    ScheduledMessage.objects.filter(status="pending").update(due_at=now() - timedelta(minutes=minutes))
    actions.send_due()


@pytest.mark.parametrize("is_flat", [False, True])
def test_a_send_with_a_time_is_scheduled(
    as_cyd: Any, cyd: Any, ada: Any, group: Any, is_flat: bool, settings: Any
) -> None:
    first = actions.send_message(actor=ada, conversation=group, body="first")
    file = Attachment(uploader=cyd, name="one.txt", content_type="text/plain", size=3)
    file.file.save("", ContentFile(b"one"), save=False)
    file.save()
    fields = {
        "reply_to": str(first.pk),
        "thread_root": str(first.pk),
        "attachments": [str(file.pk)],
        "mentions": [str(ada.pk)],
        "metadata": {"b": 1, "a": 2},
        "client_id": "one",
        "send_at": moment(days=1),
    }
    response = post(as_cyd, group, is_flat=is_flat, **fields)
    data = response.json()
    assert response.status_code == 201
    assert data == {
        "scheduled_id": data["scheduled_id"],
        "conversation": str(group.pk),
        "message_body": "Good morning",
        **fields,
        "mentions": [json_key(ada)],
        "status": "pending",
        "code": None,
        "message_id": None,
        "created_at": data["created_at"],
    }
    assert list(data["metadata"]) == ["a", "b"]
    again = post(as_cyd, group, is_flat=not is_flat, **fields)
    assert (again.status_code, again.json()) == (200, data)
    other = post(as_cyd, group, **{**fields, "send_at": moment(days=2)})
    assert (other.status_code, other.json()["code"]) == (409, "client_id_reused")
    at_once = post(as_cyd, group, **{**fields, "message_body": "other"})
    assert at_once.status_code == 409
    assert as_cyd.get(f"{PATH}{data['scheduled_id']}/").json() == data
    assert bodies_of(group) == ["first"]


def test_a_send_without_a_time_is_sent(as_cyd: Any, group: Any) -> None:
    response = post(as_cyd, group, send_at=None)
    assert (response.status_code, response.json()["seq"]) == (201, 1)


@pytest.mark.parametrize(
    "send_at", [moment(hours=-1), moment(days=3650), "tomorrow", "", 5, "2026-02-30T00:00:00Z"], ids=range(6)
)
def test_a_time_that_cannot_be_is_a_field_error(as_cyd: Any, group: Any, send_at: Any) -> None:
    response = post(as_cyd, group, send_at=send_at)
    assert response.status_code == 400
    assert set(response.json()) == {"send_at"}
    assert not ScheduledMessage.objects.exists()


def test_only_so_many_wait(as_cyd: Any, group: Any, settings: Any) -> None:
    settings.CONVO_MAX_SCHEDULED = 1
    assert post(as_cyd, group).status_code == 201
    refused = post(as_cyd, group)
    assert (refused.status_code, refused.json()["code"]) == (400, "too_many_scheduled")


def test_limits_count_what_is_scheduled(as_cyd: Any, group: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"send": "2/hour"}
    fields = {"client_id": "one", "send_at": moment(hours=1)}
    assert [post(as_cyd, group, **fields).status_code for _ in range(4)] == [201, 200, 200, 200]
    assert post(as_cyd, group).status_code == 429
    assert post(as_cyd, group, **{**fields, "message_body": "other"}).status_code == 409


def test_retry_is_answered_before_anything_else_is_asked(as_cyd: Any, cyd: Any, ada: Any, group: Any) -> None:
    fields = {"client_id": "one", "send_at": moment(hours=1)}
    first = post(as_cyd, group, **fields).json()
    actions.close(actor=ada, conversation=group)
    Sanction.objects.create(user=cyd, kind="mute", conversation_id=group.pk)
    again = post(as_cyd, group, **fields)
    assert (again.status_code, again.json()) == (200, first)
    assert (post(as_cyd, group).status_code, post(as_cyd, group).json()["code"]) == (403, "conversation_closed")


def test_list_is_ones_own_the_latest_first(as_cyd: Any, as_ada: Any, group: Any) -> None:
    ids = [post(as_cyd, group, send_at=moment(hours=hour)).json()["scheduled_id"] for hour in (2, 3, 1)]
    post(as_ada, group)
    listed = as_cyd.get(PATH).json()
    assert [row["scheduled_id"] for row in listed["results"]] == [ids[1], ids[0], ids[2]]
    page = as_cyd.get(PATH, {"limit": 2}).json()
    rest = as_cyd.get(page["next"]).json()
    assert [row["scheduled_id"] for row in page["results"] + rest["results"]] == [ids[1], ids[0], ids[2]]
    assert (rest["next"], listed["next"]) == (None, None)


def test_list_by_status(as_cyd: Any, cyd: Any, ada: Any, group: Any, channel: Any) -> None:
    actions.join(actor=cyd, conversation=channel)
    sent, failed = post(as_cyd, group).json(), post(as_cyd, channel).json()
    actions.close(actor=ada, conversation=channel)
    send_due()
    pending = post(as_cyd, group).json()

    def listed(status: str) -> list[tuple[str, str | None]]:
        rows = as_cyd.get(PATH, {"status": status}).json()["results"]
        return [(row["scheduled_id"], row["code"]) for row in rows]

    assert listed("pending") == [(pending["scheduled_id"], None)]
    assert listed("sent") == [(sent["scheduled_id"], None)]
    assert listed("failed") == [(failed["scheduled_id"], "conversation_closed")]
    assert len(listed("")) == 3
    refused = as_cyd.get(PATH, {"status": "cancelled"})
    assert (refused.status_code, refused.json()["code"]) == (400, "status_invalid")


@pytest.mark.parametrize("size", [2, 20])
def test_list_is_one_query_at_any_size(as_cyd: Any, cyd: Any, group: Any, size: int) -> None:
    tomorrow = now() + timedelta(days=1)
    for number in range(size):
        actions.schedule_message(actor=cyd, conversation=group, body=str(number), send_at=tomorrow)
    with CaptureQueriesContext(connection) as queries:
        assert len(as_cyd.get(PATH).json()["results"]) == size
    assert len(queries) == 1


def test_change(as_cyd: Any, ada: Any, group: Any) -> None:
    row = post(as_cyd, group).json()
    path = f"{PATH}{row['scheduled_id']}/"
    changes = {
        "message_body": "Good evening",
        "send_at": moment(days=2),
        "mentions": [str(ada.pk)],
        "metadata": {"a": 1},
    }
    response = as_cyd.patch(path, changes)
    assert response.status_code == 200
    assert response.json() == {**row, **changes, "mentions": [json_key(ada)]}
    assert as_cyd.get(path).json() == response.json()
    assert as_cyd.patch(path, {}).json() == response.json()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"message_body": ""}, "message_body"),
        ({"message_body": "x" * 10_001}, "message_body"),
        ({"send_at": moment(hours=-1)}, "send_at"),
        ({"send_at": moment(days=3650)}, "send_at"),
        ({"send_at": None}, "send_at"),
        ({"metadata": []}, "metadata"),
        ({"mentions": ["nobody"]}, "code"),
    ],
    ids=["blank", "long", "past", "far", "never", "metadata", "mentions"],
)
def test_change_refuses_what_a_send_refuses(as_cyd: Any, group: Any, body: Any, field: str) -> None:
    row = post(as_cyd, group).json()
    path = f"{PATH}{row['scheduled_id']}/"
    response = as_cyd.patch(path, body)
    assert response.status_code == 400
    assert field in response.json()
    assert as_cyd.get(path).json() == row


def test_cancel(as_cyd: Any, group: Any) -> None:
    path = f"{PATH}{post(as_cyd, group).json()['scheduled_id']}/"
    assert as_cyd.delete(path).status_code == 204
    assert as_cyd.delete(path).status_code == 404
    send_due()
    assert bodies_of(group) == []


def test_sent_shows_the_message_and_is_not_changed(as_cyd: Any, group: Any) -> None:
    row = post(as_cyd, group, client_id="one").json()
    path = f"{PATH}{row['scheduled_id']}/"
    send_due()
    found = as_cyd.get(path).json()
    message = as_cyd.get(f"/api/messages/{found['message_id']}/").json()
    assert (found["status"], found["message_body"]) == ("sent", "")
    assert (message["message_body"], message["client_id"]) == ("Good morning", "one")
    for refused in (as_cyd.patch(path, {"message_body": "late"}), as_cyd.delete(path)):
        assert (refused.status_code, refused.json()["code"]) == (403, "already_sent")
    as_cyd.delete(f"/api/messages/{found['message_id']}/")
    assert "Good morning" not in as_cyd.get(PATH).content.decode()


def test_others_find_nothing(as_cyd: Any, as_ada: Any, as_admin: Any, group: Any) -> None:
    path = f"{PATH}{post(as_cyd, group).json()['scheduled_id']}/"
    for client in (as_ada, as_admin):
        for response in (client.get(path), client.patch(path, {"message_body": "mine"}), client.delete(path)):
            assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert client.get(PATH).json()["results"] == []


def test_who_is_banned_finds_nothing(as_cyd: Any, cyd: Any, group: Any) -> None:
    path = f"{PATH}{post(as_cyd, group).json()['scheduled_id']}/"
    Sanction.objects.create(user=cyd, kind="ban")
    assert as_cyd.get(PATH).json()["results"] == []
    assert as_cyd.get(path).status_code == 404


def test_who_has_left_still_finds_and_cancels_their_own(as_cyd: Any, cyd: Any, group: Any) -> None:
    path = f"{PATH}{post(as_cyd, group).json()['scheduled_id']}/"
    actions.leave(actor=cyd, conversation=group)
    assert as_cyd.get(path).json()["message_body"] == "Good morning"
    assert as_cyd.patch(path, {"message_body": "still here"}).status_code == 403
    assert as_cyd.delete(path).status_code == 204


def test_strangers_cannot_schedule(as_stranger: Any, group: Any, channel: Any) -> None:
    assert post(as_stranger, group).status_code == 404
    assert post(as_stranger, channel).status_code == 403
    assert post(as_stranger, make_group(group.created_by), is_flat=True).status_code == 404
    assert not ScheduledMessage.objects.exists()
