"""A process of its own for the tests of brokers: `python -m tests.realtime.worker TASK OPTIONS`, the options as JSON.

It says "ready" once it is, begins upon a line on its standard input, and prints each result as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any
from uuid import UUID

import django
from django.conf import settings


def main(task: str, options: dict[str, Any]) -> None:
    settings.DATABASES["default"]["NAME"] = options.pop("database")
    settings.CONVO_REALTIME_BROKER = options.pop("broker")
    settings.CHANNEL_LAYERS = options.pop("layers")
    django.setup()
    TASKS[task](**options)


def say(value: Any) -> None:
    print(json.dumps(value), flush=True)


def begin() -> None:
    say("ready")
    assert sys.stdin.readline()


def linger() -> None:
    """Stay until nobody asks any more: a process that has only just begun takes longer to connect than to end."""
    assert not sys.stdin.readline()


def publish(conversation: str, numbers: list[int]) -> None:
    """Publish hints of these events."""
    from django_convo.realtime.brokers import get_broker
    from django_convo.types import Hint, HintKind

    begin()
    for number in numbers:
        get_broker().publish(Hint(kind=HintKind.EVENT, conversation_id=UUID(conversation), number=number))
    say("done")
    linger()


def publish_in_forks(conversation: str, numbers: list[int]) -> None:
    """Publish one hint before forking, one in each child, as gunicorn's workers do, and one after they have ended."""
    from django_convo.realtime.brokers import get_broker
    from django_convo.types import Hint, HintKind

    def tell(number: int) -> None:
        get_broker().publish(Hint(kind=HintKind.EVENT, conversation_id=UUID(conversation), number=number))

    begin()
    first, *middle, last = numbers
    tell(first)
    # Heard, so that there is a connection to inherit.
    begin()
    for number in middle:
        pid = os.fork()
        if pid == 0:
            tell(number)
            time.sleep(0.5)
            # As a worker ends that is told to.
            sys.exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    tell(last)
    say("done")
    linger()


def listen(topics: list[str], count: int) -> None:
    """Listen until so many hints are heard."""
    from django_convo.realtime.brokers import get_broker

    async def work() -> None:
        heard: asyncio.Queue[Any] = asyncio.Queue()
        listening = asyncio.Event()
        listener = await get_broker().listen(heard.put_nowait, listening.set)
        await listener.add(topics)
        await asyncio.wait_for(listening.wait(), 60)
        say("ready")
        for _ in range(count):
            hint = await asyncio.wait_for(heard.get(), 60)
            say([str(hint.kind), hint.number])
        await listener.close()

    asyncio.run(work())


def serve(user: str, count: int) -> None:
    """Keep a socket of a user open until so many messages have come."""
    from datetime import timedelta

    from django.contrib.auth import get_user_model

    from django_convo.testing.sockets import SocketClient, call, get_hub, stop_hub

    # No sweep is to bring what the broker does not.
    settings.CONVO_REALTIME_SWEEP = timedelta(minutes=1)

    async def work() -> None:
        async with SocketClient(await call(get_user_model()._default_manager.get, pk=user), timeout=60) as socket:
            moment = get_hub().cursor_time
            while get_hub().cursor_time == moment:
                get_hub().sweep.soon()
                await asyncio.sleep(0.05)
            # Groups are joined and channels listened to one after the other.
            await asyncio.sleep(0.5)
            say("ready")
            for _ in range(count):
                frame = await socket.until("message.created")
                say([frame["data"]["message"]["message_body"], time.time()])
        await stop_hub()

    asyncio.run(work())


TASKS = {function.__name__: function for function in (publish, publish_in_forks, listen, serve)}

if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
