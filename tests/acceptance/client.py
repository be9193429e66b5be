"""Talk to the example project over HTTP, as one client with many people's tokens."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import httpx

from tests.acceptance.journal import Journal

SERVER_ERRORS = "answers of 500 and above"
# A server that was too busy asks to try again; a client obeys a few times before it calls that a difference.
TRIES = 6
# Long enough for a page of 200 messages on a busy machine.
TIMEOUT_SECONDS = 60.0
# Passes Django's own validators, and is nobody's.
PASSWORD = "replay-kestrel-4711"
# Accounts want two names, a nick is one.
LAST_NAME = "of IRC"


class UnexpectedAnswerError(Exception):
    """The server answered with a status that leaves the replay no way on."""


@dataclass(kw_only=True, slots=True)
class Account:
    """A registered person; `name` is what their card must show. The lock guards the name."""

    user_id: str
    token: str
    name: str
    lock: threading.RLock = field(default_factory=threading.RLock)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """An answer: its status, its JSON (None where there is none) and its exact bytes."""

    status: int
    data: Any
    raw: bytes


class Api:
    """The REST API under `<base URL>/api`: a kept-alive connection for each thread, spread over the servers."""

    def __init__(self, base_urls: Sequence[str], journal: Journal) -> None:
        self.journal = journal
        self._base_urls = cycle(base_urls)
        self._local = threading.local()
        self._lock = threading.Lock()

    def _client(self) -> httpx.Client:
        if not hasattr(self._local, "client"):
            with self._lock:
                base_url = next(self._base_urls)
            # Proxies of the environment are not for a server on this machine.
            self._local.client = httpx.Client(base_url=base_url, timeout=TIMEOUT_SECONDS, trust_env=False)
        client: httpx.Client = self._local.client
        return client

    def close(self) -> None:
        """Close this thread's connection."""
        self._client().close()

    def call(
        self,
        method: str,
        path: str,
        *,
        account: Account | None = None,
        json: object = None,
        params: dict[str, Any] | None = None,
    ) -> Reply:
        """Make one request, again where the server asks for that with 429 or 503, and return the last answer."""
        headers = {"Authorization": f"Token {account.token}"} if account else {}
        for _ in range(TRIES):
            response = self._client().request(method, f"/api{path}", headers=headers, json=json, params=params)
            self.journal.count("requests")
            if response.status_code not in (429, 503):
                break
            self.journal.count("answers that asked to try again")
            time.sleep(float(response.headers.get("Retry-After", "1")))
        if response.status_code >= 500:
            self.journal.count(SERVER_ERRORS)
            self.journal.differ(f"{method} {path}", f"answered {response.status_code}")
        is_json = response.headers.get("Content-Type", "").startswith("application/json")
        return Reply(
            status=response.status_code,
            data=response.json() if is_json and response.content else None,
            raw=response.content,
        )

    def expect(self, status: int, method: str, path: str, **arguments: Any) -> Any:
        """Make a request that must answer with this status, and return its JSON."""
        reply = self.call(method, path, **arguments)
        if reply.status != status:
            raise UnexpectedAnswerError(f"{method} {path}: expected {status}, got {reply.status} {reply.raw[:120]!r}")
        return reply.data

    def pages(self, path: str, *, account: Account, params: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Walk a list by its `next` links and yield each envelope."""
        page = self.expect(200, "GET", path, account=account, params=params)
        yield page
        while page["next"]:
            link = urlsplit(page["next"])
            page = self.expect(200, "GET", f"{link.path.removeprefix('/api')}?{link.query}", account=account)
            yield page

    def rows(self, path: str, *, account: Account, params: dict[str, Any] | None = None) -> list[Any]:
        """Return the results of every page."""
        return [row for page in self.pages(path, account=account, params=params) for row in page["results"]]


class Directory:
    """Registers each nick once, whichever log names it first, and remembers everybody by their id."""

    def __init__(self, api: Api, tag: str) -> None:
        self.api = api
        self.tag = tag
        self.by_id: dict[str, Account] = {}
        self._by_nick: dict[str, Account] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._numbers: dict[str, int] = {}
        self._lock = threading.Lock()

    def account(self, nick: str) -> Account:
        """Return the account of a nick, registering it on first sight."""
        with self._lock:
            nick_lock = self._locks.setdefault(nick, threading.Lock())
            number = self._numbers.setdefault(nick, len(self._numbers))
        with nick_lock:
            if nick not in self._by_nick:
                account = self._register(nick, number)
                with self._lock:
                    self._by_nick[nick] = self.by_id[account.user_id] = account
            return self._by_nick[nick]

    def _register(self, nick: str, number: int) -> Account:
        # The tag keeps several runs on one database apart; nicks differ in case alone, addresses may not.
        email = f"nick{number}.{self.tag}@replay.example"
        user = self.api.expect(
            201,
            "POST",
            "/users/",
            json={"first_name": nick, "last_name": LAST_NAME, "email": email, "password": PASSWORD},
        )
        answer = self.api.expect(200, "POST", "/token/", json={"username": email, "password": PASSWORD})
        self.api.journal.count("users registered")
        return Account(user_id=user["user_id"], token=answer["token"], name=f"{nick} {LAST_NAME}")

    def rename(self, account: Account, nick: str) -> None:
        """Change the name that a person's card shows."""
        with account.lock:
            answer = self.api.expect(
                200, "PATCH", f"/users/{account.user_id}/", account=account, json={"first_name": nick}
            )
            self.api.journal.check(f"name of {account.user_id}", nick, answer["first_name"])
            account.name = f"{nick} {LAST_NAME}"
