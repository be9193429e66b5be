"""django-df-chat: rooms over REST."""

from __future__ import annotations

from typing import Any

from benchmarks.calls import Request

from .base import BODY, Site, talk


def _seed(reader: Any, others: list[Any]) -> dict[str, Any]:
    from df_chat.models import ChatMember, ChatMessage, ChatRoom

    rooms = {other.pk: ChatRoom.objects.create(title=str(other)) for other in others}
    for other in others:
        ChatMember.objects.bulk_create([ChatMember(user=user, chat_room=rooms[other.pk]) for user in (reader, other)])
    rows = [
        ChatMessage(chat_room=rooms[other.pk], created_by=sender, message=BODY, created=at)
        for other, _, sender, at in talk(reader, others)
    ]
    ChatMessage.objects.bulk_create(rows)
    messages = f"/peer/rooms/{rooms[others[0].pk].pk}/messages/"
    return {
        "inbox": Request(path="/peer/rooms/", user=str(reader.pk)),
        "newest": Request(path=messages, user=str(reader.pk), query="limit=50"),
        "send": lambda number: Request(
            path=messages, user=str(reader.pk), method="POST", body={"message": f"{BODY} {number}"}
        ),
    }


SITE = Site(
    apps=("rest_framework", "channels", "df_chat"),
    urls="df_chat.drf.urls",
    seed=_seed,
    settings={"CHANNEL_LAYERS": {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}},
    lacks={
        "inbox": "no unread counts, participants or senders",
        "newest": "no check of membership; the sender as a number, by OFFSET, counted",
        "send": "no check of membership; no numbers, counts, retries",
    },
)
