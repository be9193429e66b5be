"""The REST API for coroutines: what clients load, and what people do beside their sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.acceptance.client import PASSWORD, SERVER_ERRORS, TIMEOUT_SECONDS, UnexpectedAnswerError
from tests.acceptance.journal import Journal
from tests.shown import Shown

# While a database or a process is away, a client asks again; this long, then it is a difference.
PATIENCE_SECONDS = 40
PAUSE_SECONDS = 0.3
CONNECTIONS = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who is registered, and can log in."""

    user_id: str
    token: str


class Rest:
    """The API under one address. Errors of a server whose database is being broken are repeated; `is_broken` says."""

    def __init__(self, base_url: str, journal: Journal, is_broken: Callable[[], bool] = lambda: False) -> None:
        self.base_url = base_url
        self.journal = journal
        self._is_broken = is_broken
        # Proxies of the environment are not for a server on this machine.
        self._client = httpx.AsyncClient(
            base_url=base_url,
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            limits=httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS),
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def call(self, method: str, path: str, person: Person | None = None, **arguments: Any) -> httpx.Response:
        """Make one request, again where the server asks for that or its database is away; return the last answer."""
        headers = {"Authorization": f"Token {person.token}"} if person else {}
        deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            try:
                response = await self._client.request(method, f"/api{path}", headers=headers, **arguments)
            except httpx.TransportError as error:
                self.journal.count("requests that were cut off")
                if asyncio.get_running_loop().time() > deadline:
                    raise UnexpectedAnswerError(f"{method} {path}: {error!r}") from error
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            self.journal.count("requests")
            status = response.status_code
            if status < 500 and status != 429:
                return response
            if status != 503 and not self._is_broken():
                self.journal.count(SERVER_ERRORS)
                self.journal.differ(f"{method} {path}", f"answered {status} while nothing was broken")
                return response
            self.journal.count("answers that asked to try again")
            if asyncio.get_running_loop().time() > deadline:
                raise UnexpectedAnswerError(f"{method} {path}: still {status} after {PATIENCE_SECONDS} s")
            await asyncio.sleep(PAUSE_SECONDS)

    async def read(self, path: str, person: Person, **params: Any) -> Any:
        """Return what stands there; None for what the person does not see."""
        response = await self.call("GET", path, person, params=params or None)
        if response.status_code in (403, 404):
            return None
        if response.status_code != 200:
            raise UnexpectedAnswerError(f"GET {path}: {response.status_code} {response.text[:120]}")
        return response.json()

    async def pages(self, path: str, person: Person, **params: Any) -> AsyncIterator[dict[str, Any]]:
        """Walk a list by its `next` links; nothing where the person does not see it."""
        page = await self.read(path, person, **params)
        while page is not None:
            yield page
            if not page["next"]:
                return
            link = urlsplit(page["next"])
            page = await self.read(f"{link.path.removeprefix('/api')}?{link.query}", person)

    async def inbox(self, person: Person) -> AsyncIterator[str]:
        """Walk one's conversations, those that one has archived too."""
        for is_archived in ("false", "true"):
            async for page in self.pages("/conversations/", person, archived=is_archived):
                for row in page["results"]:
                    yield row["conversation_id"]

    async def load(self, key: str, person: Person) -> Shown | None:
        """Load a conversation afresh, as a client does; None where the person does not see it any more."""
        path = f"/conversations/{key}"
        snapshot = await self.read(f"{path}/", person)
        if snapshot is None or snapshot["membership"] is None:
            return None
        windows = [page async for page in self.pages(f"{path}/messages/", person, limit=200)]
        members = [page async for page in self.pages(f"{path}/participants/", person, limit=200)]
        if not windows or not members:
            return None
        return Shown(
            snapshot,
            participants=[row for page in members for row in page["results"]],
            messages=[row for page in windows for row in page["results"]],
            oldest=windows[0]["oldest_seq"],
        )

    async def ticket(self, person: Person) -> str:
        """Return a ticket for one socket."""
        response = await self.call("POST", "/ticket/", person)
        if response.status_code not in (200, 201):
            raise UnexpectedAnswerError(f"POST /ticket/: {response.status_code} {response.text[:120]}")
        ticket: str = response.json()["ticket"]
        return ticket


async def register(rest: Rest, name: str) -> Person:
    """Register somebody, and log them in."""
    email = f"{name}@storm.example"
    answer = await rest.call(
        "POST",
        "/users/",
        json={"first_name": name, "last_name": "of the Storm", "email": email, "password": PASSWORD},
    )
    if answer.status_code != 201:
        raise UnexpectedAnswerError(f"POST /users/: {answer.status_code} {answer.text[:120]}")
    token = await rest.call("POST", "/token/", json={"username": email, "password": PASSWORD})
    return Person(user_id=answer.json()["user_id"], token=token.json()["token"])
