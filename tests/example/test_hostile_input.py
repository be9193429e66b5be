"""Hostile requests through a real server: what the tests of the API send past it arrives as it would from outside."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.example.conftest import Caller
from tests.example.site import Site


@pytest.fixture
def maya(caller: Caller) -> httpx.Client:
    """Somebody who has a conversation."""
    return caller("maya@lantern.example")


@pytest.fixture
def conversation(maya: httpx.Client) -> str:
    return str(maya.get("/conversations/").json()["results"][0]["conversation_id"])


def refused(response: httpx.Response, status: int, code: str | None) -> None:
    assert response.status_code == status, response.text[:300]
    assert response.json().get("code") == code


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, "parse_error"),
        (b"\xff\xfe", 400, "parse_error"),
        (b'{"message_body": NaN}', 400, "parse_error"),
        (b'{"message_body": "x", "metadata": {"a": 1e999}}', 400, "parse_error"),
        (b'{"message_body": ' + b"9" * 5000 + b"}", 400, "parse_error"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "parse_error"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, 400, "parse_error"),
        (b'{"message_body": "\\u0000"}', 400, "invalid_input"),
        (b'{"message_body": "\\ud800"}', 400, "invalid_input"),
        (b'{"message_body": {"\\udfff": 1}}', 400, "invalid_input"),
        (b"null", 400, "null"),
        (b"[]", 400, "invalid"),
        (b'"x"', 400, "invalid"),
        (b'{"message_body": "' + b"x" * 2**20 + b'"}', 400, None),
        (b'{"message_body": ' + b"9" * 4300 + b', "client_id": "' + b"x" * 65 + b'"}', 400, None),
        (b'{"message_body": "' + b"x" * 5_000_000 + b'"}', 413, "payload_too_large"),
    ],
    ids=range(16),
)
def test_server_refuses_a_hostile_body(
    site: Site, maya: httpx.Client, conversation: str, body: bytes, status: int, code: str | None
) -> None:
    messages = site.counts()["django_convo_message"]
    headers = {"Content-Type": "application/json"}

    refused(maya.post(f"/conversations/{conversation}/messages/", content=body, headers=headers), status, code)
    assert site.counts()["django_convo_message"] == messages


@pytest.mark.parametrize("piece", [b" ", b"x" * 100_000], ids=["small", "large"])
def test_server_refuses_a_body_without_a_length(maya: httpx.Client, conversation: str, piece: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    for door in ("messages", "read"):
        pieces = (piece for _ in range(50))
        refused(
            maya.post(f"/conversations/{conversation}/{door}/", content=pieces, headers=headers), 400, "parse_error"
        )


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("conversations/%00/", 404, "not_found"),
        ("conversations/%ED%A0%80/", 404, "not_found"),
        ("conversations/%FF%FE/messages/", 404, "not_found"),
        (f"conversations/{'x' * 10_000}/", 404, "not_found"),
        (f"messages/{'9' * 30}/", 404, "not_found"),
        ("messages/%D9%A1%D9%A2/", 404, "not_found"),
        ("users/%00/", 404, "not_found"),
        ("users/%27%3B%20DROP%20TABLE%20x/", 404, "not_found"),
        ("conversations/?kind=%00", 400, "invalid_input"),
        ("conversations/?kind=%ED%A0%80", 400, "kind_invalid"),
        ("conversations/?cursor=nonsense", 400, "invalid_cursor"),
        ("conversations/?limit=" + "9" * 30, 400, "limit_invalid"),
        ("messages/?sent_after=9999-12-31T23:59:59-14:00", 400, "sent_after_invalid"),
        ("messages/by_conversation/?conversation_id=1", 400, "conversation_id_invalid"),
        ("users/?search=" + "x" * 50_000, 400, "search_invalid"),
        ("unread/?format=xml", 404, "not_found"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_server_refuses_a_hostile_address(maya: httpx.Client, path: str, status: int, code: str) -> None:
    refused(maya.get(f"/{path}"), status, code)


def test_server_refuses_hostile_positions(maya: httpx.Client) -> None:
    cursor = maya.post("/sync/", json={}).json()["cursor"]
    bodies: list[Any] = [
        {"cursor": cursor[:-1]},
        {"cursor": cursor.swapcase()},
        {"heads": {str(uuid4()): 1 for _ in range(501)}},
        {"heads": {"x": 1}},
        {"heads": {str(uuid4()): -1}},
        {"heads": {str(uuid4()): True}},
        {"heads": {str(uuid4()): 10**29}},
    ]

    assert [maya.post("/sync/", json=body).status_code for body in bodies] == [400] * len(bodies)


def test_server_refuses_hostile_headers(maya: httpx.Client) -> None:
    refused(maya.get("/unread/", headers={"Accept": "text/nonsense"}), 406, "not_acceptable")
    refused(maya.post("/sync/", content=b"x", headers={"Content-Type": "text/plain"}), 415, "unsupported_media_type")
    refused(maya.get("/unread/", headers={"Authorization": "Token x"}), 401, "authentication_failed")
    refused(maya.get("/unread/", headers={"Authorization": "Basic !!!"}), 401, "authentication_failed")
    assert maya.get("/unread/", headers={"Host": "evil.example"}).status_code == 400


def test_server_returns_odd_words_byte_for_byte(maya: httpx.Client, conversation: str) -> None:
    words = "\u202eleft\u2069 👩\u200d👩\u200d👧 e\u0301 \x01\x7f \ufeff\uffff \\u0000 "
    body = json.dumps({"message_body": words}, ensure_ascii=False).encode()
    messages = f"/conversations/{conversation}/messages/"

    sent = maya.post(messages, content=body, headers={"Content-Type": "application/json"})
    read = maya.get(f"{messages}{sent.json()['message_id']}/")

    assert sent.status_code == 201
    assert read.json()["message_body"].encode() == words.encode()
