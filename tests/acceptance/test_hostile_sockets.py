"""What a socket is closed with that is not what it should be, by a real server, and that the server takes no harm."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from websockets.sync.client import ClientConnection

from tests.acceptance.conftest import Site, answer, closing_code, is_well

pytestmark = pytest.mark.concurrency

FLOOD = 200
# What the server itself closes with, before it has the whole of a frame that is larger than `--ws-max-size`.
TOO_BIG_FOR_THE_SERVER = 1009

Opening = Callable[[Site], ClientConnection]


def open_from(origin: str) -> Opening:
    return lambda site: site.open(additional_headers={"Cookie": site.cookie(site.bob)}, origin=origin)


def open_with_used_ticket(site: Site) -> ClientConnection:
    ticket = site.ticket(site.bob)
    with site.open(f"ticket.{ticket}") as first:
        assert answer(first, {"type": "ping", "id": 1})["type"] == "pong"
    return site.open(f"ticket.{ticket}")


def open_with_late_ticket(site: Site) -> ClientConnection:
    ticket = site.ticket(site.bob)
    site.execute("UPDATE django_convo_ticket SET expires_at = created_at")
    return site.open(f"ticket.{ticket}")


@pytest.mark.parametrize(
    ("opening", "code"),
    [
        pytest.param(open_from("https://elsewhere.example"), 4403, id="foreign origin"),
        pytest.param(open_from("null"), 4403, id="no origin to speak of"),
        pytest.param(lambda site: site.open(), 4401, id="no session"),
        pytest.param(lambda site: site.open("ticket.made-up"), 4401, id="made-up ticket"),
        pytest.param(open_with_used_ticket, 4401, id="used ticket"),
        pytest.param(open_with_late_ticket, 4401, id="late ticket"),
    ],
)
def test_opening_is_refused(site: Site, opening: Opening, code: int) -> None:
    with opening(site) as socket:
        assert closing_code(socket) == code
    assert is_well(site)


def test_cookie_from_the_site_itself_opens(site: Site) -> None:
    with open_from(site.running.asgi[0].url)(site) as socket:
        assert answer(socket, {"type": "ping", "id": 1})["type"] == "pong"


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param(["{"], 4400, id="malformed JSON"),
        pytest.param(["[]"], 4400, id="no object"),
        pytest.param([json.dumps({"type": "ping", "id": [1]})], 4400, id="no id"),
        pytest.param([b"\x00\x01"], 4415, id="binary"),
        pytest.param([json.dumps({"type": "ping", "id": 1, "more": "x" * 200_000})], 4413, id="200 KB"),
        pytest.param(["x" * 1_048_576], TOO_BIG_FOR_THE_SERVER, id="1 MB"),
        pytest.param([json.dumps({"type": "ping"})] * FLOOD, 4429, id="flood"),
    ],
)
def test_socket_is_closed(site: Site, frames: list[Any], code: int) -> None:
    with site.socket(site.bob) as socket:
        for frame in frames:
            socket.send(frame)
        assert closing_code(socket) == code
    assert is_well(site)


def test_unknown_type_is_answered(site: Site) -> None:
    with site.socket(site.bob) as socket:
        assert answer(socket, {"type": "explode", "id": 7})["code"] == "unknown_type"
        assert answer(socket, {"type": "ping", "id": 8})["type"] == "pong"
