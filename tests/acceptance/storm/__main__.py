"""Show, with real processes and everything that breaks, that real time loses nothing.

    python -m tests.acceptance.storm [--broker memory|database|channels] [--database sqlite|postgres] [--seconds 60]
                                     [--sockets 200] [--conversations 20] [--history all|none] [--seed N]

Two ASGI processes, one WSGI server and, for `channels`, a Redis of its own are started over a database of its own.
Ends with status 0 only if something was delivered and nothing differs: see `device.py` for what each client holds
against each frame, and `judge.py` for what is asked at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from tests.acceptance.expect import History
from tests.acceptance.journal import Journal
from tests.acceptance.server import show_end
from tests.acceptance.storm.deeds import Doers, Place
from tests.acceptance.storm.device import Device, gather_all
from tests.acceptance.storm.judge import Log, judge_counts, judge_sight, judge_states, judge_texts
from tests.acceptance.storm.rest import Person, Rest, register
from tests.acceptance.storm.services import Services, services
from tests.acceptance.storm.weather import Weather

# Sockets for each person; and of the conversations one in ten is a direct, the others groups and channels in turn.
SOCKETS_EACH = 3.3
DIRECT_EVERY = 10
# How many of a conversation's people are in it at first.
INSIDE_SHARE = 0.6
# Clients that load for the first time at once.
LOADS_AT_ONCE = 8
# Sockets in the process that is halted.
HALTED_SOCKETS = 6
QUIET_SECONDS = 5.0
QUIET_PAUSE_SECONDS = 0.1
CONNECT_SECONDS = 60.0
# Twice the sweep, and what a batch may take on a busy machine.
SETTLE_SECONDS = 7.0
# With a broker that reaches every process, half of all deliveries must be faster than the sweep could make them.
HINTED_SECONDS = 0.5
# A process that is told nothing has more than a few of all sockets.
TOLD_SHARE = 0.95
TOLD_PAUSE_SECONDS = 3.0
TOLD_TRIES = 10


class Storm:
    """One run."""

    def __init__(self, running: Services, options: argparse.Namespace) -> None:
        self.services = running
        self.options = options
        self.journal = Journal()
        self.weather: Weather | None = None
        self.rest = Rest(running.wsgi.url, self.journal, lambda: self.weather is not None and self.weather.is_broken())
        self.sockets = [f"ws://{service.url.removeprefix('http://')}" for service in running.asgi]
        self.people: list[Person] = []
        self.devices: list[Device] = []

    async def run(self) -> None:
        """Set everything up, let it storm, measure in the quiet, and judge."""
        places = await self._settle_people()
        reader = await self._start_reader()
        await self._connect()
        doers = Doers(self.rest, places, self.devices, self.journal)
        print(
            f"  {self.options.sockets} sockets of {len(self.people)} people, {len(places)} conversations", flush=True
        )
        self.weather = Weather(
            self.services, self.devices, reader, self.journal, restarts_postgres=self.options.restart_postgres
        )
        doing = asyncio.create_task(doers.do())
        await self.weather.storm(self.options.seconds)
        doers.is_over = True
        await doing
        await self._come_back()
        await self._measure(doers, places)
        await asyncio.sleep(SETTLE_SECONDS)
        halted = await self._end(reader)
        await self._judge(doers, [*(device.testimony() for device in self.devices), *halted])
        await self.rest.close()

    async def _settle_people(self) -> list[Place]:
        count = max(2, round(self.options.sockets / SOCKETS_EACH))
        gate = asyncio.Semaphore(LOADS_AT_ONCE)

        async def come(number: int) -> Person:
            async with gate:
                return await register(self.rest, f"person{number}")

        self.people = list(await asyncio.gather(*(come(number) for number in range(count))))
        return [await self._create(number) for number in range(self.options.conversations)]

    async def _create(self, number: int) -> Place:
        if number % DIRECT_EVERY == DIRECT_EVERY - 1:
            kind, people = "direct", random.sample(self.people, 2)
            inside = people
        else:
            kind = ("group", "channel")[number % 2]
            people = random.sample(self.people, min(len(self.people), random.randint(8, 24)))
            inside = people[: max(2, round(len(people) * INSIDE_SHARE))]
        body: dict[str, Any] = {"kind": kind, "participants": [person.user_id for person in inside[1:]]}
        if kind != "direct":
            body["title"] = f"place {number}"
        answer = await self.rest.call("POST", "/conversations/", people[0], json=body)
        if answer.status_code != 201:
            raise RuntimeError(f"a conversation cannot be created: {answer.status_code} {answer.text}")
        return Place(
            key=answer.json()["conversation_id"],
            kind=kind,
            owner=people[0],
            people=people,
            inside={person.user_id for person in inside},
        )

    async def _start_reader(self) -> asyncio.subprocess.Process:
        reader = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.acceptance.storm.reader",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**28,
        )
        people = random.choices(self.people, k=min(HALTED_SOCKETS, self.options.sockets // 2))
        order = {
            "rest": self.rest.base_url,
            "places": self.sockets,
            "people": [{"user_id": person.user_id, "token": person.token} for person in people],
        }
        assert reader.stdin is not None
        assert reader.stdout is not None
        reader.stdin.write(json.dumps(order).encode() + b"\n")
        if (await reader.stdout.readline()).strip() != b"ready":
            raise RuntimeError("the reader did not connect")
        return reader

    async def _connect(self) -> None:
        here = self.options.sockets - min(HALTED_SOCKETS, self.options.sockets // 2)
        self.devices = [
            Device(self.people[number % len(self.people)], self.rest, self.sockets) for number in range(here)
        ]
        gate = asyncio.Semaphore(LOADS_AT_ONCE)

        async def open_first(device: Device) -> None:
            async with gate:
                await device.start()

        await asyncio.gather(*(open_first(device) for device in self.devices))
        self.running = [asyncio.create_task(device.run()) for device in self.devices]
        await self._come_back()

    async def _come_back(self) -> None:
        late = await gather_all(self.devices, seconds=CONNECT_SECONDS)
        if late:
            self.journal.differ("connections", f"{len(late)} did not come back within {CONNECT_SECONDS} s")

    async def _measure(self, doers: Doers, places: list[Place]) -> None:
        """Send in the quiet, and see how long each message takes to each socket."""
        await asyncio.sleep(SETTLE_SECONDS)
        if self.options.broker != "memory":
            await self._until_told(doers, places)
        until = time.monotonic() + QUIET_SECONDS
        texts: list[str] = []
        while time.monotonic() < until:
            texts.append(f"quiet {len(texts)}")
            await doers.send(random.choice(places), texts[-1])
            await asyncio.sleep(QUIET_PAUSE_SECONDS)
        await asyncio.sleep(SETTLE_SECONDS)
        waits = self._waits(doers, texts)
        if len(waits) < len(texts):
            self.journal.differ("the quiet", f"{len(texts)} messages made {len(waits)} deliveries")
            return
        half, late = statistics.median(waits), waits[int(len(waits) * 0.99)]
        print(f"  in the quiet, from before the send to the frame: p50 {half * 1000:.0f} ms, p99 {late * 1000:.0f} ms")
        if self.options.broker != "memory" and half > HINTED_SECONDS:
            self.journal.differ("the quiet", f"the broker tells nothing: half took more than {half:.2f} s")

    async def _until_told(self, doers: Doers, places: list[Place]) -> None:
        """Wait until the broker tells each process again: a layer tries to reach Redis in pauses that grow."""
        for number in range(TOLD_TRIES):
            texts = [f"told {number} {place.key}" for place in places]
            for place, text in zip(places, texts, strict=True):
                await doers.send(place, text)
            # By then the sweep has brought what nobody told of.
            await asyncio.sleep(TOLD_PAUSE_SECONDS)
            waits = self._waits(doers, texts)
            if waits and waits[int(len(waits) * TOLD_SHARE)] <= HINTED_SECONDS:
                return
        self.journal.differ("the quiet", f"the broker did not tell again in {TOLD_TRIES} tries")

    def _waits(self, doers: Doers, texts: list[str]) -> list[float]:
        """Return how long these took to each socket that has them, the shortest first."""
        return sorted(
            device.record.received_at[text] - doers.sent_at[text]
            for device in self.devices
            for text in texts
            if text in device.record.received_at
        )

    async def _end(self, reader: asyncio.subprocess.Process) -> list[dict[str, Any]]:
        for device in self.devices:
            await device.end()
        await asyncio.gather(*self.running)
        output, _ = await reader.communicate(b"end\n")
        if reader.returncode:
            self.journal.differ("the halted reader", f"ended with status {reader.returncode}")
            return []
        testimonies: list[dict[str, Any]] = json.loads(output)
        return testimonies

    async def _judge(self, doers: Doers, testimonies: list[dict[str, Any]]) -> None:
        for testimony in testimonies:
            for what, amount in testimony["figures"].items():
                self.journal.count(what, amount)
            for difference in testimony["differences"]:
                self.journal.differ(f"a client of {testimony['user_id']}", difference)
        log = Log(self.services)
        people = {person.user_id: person for person in self.people}
        await judge_states(self.rest, people, testimonies, log, self.journal)
        judge_sight(log, testimonies, self.options.history, self.journal)
        judge_texts(log, doers.accepted, self.journal)
        judge_counts(self.services, self.journal)
        self.journal.count("messages accepted", len(doers.accepted))
        self.journal.count("events in the log", log.size)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one storm; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.storm", description=__doc__)
    parser.add_argument("--broker", choices=("memory", "database", "channels"), default="channels")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="postgres")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--sockets", type=int, default=200)
    parser.add_argument("--conversations", type=int, default=20)
    parser.add_argument("--history", choices=get_args(History), default="none", help="what newcomers see")
    parser.add_argument("--seed", type=int, help="for the choice of deeds; what is cut when is the machine's own")
    parser.add_argument("--log", type=Path, help="where to keep what the servers say")
    parser.add_argument(
        "--restart-postgres", metavar="VERSION/CLUSTER", help="restart the whole server, as 15/main: nobody else's!"
    )
    options = parser.parse_args(arguments)
    if options.broker == "database" and options.database != "postgres":
        parser.error("--broker database needs --database postgres")
    options.seed = options.seed if options.seed is not None else random.randrange(2**32)
    random.seed(options.seed)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    print(f"{options.broker} over {options.database}, history {options.history}, seed {options.seed}", flush=True)
    with services(broker=options.broker, kind=options.database, history=options.history, log=options.log) as running:
        storm = Storm(running, options)
        asyncio.run(storm.run())
        passed = storm.journal.report("messages compared", "frames held against the log")
        if not passed:
            show_end(running.log)
    return 0 if passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
