"""A process of its own with some of the clients, so that it can be stopped: `python -m tests.acceptance.storm.reader`.

Takes one JSON object on standard input, says "ready" when all are connected, and after a line "end" writes what they
have to say as JSON. In between it may be halted by SIGSTOP for as long as one likes.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from tests.acceptance.journal import Journal
from tests.acceptance.storm.device import Device, gather_all
from tests.acceptance.storm.rest import Person, Rest

CONNECT_SECONDS = 60


async def read(order: dict[str, Any]) -> list[dict[str, Any]]:
    """Connect, live on frames until the line "end", and return the testimonies."""
    # Whoever halts this process also breaks the database: errors are repeated without a word.
    rest = Rest(order["rest"], Journal(), lambda: True)
    devices = [Device(Person(**person), rest, order["places"]) for person in order["people"]]
    await asyncio.gather(*(device.start() for device in devices))
    running = [asyncio.create_task(device.run()) for device in devices]
    await gather_all(devices, seconds=CONNECT_SECONDS)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    late = await gather_all(devices, seconds=CONNECT_SECONDS)
    for device in late:
        device.record.differ("never came back")
    for device in devices:
        await device.end()
    await asyncio.gather(*running)
    await rest.close()
    return [device.testimony() for device in devices]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(read(json.loads(sys.stdin.readline())))), flush=True)
