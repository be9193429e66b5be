"""What people do during a storm: one deed after the other, chosen at random, over HTTP or over a socket."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.acceptance.journal import Journal
from tests.acceptance.storm.device import Device
from tests.acceptance.storm.rest import Person, Rest

EMOJI = ("👍", "🎉", "❤️", "😂")
# Of those who do something, how many at the same time.
AT_ONCE = 8
# Each rests after a deed, at random; with eight at once that makes some sixty deeds a second.
LONGEST_REST_SECONDS = 0.25
# What a deed may be answered when somebody else was faster.
REFUSALS = {400, 403, 404, 409}


@dataclass(kw_only=True)
class Place:
    """A conversation as those who act know it: who may be in it, and what was said last."""

    key: str
    kind: str
    owner: Person
    people: list[Person]
    inside: set[str]
    # Of the last messages, the id and who sent it.
    messages: list[tuple[str, Person]] = field(default_factory=list)

    @property
    def path(self) -> str:
        return f"/conversations/{self.key}"

    def member(self) -> Person:
        """Return somebody who is in it, as far as one knows."""
        return random.choice([person for person in self.people if person.user_id in self.inside])


class Doers:
    """Does things until told to stop, and keeps what must be there in the end."""

    def __init__(self, rest: Rest, places: list[Place], devices: list[Device], journal: Journal) -> None:
        self.sent_at: dict[str, float] = {}
        # The texts that the server has accepted, with the conversation of each.
        self.accepted: dict[str, str] = {}
        self.is_over = False
        self._rest = rest
        self._places = places
        self._journal = journal
        self._devices: dict[str, list[Device]] = {}
        for device in devices:
            self._devices.setdefault(device.person.user_id, []).append(device)

    async def do(self) -> None:
        """Do one thing after the other until it is over, several at once."""
        await asyncio.gather(*(self._do_in_turn() for _ in range(AT_ONCE)))

    async def _do_in_turn(self) -> None:
        deeds, weights = zip(*DEEDS, strict=True)
        while not self.is_over:
            deed = random.choices(deeds, weights)[0]
            place = random.choice(self._places)
            await deed(self, place)
            self._journal.count(f"deeds: {deed.__name__.replace('_', ' ')}")
            await asyncio.sleep(random.uniform(0, LONGEST_REST_SECONDS))

    async def send(self, place: Place, text: str | None = None) -> None:
        """Send by the socket or by HTTP; what got no answer is sent again, under the same `client_id`."""
        person = place.member()
        name = text or f"{uuid.uuid4().hex}"
        body: dict[str, Any] = {"message_body": name, "client_id": name[:64], **self._extras(place)}
        self.sent_at[name] = time.monotonic()
        message = None
        device = self._device(person)
        if device is not None and random.random() < 0.5:
            answer = await device.ask("message.send", conversation=place.key, **body)
            self._journal.count("sent by socket" if answer else "sent by socket, without an answer")
            if answer is not None:
                message = answer.get("message")
                if message is None and answer["code"] in ("try_again", "error"):
                    answer = None
            if answer is not None and message is None:
                return
        if message is None:
            response = await self._rest.call("POST", f"{place.path}/messages/", person, json=body)
            message = response.json() if self._is_done(response) else None
        if message is not None:
            self.accepted[name] = place.key
            place.messages = [*place.messages[-30:], (message["message_id"], person)]

    def _extras(self, place: Place) -> dict[str, Any]:
        """Quote, answer in a thread, or mention, now and then."""
        chance = random.random()
        if chance < 0.1 and place.messages:
            return {"reply_to": random.choice(place.messages)[0]}
        if chance < 0.15 and place.messages:
            return {"thread_root": random.choice(place.messages)[0]}
        return {"mentions": [place.member().user_id]} if chance < 0.2 else {}

    async def edit(self, place: Place) -> None:
        await self._to_own(place, "PATCH", "", json={"message_body": f"edited {uuid.uuid4().hex}"})

    async def delete(self, place: Place) -> None:
        await self._to_own(place, "DELETE", "")

    async def restore(self, place: Place) -> None:
        await self._to_own(place, "POST", "restore/")

    async def react(self, place: Place) -> None:
        await self._to_any(place, random.choice(("PUT", "PUT", "DELETE")), f"reactions/{random.choice(EMOJI)}/")

    async def pin(self, place: Place) -> None:
        await self._to_any(place, random.choice(("PUT", "DELETE")), "pin/")

    async def read(self, place: Place) -> None:
        person = place.member()
        device = self._device(person)
        if device is not None and random.random() < 0.5:
            await device.ask("read", conversation=place.key)
        else:
            await self._call("POST", f"{place.path}/read/", person, json={})

    async def mark_unread(self, place: Place) -> None:
        await self._call("POST", f"{place.path}/unread/", place.member(), json={"seq": random.randint(1, 20)})

    async def type(self, place: Place) -> None:
        device = self._device(place.member())
        if device is not None:
            await device.ask("typing", conversation=place.key, is_typing=True)

    async def change_members(self, place: Place) -> None:
        """Let somebody come or go; the owner stays, so that there is always one who has seen it all."""
        if place.kind == "direct":
            return
        person = random.choice([one for one in place.people if one != place.owner])
        if person.user_id in place.inside:
            place.inside.discard(person.user_id)
            if random.random() < 0.5:
                await self._call("POST", f"{place.path}/leave/", person)
            else:
                await self._call(
                    "POST", f"{place.path}/remove_participant/", place.owner, json={"user_id": person.user_id}
                )
            return
        if place.kind == "channel" and random.random() < 0.5:
            await self._call("POST", f"{place.path}/join/", person)
        else:
            await self._call("POST", f"{place.path}/add_participant/", place.owner, json={"user_id": person.user_id})
        place.inside.add(person.user_id)

    async def change_conversation(self, place: Place) -> None:
        if place.kind == "direct":
            return
        if random.random() < 0.5:
            await self._call("PATCH", f"{place.path}/", place.owner, json={"title": uuid.uuid4().hex[:20]})
        else:
            await self._call("POST", f"{place.path}/close/", place.owner)
            await self._call("POST", f"{place.path}/reopen/", place.owner)

    async def arrange(self, place: Place) -> None:
        """Archive, mute or pin for oneself: one's own state, told to one's own sockets alone."""
        change = random.choice(({"archived": True}, {"pinned": True}, {"pinned": False}, {"notify": "mentions"}))
        await self._call("PATCH", f"{place.path}/membership/", place.member(), json=change)

    async def _to_own(self, place: Place, method: str, suffix: str, **arguments: Any) -> None:
        if place.messages:
            key, sender = random.choice(place.messages)
            await self._call(method, f"{place.path}/messages/{key}/{suffix}", sender, **arguments)

    async def _to_any(self, place: Place, method: str, suffix: str) -> None:
        if place.messages:
            key, _ = random.choice(place.messages)
            await self._call(method, f"{place.path}/messages/{key}/{suffix}", place.member())

    async def _call(self, method: str, path: str, person: Person, **arguments: Any) -> None:
        self._is_done(await self._rest.call(method, path, person, **arguments))

    def _is_done(self, response: httpx.Response) -> bool:
        if response.status_code >= 400:
            self._journal.count(f"refused with {response.status_code}")
            if response.status_code not in REFUSALS:
                self._journal.differ(str(response.request.url), f"answered {response.status_code}")
        return response.status_code < 400

    def _device(self, person: Person) -> Device | None:
        there = [device for device in self._devices.get(person.user_id, ()) if device.is_current.is_set()]
        return random.choice(there) if there else None


DEEDS: list[tuple[Callable[[Doers, Place], Awaitable[None]], int]] = [
    (Doers.send, 40),
    (Doers.edit, 8),
    (Doers.delete, 5),
    (Doers.restore, 5),
    (Doers.react, 12),
    (Doers.pin, 4),
    (Doers.read, 10),
    (Doers.mark_unread, 2),
    (Doers.type, 3),
    (Doers.change_members, 8),
    (Doers.change_conversation, 2),
    (Doers.arrange, 2),
]
