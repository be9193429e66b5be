"""What those who are connected get of what happens."""

from __future__ import annotations

from typing import Any

from django_convo import actions
from django_convo.testing.sockets import SocketClient, call
from tests.realtime.conftest import run


def test_message_reaches_the_members(ada: Any, bob: Any, group: Any) -> None:
    async def test() -> None:
        async with SocketClient(bob) as socket:
            await call(actions.send_message, actor=ada, conversation=group, body="hello")
            frame = await socket.until("message.created", timeout=1)

        assert frame["data"]["message"]["message_body"] == "hello"
        assert frame["conversation_id"] == str(group.pk)

    run(test())
