"""Channels: those who may join see that there is one, never what is said in it, at no door."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.models import Attachment, Mention, PinnedMessage, Reaction, SavedMessage, get_message_model
from django_convo.urls import urlpatterns
from tests.people import json_key, make_group, make_user

# In every body, revision, file name and piece of metadata, and in the name of who speaks. Who made it is on the card.
SECRET = "lighthouse"
LISTED = "/api/conversations/?kind=channel&joined=false"

pytestmark = [pytest.mark.django_db, pytest.mark.exhaustive]


@pytest.fixture
def keeper() -> Any:
    return make_user("keeper", first_name=SECRET)


@pytest.fixture
def leaver() -> Any:
    return make_user("leaver")


@pytest.fixture
def channel(keeper: Any, leaver: Any) -> Any:
    """A channel with something of every kind in it, which one of its members has left."""
    owner = make_user("owner", first_name="Harbour", last_name="Master")
    channel = make_group(owner, keeper, leaver, kind="channel", title="Coast", topic="All about it")
    first = actions.send_message(actor=keeper, conversation=channel, body=f"{SECRET} 0", metadata={"a": SECRET})
    actions.edit_message(actor=keeper, message=first, body=f"{SECRET} 1")
    file = Attachment(uploader=keeper, name=f"{SECRET}.txt", content_type="text/plain", size=3)
    file.file.save("", ContentFile(SECRET.encode()), save=False)
    file.save()
    last = actions.send_message(
        actor=keeper,
        conversation=channel,
        body=f"{SECRET} 2",
        reply_to=first,
        thread_root=first,
        attachments=[file],
        mentions=[leaver],
    )
    for message in (first, last):
        child = {"conversation_id": channel.pk, "message_id": message.pk}
        Reaction.objects.create(**child, user=keeper, emoji="👍")
        PinnedMessage.objects.create(**child, pinned_by=keeper)
        SavedMessage.objects.create(**child, user=leaver)
    actions.schedule_message(
        actor=keeper, conversation=channel, body=f"{SECRET} 3", send_at=timezone.now() + timedelta(days=1)
    )
    actions.leave(actor=leaver, conversation=channel)
    assert Mention.objects.filter(user=leaver).exists()
    return channel


def client_of(user: Any) -> APIClient:
    client = APIClient()
    client.default_format = "json"
    client.force_authenticate(user)
    return client


def ids(channel: Any) -> dict[str, Any]:
    """Return what stands in the paths of the channel's rows."""
    message = get_message_model()._default_manager.get(conversation=channel.pk, seq=2)
    return {
        "conversation_id": channel.pk,
        "message_id": message.pk,
        "attachment_id": Attachment.objects.get(message=message.pk).pk,
        "scheduled_id": uuid.uuid4(),
        "user_id": message.sender_id,
        "emoji": "👍",
    }


def doors(channel: Any) -> Iterator[tuple[str, str, str]]:
    """Yield name, method and address of everything that is served, about the channel wherever it can be."""
    known = ids(channel)
    for pattern in urlpatterns:
        parts: Any = pattern.pattern
        view: Any = pattern.callback
        kwargs = {name: known.get(name, channel.pk) for name in parts.converters}
        for method in set(view.actions) - {"head"}:
            yield str(pattern.name), method, reverse(f"django_convo:{pattern.name}", kwargs=kwargs)


def queries(channel: Any) -> list[str]:
    """Return what one might ask of a list to be told more."""
    known = ids(channel)
    return [
        "",
        f"conversation_id={channel.pk}",
        f"conversation_id={channel.pk}&q={SECRET}",
        f"q={SECRET}",
        f"search={SECRET}",
        f"sender={known['user_id']}",
        f"participant={known['user_id']}",
        f"thread_root={known['message_id']}",
        "saved=true",
        "has_attachment=true",
        "mentions_me=true",
        "kind=channel&joined=false",
        "after=0",
        "anchor=first_unread",
    ]


def body(channel: Any) -> dict[str, Any]:
    """Return a body that points at the channel by every name that a body has."""
    known = ids(channel)
    return {
        "conversation": str(channel.pk),
        "message_body": "x",
        "reply_to": str(known["message_id"]),
        "thread_root": str(known["message_id"]),
        "attachments": [str(known["attachment_id"])],
        "heads": {str(channel.pk): 1},
        "participants": [],
        "kind": "group",
        "title": "mine",
        "user_id": str(known["user_id"]),
        "role": "owner",
        "seq": 1,
        "reason": "spam",
        "muted_until": None,
    }


