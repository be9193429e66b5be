"""Through PostgreSQL itself, by LISTEN and NOTIFY: many processes, and nothing but the database to operate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Sequence
from typing import Any, ClassVar, Final

from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.db import connections, router

from django_convo.models import get_conversation_model
from django_convo.realtime.backoff import Backoff
from django_convo.types import Hint

from .base import Broker, Buckets, Listener, Receiver, bucket_of, decode, encode, topic_of
from .outbox import Outbox

try:
    import psycopg
except ImportError as error:
    raise ImportError(
        "CONVO_REALTIME_BROKER = 'database' needs psycopg 3: pip install 'django-convo[postgres]'"
    ) from error

logger = logging.getLogger("django_convo.realtime")

# Channels that topics are spread over.
CHANNELS: Final = 128
# What tells a connection that has gone silently from one on which nothing happens.
_PROBE_SECONDS: Final = 30
_POOLER_PORT: Final = "6432"


class DatabaseBroker(Broker):
    """Notifies on a connection of its own, after the commit: within the transaction, NOTIFY takes a lock of all."""

    supports_processes: ClassVar[bool] = True

    def __init__(self) -> None:
        self._outbox = Outbox(self._send)
        # Of the outbox's thread, and anew in that of a forked process.
        self._here = threading.local()

    def publish(self, hint: Hint) -> None:
        self._outbox.put(hint)

    async def listen(self, receive: Receiver, lost: Callable[[], None]) -> Listener:
        return DatabaseListener(receive, lost)

    def check(self) -> Sequence[CheckMessage]:
        """E024: PostgreSQL. W014: a pooler that hands the connection on forgets who listens."""
        connection = connections[_alias()]
        if connection.vendor != "postgresql":
            return [
                Error(
                    f"CONVO_REALTIME_BROKER is 'database', and the database {connection.alias!r} is not PostgreSQL.",
                    hint="CONVO_REALTIME_BROKER = 'channels', or, with one process: CONVO_REALTIME_BROKER = 'memory'",
                    id="django_convo.E024",
                )
            ]
        if str(connection.settings_dict.get("PORT")) != _POOLER_PORT:
            return []
        return [
            Warning(
                f"The database {connection.alias!r} is reached through port {_POOLER_PORT}, that of PgBouncer: in its "
                "transaction mode, LISTEN is forgotten at once, and hints are found by the sweep alone.",
                hint="Point the database at PostgreSQL itself, set PgBouncer's pool_mode = session, or "
                "CONVO_REALTIME_BROKER = 'channels'",
                id="django_convo.W014",
            )
        ]

    def _send(self, hints: Sequence[Hint]) -> None:
        connection: Any = getattr(self._here, "connection", None)
        if connection is None:
            connection = self._here.connection = connections[_alias()].copy()
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_notify(channel, payload) FROM unnest(%s::text[], %s::text[]) AS hint(channel, payload)",
                    [[_channel(bucket_of(topic_of(hint), CHANNELS)) for hint in hints], [encode(h) for h in hints]],
                )
        except Exception:
            self._here.connection = None
            with contextlib.suppress(Exception):
                connection.close()
            raise


class DatabaseListener(Listener):
    """A hub's ear at PostgreSQL: a connection that does nothing but listen."""

    def __init__(self, receive: Receiver, lost: Callable[[], None]) -> None:
        self._receive = receive
        self._lost = lost
        self._buckets = Buckets(CHANNELS)
        self._loop = asyncio.get_running_loop()
        self._connection: Any = None
        # Remembered, since a connection that was cut no longer knows it.
        self._descriptor: int | None = None
        # One statement at a time on the connection; while one runs, nobody else reads from it.
        self._lock = asyncio.Lock()
        self._is_broken = asyncio.Event()
        self._task = self._loop.create_task(self._run())

    async def add(self, topics: Collection[str]) -> None:
        await self._execute([f"LISTEN {_channel(bucket)}" for bucket in self._buckets.add(topics)])

    async def drop(self, topics: Collection[str]) -> None:
        await self._execute([f"UNLISTEN {_channel(bucket)}" for bucket in self._buckets.drop(topics)])

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        async with self._lock:
            await self._disconnect()

    async def _run(self) -> None:
        backoff = Backoff()
        while True:
            try:
                await self._connect()
                self._lost()
                backoff.reset()
                await self._until_broken()
            except Exception:
                if backoff.is_fresh:
                    logger.exception("PostgreSQL cannot be listened to: what is new is found by the sweep.")
            async with self._lock:
                await self._disconnect()
            await asyncio.sleep(backoff.next())

    async def _connect(self) -> None:
        self._is_broken.clear()
        async with self._lock:
            self._connection = await self._loop.run_in_executor(None, _open)
            self._connection.add_notify_handler(self._hear)
            statements = [f"LISTEN {_channel(bucket)}" for bucket in self._buckets]
            await self._run_statements(statements)
            self._begin_to_read()

    async def _until_broken(self) -> None:
        while not self._is_broken.is_set():
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._is_broken.wait(), _PROBE_SECONDS)
            if not self._is_broken.is_set():
                await self._execute(["SELECT 1"])

    async def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        self._cease_to_read()
        with contextlib.suppress(Exception):
            await self._loop.run_in_executor(None, connection.close)

    async def _execute(self, statements: Sequence[str]) -> None:
        if not statements:
            return
        async with self._lock:
            if self._connection is None:
                return  # done when it is there again
            self._cease_to_read()
            try:
                await self._run_statements(statements)
                self._begin_to_read()
            except Exception:
                logger.warning("PostgreSQL cannot be listened to.", exc_info=True)
                self._is_broken.set()

    async def _run_statements(self, statements: Sequence[str]) -> None:
        if statements:
            await self._loop.run_in_executor(None, self._connection.execute, "; ".join(statements))

    def _begin_to_read(self) -> None:
        self._descriptor = self._connection.fileno()
        self._loop.add_reader(self._descriptor, self._read)

    def _cease_to_read(self) -> None:
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            self._loop.remove_reader(descriptor)

    def _read(self) -> None:
        """Take what has arrived; called by the loop while no statement runs."""
        try:
            self._connection.pgconn.consume_input()
            while (notify := self._connection.pgconn.notifies()) is not None:
                self._take(notify.extra.decode())
        except Exception:
            self._cease_to_read()
            self._is_broken.set()

    def _hear(self, notify: Any) -> None:
        """Take what has arrived while a statement ran; called in that statement's thread."""
        self._loop.call_soon_threadsafe(self._take, notify.payload)

    def _take(self, payload: str) -> None:
        hint = decode(payload)
        if hint is not None:
            self._receive(hint)


def _alias() -> str:
    return router.db_for_write(get_conversation_model())


def _channel(bucket: int) -> str:
    return f"convo_{bucket}"


def _open() -> Any:
    """Open a connection of psycopg's own, with what Django would connect with."""
    parameters = connections[_alias()].get_connection_params()
    for name in ("context", "cursor_factory", "server_cursor_factory"):
        parameters.pop(name, None)
    return psycopg.connect(**parameters, autocommit=True)
