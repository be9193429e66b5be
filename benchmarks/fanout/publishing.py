"""What the process that publishes does, told by lines of JSON."""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
from typing import Any

from channels.layers import get_channel_layer
from django.contrib.auth import get_user_model

from django_convo import actions
from django_convo.models import get_conversation_model

from .crowd import make_crowd
from .frames import stamped_body, stamped_frame
from .servers.groups import GROUP


class Publisher:
    """Publishes in the way of each contestant."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._number = 0

    def crowd(self, words: dict[str, Any]) -> dict[str, Any]:
        """Make people, and the conversation in which they all take part."""
        return make_crowd(words["members"])

    def send(self, words: dict[str, Any]) -> None:
        """Send messages, as any process of a site does."""
        sender = get_user_model()._default_manager.get(pk=words["sender"])
        conversation = get_conversation_model()._default_manager.get(pk=words["conversation"])
        for _ in range(words["events"]):
            actions.send_message(actor=sender, conversation=conversation, body=stamped_body())

    def group(self, words: dict[str, Any]) -> None:
        """Send to a group of the channel layer."""
        self._loop.run_until_complete(self._send_to_group(words["events"]))

    async def _send_to_group(self, events: int) -> None:
        layer = get_channel_layer()
        assert layer is not None
        for _ in range(events):
            self._number += 1
            await layer.group_send(GROUP, {"type": "talk.message", "text": stamped_frame(self._number)})

    def post(self, words: dict[str, Any]) -> None:
        """Have the server publish, which knows no other process."""
        connection = http.client.HTTPConnection("127.0.0.1", words["port"])
        for _ in range(words["events"]):
            self._number += 1
            connection.request("POST", "/publish/", body=stamped_frame(self._number))
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                raise RuntimeError(text)
        connection.close()


def main() -> None:
    """Do what each line says."""
    publisher = Publisher()
    for line in sys.stdin:
        words = json.loads(line)
        print(json.dumps(getattr(publisher, words["do"])(words) or {}), flush=True)
