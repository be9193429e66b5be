"""A client over a socket: it loads a conversation once, and then lives on the frames that the socket brings."""

from __future__ import annotations

import asyncio
from typing import Any

from django.contrib.auth import get_user_model

from django_convo.testing.sockets import SocketClient, call
from tests.replay import Client

# The host's part in it: what a role lets one do, which clients ask anew when a role or a state changes.
_ASKED_ANEW = "capabilities"


class Follower:
    """One member's client."""

    def __init__(self, socket: SocketClient, client: Client) -> None:
        self.socket = socket
        self.client = client
        self.has_left = False

    async def catch_up(self, *, seconds: float = 5) -> None:
        """Take frames until what is shown is what a fresh load would show; fails where it does not come to that."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while True:
            for frame in await self.socket.silence(0.02):
                self.apply(frame)
            fresh = await call(self._fresh)
            if self.shown() == shown(fresh) or loop.time() > until:
                assert self.shown() == shown(fresh)
                return

    def apply(self, frame: dict[str, Any]) -> None:
        """Take a frame as the contract says."""
        if frame.get("conversation_id") != str(self.client.key):
            return
        if frame["type"] == "conversation.left":
            self.has_left = True
        elif frame["type"] == "membership.updated":
            self.client.own.update(frame["data"])
            self.client.count_seq = max(self.client.count_seq, frame["count_seq"])
        elif "event_seq" in frame:
            if frame["event_seq"] > self.client.event_seq:
                assert frame["event_seq"] == self.client.event_seq + 1, "a number is missing"
            self.client.apply(frame)

    def shown(self) -> dict[str, Any]:
        """Return everything that the client shows, of its own state too."""
        return shown(self.client)

    def _fresh(self) -> Client:
        return Client(get_user_model()._default_manager.get(pk=self.client.viewer.pk), self.client.key)


def shown(client: Client) -> dict[str, Any]:
    membership = client.own["membership"]
    return {
        **client.state(),
        "membership": membership,
        # Two figures of the server's, never a sum of the client's.
        "unread_count": client.count_seq - membership["read_count_seq"],
        "mention_count": client.own["mention_count"],
    }
