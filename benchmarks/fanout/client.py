"""`python -m benchmarks.fanout.client`: a process of clients, told by lines of JSON what to do."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

import uvloop

from .sockets import Client, SocketClient, StreamClient, Tally, request_of

# Connections that are opened at the same time.
_AT_ONCE = 50
_OPEN_SECONDS = 30


class Clients:
    """All that this process has open."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.open: list[Client] = []

    async def connect(self, words: dict[str, Any]) -> dict[str, Any]:
        """Open connections, one for each cookie."""
        turns = asyncio.Semaphore(_AT_ONCE)
        await asyncio.gather(*(self._connect(turns, words, cookie) for cookie in words["cookies"]))
        return {"open": len(self.open)}

    async def _connect(self, turns: asyncio.Semaphore, words: dict[str, Any], cookie: str) -> None:
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = loop.create_future()
        kind = SocketClient if words["kind"] == "socket" else StreamClient
        request = request_of(words["kind"], words["port"], words["path"], cookie)
        async with turns:
            _, client = await loop.create_connection(
                lambda: kind(request, words["hello"], self.tally, lambda: opened.set_result(None)),
                "127.0.0.1",
                words["port"],
            )
            await asyncio.wait_for(opened, _OPEN_SECONDS)
        self.open.append(client)

    async def clear(self, words: dict[str, Any]) -> dict[str, Any]:
        """Count anew."""
        self.tally.clear()
        return {}

    async def wait(self, words: dict[str, Any]) -> dict[str, Any]:
        """Wait until so many deliveries have come, or none has for so many seconds."""
        loop = asyncio.get_running_loop()
        last, since = self.tally.received, loop.time()
        while self.tally.received < words["deliveries"] and loop.time() - since < words["quiet"]:
            await asyncio.sleep(0.005)
            if self.tally.received != last:
                last, since = self.tally.received, loop.time()
        return {"received": self.tally.received}

    async def report(self, words: dict[str, Any]) -> dict[str, Any]:
        """Say what has come since `clear`."""
        ages = sorted(self.tally.ages)
        return {
            "received": self.tally.received,
            "bytes": self.tally.bytes // max(self.tally.received, 1),
            "p50": ages[len(ages) // 2] / 1e6 if ages else None,
            "p99": ages[len(ages) * 99 // 100] / 1e6 if ages else None,
            "lost_connections": self.tally.lost_connections,
        }

    async def disconnect(self, words: dict[str, Any]) -> dict[str, Any]:
        """Close every connection."""
        for client in self.open:
            client.transport.abort()
        self.open.clear()
        await asyncio.sleep(0.1)
        self.tally.lost_connections = 0
        return {}


async def _main() -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=2**26)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    clients = Clients()
    while line := await lines.readline():
        words = json.loads(line)
        answer = await getattr(clients, words["do"])(words)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(_main())
