"""Groups of a channel layer, as the documentation of Channels has them, over sockets and over server-sent events."""

from __future__ import annotations

from typing import Any

from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path, re_path

GROUP = "talk"


class Member(AsyncWebsocketConsumer):
    """A socket that is in the group."""

    groups = [GROUP]

    async def connect(self) -> None:
        await self.accept()
        await self.send(text_data="ready")

    async def talk_message(self, event: dict[str, Any]) -> None:
        """Hand on what was sent to the group."""
        await self.send(text_data=event["text"])


class Reader(AsyncHttpConsumer):
    """A stream of server-sent events that is in the group."""

    async def http_request(self, message: dict[str, Any]) -> None:
        """Begin the stream; unlike the inherited answer, it does not end here."""
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.send_headers(headers=[(b"Content-Type", b"text/event-stream")])
        await self.send_body(b": ready\n\n", more_body=True)

    async def disconnect(self) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def talk_message(self, event: dict[str, Any]) -> None:
        """Hand on what was sent to the group."""
        await self.send_body(f"data: {event['text']}\n\n".encode(), more_body=True)


async def publish(scope: Any, receive: Any, send: Any) -> None:
    """Send the body of a request to the group; for a layer that reaches no other process."""
    message = await receive()
    layer = get_channel_layer()
    assert layer is not None
    await layer.group_send(GROUP, {"type": "talk.message", "text": message["body"].decode()})
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


_http: list[Any] = [path("publish/", publish), path("stream/", Reader.as_asgi())]
_sockets: list[Any] = [re_path(r"^$", Member.as_asgi())]
application = ProtocolTypeRouter({"http": URLRouter(_http), "websocket": URLRouter(_sockets)})