@pytest.mark.parametrize("who", ["stranger", "leaver"])
def test_no_door_shows_what_is_said(channel: Any, leaver: Any, who: str) -> None:
    client = client_of(leaver if who == "leaver" else make_user("stranger"))
    told = {}
    for name, method, address in doors(channel):
        # Joining shows what follows; a stream is not served by WSGI, and holds what its user sees.
        if name in ("conversation-join", "stream"):
            continue
        for query in queries(channel) if method == "get" else [""]:
            with transaction.atomic():
                data = None if method == "get" else body(channel)
                response = getattr(client, method)(f"{address}?{query}", data)
                content = b"".join(response.streaming_content) if response.streaming else response.content
                transaction.set_rollback(True)
            assert response.status_code < 500, (name, method, query)
            if SECRET.encode() in content or "👍".encode() in content:
                told[name, method, query] = content
    assert told == {}


def test_the_card_is_shown_to_those_who_may_join(channel: Any) -> None:
    client = client_of(make_user("stranger"))
    (card,) = client.get(LISTED).json()["results"]
    assert card == client.get(f"/api/conversations/{channel.pk}/").json()
    assert (card["title"], card["topic"], card["participant_count"]) == ("Coast", "All about it", 2)
    assert (card["participants"], card["last_message"], card["membership"]) == ([], None, None)
    assert (card["unread_count"], card["mention_count"], card["capabilities"]) == (0, 0, ["conversation.join"])
    assert card["created_by"]["user_id"] == json_key(channel.created_by)


def test_without_the_capability_there_is_no_channel(channel: Any, settings: Any) -> None:
    settings.CONVO_ROLES = {role: ["-conversation.join"] for role in ("guest", "member")}
    client = client_of(make_user("stranger"))
    assert client.get(LISTED).json()["results"] == []
    assert client.get(f"/api/conversations/{channel.pk}/").status_code == 404
    assert client.post(f"/api/conversations/{channel.pk}/join/").status_code == 404


def test_closed_channels_are_not_listed(channel: Any) -> None:
    actions.close(actor=None, conversation=channel)
    client = client_of(make_user("stranger"))
    assert client.get(LISTED).json()["results"] == []
    assert client.get(f"/api/conversations/{channel.pk}/").status_code == 404


def test_joining_shows_what_was_said(channel: Any) -> None:
    client = client_of(make_user("newcomer"))
    joined = client.post(f"/api/conversations/{channel.pk}/join/")
    assert (joined.status_code, joined.json()["unread_count"]) == (200, 0)
    assert joined.json()["last_message"]["message_body"] == f"{SECRET} 2"
    assert client.get(LISTED).json()["results"] == []
    assert len(client.get(f"/api/conversations/{channel.pk}/messages/").json()["results"]) == 2
    assert client.post(f"/api/conversations/{channel.pk}/leave/").status_code == 200
    assert client.get(f"/api/conversations/{channel.pk}/messages/").status_code == 403


def test_without_history_joining_shows_what_follows(channel: Any, keeper: Any, settings: Any) -> None:
    """Not by a quote, a thread, a pin, a file, an event or the last message either."""
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    newcomer = make_user("newcomer")
    known, client = ids(channel), client_of(newcomer)
    actions.join(actor=newcomer, conversation=channel)
    actions.send_message(
        actor=keeper, conversation=channel, body="new", reply_to=known["message_id"], metadata={"a": 1}
    )
    told = {}
    for name, method, address in doors(channel):
        # The members themselves may be known to a member.
        if method == "get" and name not in ("participant-list", "user-list", "user-detail", "receipt-list"):
            for query in queries(channel):
                response = client.get(f"{address}?{query}")
                content = b"".join(response.streaming_content) if response.streaming else response.content
                if any(f"{SECRET}{end}".encode() in content for end in (" 0", " 1", " 2", " 3", ".txt")):
                    told[name, query] = content
    assert told == {}
    (message,) = client.get(f"/api/conversations/{channel.pk}/messages/").json()["results"]
    assert (message["message_body"], message["reply_to"]) == ("new", {"message_id": None})
    assert client.get(f"/api/messages/{known['message_id']}/").status_code == 404
