"""Through a channel layer of Channels: Redis, Redis Cluster, Valkey, or whatever else has one.

Recommended is `channels_redis.pubsub.RedisPubSubChannelLayer`. Only hints go through the layer; frames never do, since
the groups of a layer lose messages to slow readers and cost many times as much for each connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar, Final

from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured

from django_convo.realtime.backoff import Backoff
from django_convo.types import Hint

from .base import Broker, Buckets, Listener, Receiver, bucket_of, decode, encode, topic_of
from .outbox import Outbox

try:
    from channels import DEFAULT_CHANNEL_LAYER
    from channels.layers import InMemoryChannelLayer, get_channel_layer
except ImportError as error:
    raise ImportError(
        "CONVO_REALTIME_BROKER = 'channels' needs Channels: pip install 'django-convo[realtime]'"
    ) from error

logger = logging.getLogger("django_convo.realtime")

# Groups that topics are spread over: precise enough for a process to hear little that is not its own, and few enough
# to be joined at once by somebody with 20,000 conversations.
GROUPS: Final = 1024
# Layers forget groups after a day (`group_expiry`).
_REJOIN_SECONDS: Final = 3_600
LAYER_LINE: Final = (
    'CHANNEL_LAYERS = {"default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", '
    '"CONFIG": {"hosts": ["redis://127.0.0.1:6379"]}}}'
)


class ChannelsBroker(Broker):
    """Sends hints to groups of the default channel layer."""

    supports_processes: ClassVar[bool] = True

    def __init__(self) -> None:
        self._outbox = Outbox(self._send)
        # Of the outbox's thread, and anew in that of a forked process.
        self._here = threading.local()

    def publish(self, hint: Hint) -> None:
        self._outbox.put(hint)

    async def listen(self, receive: Receiver, lost: Callable[[], None]) -> Listener:
        return ChannelsListener(_layer(), receive, lost)

    def check(self) -> Sequence[CheckMessage]:
        """E023: a layer that reaches other threads and processes."""
        layer = get_channel_layer()
        if layer is not None and not isinstance(layer, InMemoryChannelLayer):
            return []
        found = "there is no channel layer" if layer is None else "the in-memory layer reaches no other thread"
        return [
            Error(
                f"CONVO_REALTIME_BROKER is 'channels', and {found}.",
                hint=f"{LAYER_LINE} - or, with one process: CONVO_REALTIME_BROKER = 'memory'",
                id="django_convo.E023",
            )
        ]

    def _send(self, hints: Sequence[Hint]) -> None:
        """Send from the outbox's thread, whose loop lasts as long as it does: layers keep a connection for each."""
        loop: asyncio.AbstractEventLoop | None = getattr(self._here, "loop", None)
        if loop is None:
            loop = self._here.loop = asyncio.new_event_loop()
        loop.run_until_complete(self._send_all(hints))

    async def _send_all(self, hints: Sequence[Hint]) -> None:
        layer = _layer()
        for hint in hints:
            group = _group(bucket_of(topic_of(hint), GROUPS))
            await layer.group_send(group, {"type": "convo.hint", "hint": encode(hint)})


class ChannelsListener(Listener):
    """A hub's ear at a channel layer: one channel in as many groups as its topics have."""

    def __init__(self, layer: Any, receive: Receiver, lost: Callable[[], None]) -> None:
        self._layer = layer
        self._receive = receive
        self._lost = lost
        self._buckets = Buckets(GROUPS)
        self._channel: str | None = None
        # One change at a time: a group that is wanted again is not left by whoever began to leave it before.
        self._lock = asyncio.Lock()
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def add(self, topics: Collection[str]) -> None:
        async with self._lock:
            for bucket in self._buckets.add(topics):
                await self._change("group_add", bucket)

    async def drop(self, topics: Collection[str]) -> None:
        async with self._lock:
            for bucket in self._buckets.drop(topics):
                await self._change("group_discard", bucket)

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        for bucket in self._buckets:
            await self._change("group_discard", bucket)
        self._channel = None

    async def _change(self, verb: str, bucket: int) -> None:
        """Join or leave a group; while the layer cannot be reached, it is done when it can."""
        if self._channel is None:
            return
        try:
            await getattr(self._layer, verb)(_group(bucket), self._channel)
        except Exception:
            logger.warning("The channel layer cannot be reached.", exc_info=True)

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                async with self._lock:
                    channel = self._channel = await self._layer.new_channel()
                    for bucket in self._buckets:
                        await self._layer.group_add(_group(bucket), channel)
                backoff.reset()
                self._lost()
                await self._hear(channel)
            except Exception:
                if backoff.is_fresh:
                    logger.exception("The channel layer cannot be reached: what is new is found by the sweep.")
                self._channel = None
                await asyncio.sleep(backoff.next())

    async def _hear(self, channel: str) -> None:
        """Receive for as long as groups are sure to be remembered."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _REJOIN_SECONDS
        while loop.time() < until:
            message = await self._layer.receive(channel)
            hint = decode(message.get("hint", ""))
            if hint is not None:
                self._receive(hint)


def _group(bucket: int) -> str:
    return f"convo.{bucket}"


def _layer() -> Any:
    layer = get_channel_layer()
    if layer is None:
        raise ImproperlyConfigured(f"There is no channel layer {DEFAULT_CHANNEL_LAYER!r}. Write: {LAYER_LINE}")
    return layer
