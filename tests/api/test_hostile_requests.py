"""Hostile requests as a whole: bodies that are no JSON object, headers, cursors, metadata at its limits, odd texts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.test import override_settings
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.api.sync import MOST_HEADS
from django_convo.api.throttles import DEFAULT_RATES
from tests.api.hostile import (
    DOORS,
    LARGEST,
    POWERS,
    UNKNOWN,
    Door,
    World,
    client_for,
    complaint,
    encode,
    everything,
    schedule,
    world_for_many,
)
from tests.api.test_hostile_input import PARAMETERS, READING, UPLOADING, body_of, success
from tests.people import make_direct, make_group, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.exhaustive]


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), world_for_many() as world:
        yield world


@pytest.fixture
def world(made: World, settings: Any) -> World:
    settings.CONVO_USERS_API = "full"
    settings.CONVO_REGISTRATION = "open"
    settings.CONVO_THROTTLE_RATES = dict.fromkeys(DEFAULT_RATES)
    settings.CONVO_ROLES = POWERS
    settings.CONVO_ROLE_RESOLVER = "tests.api.hostile.resolve_powers"
    settings.AUTH_PASSWORD_VALIDATORS = []
    # Tests let others ask, too.
    return replace(made, client=client_for(made.ada))


@pytest.fixture
def unchanged(world: World) -> Iterator[None]:
    """Hold that no row changes during the test."""
    before = everything()
    yield
    assert everything() == before


# --- Bodies ---------------------------------------------------------------------------------------------------------

BODIES: dict[str, tuple[bytes, str]] = {
    "word": (b"nonsense", "parse_error"),
    "open": (b"{", "parse_error"),
    "closed_twice": (b"{}}", "parse_error"),
    "two": (b"{}{}", "parse_error"),
    "single_quotes": (b"{'a': 1}", "parse_error"),
    "trailing_comma": (b'{"a": 1,}', "parse_error"),
    "comment": (b"{} // nothing", "parse_error"),
    "blanks": (b" \t\r\n", "parse_error"),
    "zeros": (b"\x00" * 64, "parse_error"),
    "form": (b"message_body=hello&seq=1", "parse_error"),
    "markup": (b'<?xml version="1.0"?><a/>', "parse_error"),
    "not_utf8": (b'{"a": "\xff"}', "parse_error"),
    "encoded_surrogate": (b'{"a": "\xed\xa0\x80"}', "parse_error"),
    "overlong": (b'{"a": "\xc0\x80"}', "parse_error"),
    "byte_order_mark": (b"\xef\xbb\xbf{}", "parse_error"),
    "utf16": ('{"a": 1}'.encode("utf-16"), "parse_error"),
    "compressed": (b"\x1f\x8b\x08\x00\x00\x00\x00\x00", "parse_error"),
    "nan": (b"NaN", "parse_error"),
    "unknown_nan": (b'{"unknown": NaN}', "parse_error"),
    "unknown_overflow": (b'{"unknown": -1e999}', "parse_error"),
    "unknown_digits": (b'{"unknown": ' + b"9" * 5000 + b"}", "parse_error"),
    "unknown_nul": (b'{"unknown": "\\u0000"}', "invalid_input"),
    "unknown_surrogate": (b'{"unknown": "\\ud800"}', "invalid_input"),
    "nul_as_name": (b'{"\\u0000": 1}', "invalid_input"),
    "depth33": (b"[" * 33 + b"]" * 33, "parse_error"),
    "brackets": (b"[" * 100_000 + b"]" * 100_000, "parse_error"),
    "open_brackets": (b"[" * 100_000, "parse_error"),
    "braces": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "parse_error"),
    "list": (b"[]", "invalid"),
    "list_of_objects": (b'[{"seq": 1}]', "invalid"),
    "string": (b'"text"', "invalid"),
    "number": (b"30", "invalid"),
    "digits30": (b"9" * 30, "invalid"),
    "true": (b"true", "invalid"),
    "null": (b"null", "null"),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("door", READING, ids=str)
def test_body_that_is_no_object_of_json_is_refused(world: World, door: Door) -> None:
    wrong = {name: complaint(world.send(door, body), 400, code) for name, (body, code) in BODIES.items()}

    assert {name: told for name, told in wrong.items() if told is not None} == {}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("door", READING, ids=str)
def test_body_of_five_megabytes_is_too_large(world: World, door: Door) -> None:
    for body in (b" " * 5_000_000, b'{"message_body": "' + b"x" * 5_000_000 + b'"}', b"[" * 5_000_000):
        assert complaint(world.send(door, body), 413, "payload_too_large") is None


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("door", [door for door in DOORS if door not in READING + UPLOADING], ids=str)
def test_body_that_nobody_reads_changes_nothing(world: World, door: Door) -> None:
    query = f"conversation_id={world.group.pk}" if door.route == "message-by-conversation" else ""

    assert [world.send(door, body, query=query).status_code for body in (b"{", b"\xff", b"[" * 100_000)] == [
        world.send(door, query=query).status_code
    ] * 3


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "text/json",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "nonsense",
        "/",
        ";;;",
        "x" * 8000,
    ],
)
def test_body_of_another_type_is_refused(world: World, content_type: str) -> None:
    for door in READING:
        body = encode(body_of(world, door))
        response = world.client.generic(door.method.upper(), world.address(door), body, content_type=content_type)
        assert complaint(response, 415, "unsupported_media_type") is None, door


@pytest.mark.parametrize("charset", ["utf-16", "latin-1", "nonsense", "unicode_escape", "x" * 50])
def test_body_is_utf8_whatever_its_type_says(world: World, charset: str) -> None:
    response = world.client.generic(
        "POST",
        f"/api/conversations/{world.group.pk}/messages/",
        '{"message_body": "Zoë 灯"}'.encode(),
        content_type=f"application/json; charset={charset}",
    )

    assert (response.status_code, response.json()["message_body"]) == (201, "Zoë 灯")


@pytest.mark.usefixtures("unchanged")
def test_body_of_which_no_length_is_told_is_refused(world: World) -> None:
    """It would be taken for none at all."""
    for door in READING:
        response = world.client.generic(door.method.upper(), world.address(door), HTTP_TRANSFER_ENCODING="chunked")
        assert complaint(response, 400, "parse_error") is None, door


def test_of_a_repeated_name_the_last_counts(world: World) -> None:
    sending = next(door for door in READING if door.key == ("conversation-message-list", "post"))

    response = world.send(sending, b'{"message_body": "first", "message_body": "last"}')
    refused = world.send(sending, b'{"message_body": "first", "message_body": null}')

    assert (response.status_code, response.json()["message_body"]) == (201, "last")
    assert complaint(refused, 400) is None


@pytest.mark.parametrize("door", READING, ids=str)
def test_names_that_no_field_has_are_ignored(world: World, door: Door) -> None:
    unknown = {"": 1, "__class__": {"a": []}, "constructor": None, "pk": 1, "is_superuser": True, "deleted_at": "now"}

    assert complaint(world.send(door, unknown | body_of(world, door)), success(door)) is None


@pytest.mark.usefixtures("unchanged")
def test_a_thousand_names_are_no_more_than_one(world: World) -> None:
    for door in READING:
        if door.method == "post" and door.route not in ("conversation-read", "sync", "typing"):
            body = {f"name-{number}": number for number in range(10_000)}
            assert complaint(world.send(door, body), 400) is None


# A stream has one type, whatever is asked for.
NEGOTIATING = [door for door in DOORS if door.route != "stream"]


# --- Headers --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("accept", ["text/nonsense", "nonsense", "x" * 8000, ",,,", "\xff/\xfe"])
def test_answer_in_no_type_of_ours_is_refused(world: World, accept: str) -> None:
    for door in NEGOTIATING:
        response = world.client.generic(door.method.upper(), world.address(door), HTTP_ACCEPT=accept)
        assert complaint(response, 406, "not_acceptable") is None, door


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("format_", ["xml", "..", "x" * 1000, "%FF"])
def test_answer_in_no_format_of_ours_is_not_there(world: World, format_: str) -> None:
    for door in NEGOTIATING:
        assert complaint(world.send(door, query=f"format={format_}"), 404, "not_found") is None, door


@pytest.mark.parametrize("method", ["TRACE", "PROPFIND", "NONSENSE", "PUT", "DELETE"])
def test_method_that_no_route_knows_is_refused(world: World, method: str) -> None:
    for door in DOORS:
        if method.lower() not in door.view.http_method_names or method.lower() not in {
            other.method for other in DOORS if other.route == door.route
        }:
            response = world.client.generic(method, world.address(door))
            assert complaint(response, 405, "method_not_allowed") is None, door


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "header", ["Basic", "Basic !!!", "Basic " + "x" * 8000, "Basic /w==", "Token", "Bearer x", "\xff", "Basic AA=="]
)
def test_credentials_that_are_none_let_nobody_in(world: World, header: str) -> None:
    for door in DOORS:
        if door.key != ("user-list", "post"):
            response = APIClient().generic(door.method.upper(), world.address(door), HTTP_AUTHORIZATION=header)
            assert response.status_code in (401, 403)
            assert complaint(response, response.status_code) is None
            assert response.json()["code"] in ("not_authenticated", "authentication_failed")


@pytest.mark.usefixtures("unchanged")
def test_host_that_is_not_ours_is_refused(world: World) -> None:
    for host in ("evil.example", "a b", "\xff", "x" * 5000):
        for address in ("/api/conversations/", "/api/messages/", "/api/config/"):
            assert world.client.get(address, HTTP_HOST=host).status_code == 400


@pytest.mark.parametrize("forwarded", ["x" * 10_000, "a b\tc", "١٢٣", "::1, , ,", "%00"])
def test_address_of_whoever_registers_may_be_anything(world: World, settings: Any, forwarded: str) -> None:
    settings.CONVO_THROTTLE_RATES = {"register": "1/hour"}
    door = next(door for door in READING if door.key == ("user-list", "post"))
    client, body = APIClient(raise_request_exception=False), json.dumps(body_of(world, door))

    def register() -> Any:
        return client.post("/api/users/", body, content_type="application/json", HTTP_X_FORWARDED_FOR=forwarded)

    assert complaint(register(), 201) is None
    assert complaint(register(), 429, "throttled") is None


# --- Cursors --------------------------------------------------------------------------------------------------------

# By the table of query parameters, which is that of the OpenAPI document.
# Those of a search, which needs words beside them, have their tests in `test_search.py`.
PAGED = [
    door
    for door in DOORS
    if door.method == "get" and "cursor" in PARAMETERS.get(door.route, ()) and door.route != "search"
]


def cursor_of(world: World, door: Door, query: str = "") -> str:
    """Return the cursor of the second page."""
    response = world.send(door, query=f"limit=1{query}")
    return parse_qs(urlsplit(response.json()["next"]).query)["cursor"][0]


@pytest.fixture
def lists(world: World) -> dict[str, str]:
    """Return a cursor of each list, of which each has two rows or more."""
    make_direct(world.ada, world.bob)
    make_group(world.ada, world.bob, kind="channel")
    for body in ("Yes", "No"):
        actions.send_message(actor=world.ada, conversation=world.group, body=body, thread_root=world.message)
        actions.edit_message(actor=None, message=world.message, body=body)
    schedule(world.ada, world.group)
    for user, message in ((world.ada, world.message), (world.cyd, world.own)):
        actions.mark_read(actor=user, conversation=world.group)
        actions.pin_message(actor=user, message=message)
    for name in ("dan", "eve"):
        other = make_user(name)
        actions.block_user(actor=world.ada, user=other)
        actions.impose_sanction(actor=world.ada, user=other, kind="mute")
    actions.report_message(actor=world.cyd, message=world.own, reason="other")
    return {door.route: cursor_of(world, door) for door in PAGED}


@pytest.mark.parametrize("door", PAGED, ids=str)
def test_cursor_that_is_altered_is_refused(world: World, lists: dict[str, str], door: Door) -> None:
    cursor, wrong = lists[door.route], {}
    value, _colon, signature = cursor.rpartition(":")
    altered = [
        cursor[:-1],
        cursor[1:],
        "x" + cursor,
        cursor + "x",
        cursor.swapcase(),
        value,
        f":{signature}",
        f"{value}:",
        f"{value[:-1]}{'A' if value[-1] != 'A' else 'B'}:{signature}",
        f"{value}:{signature[::-1]}",
        ":" * 1000,
        "W10:" + signature,
        "é:" + signature,
    ]
    altered += [other for route, other in lists.items() if route != door.route]
    for text in altered:
        wrong[text] = complaint(world.client.get(world.address(door), {"cursor": text}), 400, "invalid_cursor")

    assert {text: told for text, told in wrong.items() if told is not None} == {}
    assert complaint(world.client.get(world.address(door), {"cursor": cursor}), 200) is None


@pytest.mark.parametrize("door", PAGED, ids=str)
def test_cursor_of_another_user_is_refused(world: World, lists: dict[str, str], door: Door) -> None:
    world.bob.is_powerful = True
    world.client.force_authenticate(world.bob)

    response = world.client.get(world.address(door), {"cursor": lists[door.route]})

    assert complaint(response, 400, "invalid_cursor") is None


@pytest.mark.parametrize(
    ("route", "filters"),
    [
        ("conversation-list", "kind=group"),
        ("conversation-list", "joined=false"),
        ("conversation-list", "unknown=1"),
        ("message-list", "kind=user"),
        ("message-list", "conversation_id={group}"),
        ("user-list", "search=ad"),
        ("participant-list", "unknown=1"),
    ],
)
def test_cursor_of_other_filters_is_refused(world: World, lists: dict[str, str], route: str, filters: str) -> None:
    door = next(door for door in PAGED if door.route == route)
    query = f"{filters.format(group=world.group.pk)}&cursor={lists[route]}"

    assert complaint(world.send(door, query=query), 400, "invalid_cursor") is None


def test_cursor_of_another_conversation_is_refused(world: World, lists: dict[str, str]) -> None:
    other = make_group(world.ada, world.bob)

    response = world.client.get(f"/api/conversations/{other.pk}/participants/?cursor={lists['participant-list']}")

    assert complaint(response, 400, "invalid_cursor") is None


def test_cursor_of_another_secret_is_refused(world: World, lists: dict[str, str]) -> None:
    with override_settings(SECRET_KEY="another"):
        for door in PAGED:
            response = world.client.get(world.address(door), {"cursor": lists[door.route]})
            assert complaint(response, 400, "invalid_cursor") is None


@pytest.mark.usefixtures("unchanged")
def test_cursors_of_sync_and_of_lists_are_not_each_others(world: World) -> None:
    own = world.client.post("/api/sync/", {}, format="json").json()["cursor"]
    for cursor in (own[:-1], own[1:], "x" * 10_000, ":::", own.upper(), own.replace(":", "", 1), "é"):
        response = world.client.post("/api/sync/", {"cursor": cursor}, format="json")
        assert complaint(response, 400, "invalid_cursor") is None, cursor
    people = next(door for door in PAGED if door.route == "participant-list")
    foreign = world.client.post("/api/sync/", {"cursor": cursor_of(world, people)}, format="json")
    assert complaint(foreign, 400, "invalid_cursor") is None
    assert complaint(world.client.get("/api/users/", {"cursor": own}), 400, "invalid_cursor") is None
    world.client.force_authenticate(world.bob)
    taken = world.client.post("/api/sync/", {"cursor": own}, format="json")
    assert complaint(taken, 400, "invalid_cursor") is None


@pytest.mark.parametrize(
    ("number", "head", "status"),
    [
        (MOST_HEADS, 1, 200),
        (MOST_HEADS, LARGEST, 200),
        (MOST_HEADS + 1, 1, 400),
        (10_000, 1, 400),
        (1, -1, 400),
        (1, 1.5, 400),
        (1, True, 400),
        (1, "x", 400),
        (1, LARGEST + 1, 400),
        (1, 10**29, 400),
        (1, [1], 400),
        (1, None, 400),
    ],
)
def test_heads_are_few_and_numbers(world: World, number: int, head: Any, status: int) -> None:
    heads = {str(world.group.pk): head, **{str(uuid4()): head for _ in range(number - 1)}}

    assert complaint(world.client.post("/api/sync/", {"heads": heads}, format="json"), status) is None


@pytest.mark.parametrize("key", ["", "x", "1", "null", "x" * 10_000, UNKNOWN[:-1], UNKNOWN + "0", "\u202e", "ŧ" * 32])
def test_heads_are_named_by_ids(world: World, key: str) -> None:
    assert complaint(world.client.post("/api/sync/", {"heads": {key: 1}}, format="json"), 400) is None


# --- Metadata -------------------------------------------------------------------------------------------------------

WITH_METADATA = [door for door in READING if "metadata" in door.fields()]


def filled(size: int) -> dict[str, Any]:
    """Return metadata of so many bytes."""
    return {"k": "x" * (size - len('{"k": ""}'))}


def nested(depth: int) -> Any:
    return json.loads('{"a":' * depth + "1" + "}" * depth)


KEPT: dict[str, Any] = {
    "bytes": filled(4096),
    "depth": nested(5),
    "lists": {"a": [[[[]]]]},
    "empty_name": {"": ""},
    "digits": {"a": 10**4000, "b": -(10**29), "c": LARGEST + 1},
    "floats": {"a": 0.1, "b": -1.5, "c": 1e-7},
    "texts": {"\u202e": "👩‍👩‍👧", "é": "e\u0301", "a.b": "$", "__proto__": None, "\x01": "\x7f"},
    "cases": {"a": 1, "A": 2, "a ": 3, "á": 4},
    "booleans": {"a": True, "b": 1, "c": "1", "d": None},
}
REFUSED: dict[str, Any] = {
    "bytes": filled(4097),
    "characters": {"k": "é" * 2048},
    "large": {"k": "x" * 2**20},
    "names": {f"name-{number}": number for number in range(1000)},
    "depth": nested(6),
    "lists": {"a": [[[[[]]]]]},
    "nul": {"a": "\x00"},
    "nul_in_name": {"a": {"\x00": 1}},
    "surrogate": {"a": ["\ud800"]},
    "list": [1],
    "text": "{}",
    "number": 1,
    "null": None,
}


@pytest.mark.parametrize("door", WITH_METADATA, ids=str)
def test_metadata_within_its_limits_comes_back_as_it_was(world: World, door: Door) -> None:
    for name, metadata in KEPT.items():
        response = world.send(door, body_of(world, door) | {"metadata": metadata})
        assert complaint(response, success(door)) is None, name
        assert response.json()["metadata"] == metadata, name


def test_metadata_is_read_back_as_it_was_sent(world: World) -> None:
    for name, metadata in KEPT.items():
        body = {"message_body": name, "metadata": metadata}
        sent = world.client.post(f"/api/conversations/{world.group.pk}/messages/", body, format="json").json()
        read = world.client.get(f"/api/messages/{sent['message_id']}/").json()
        assert (read["metadata"], type(read["metadata"])) == (metadata, dict), name


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("door", WITH_METADATA, ids=str)
def test_metadata_beyond_its_limits_is_refused(world: World, door: Door) -> None:
    wrong = {
        name: complaint(world.send(door, body_of(world, door) | {"metadata": metadata}), 400)
        for name, metadata in REFUSED.items()
    }

    assert {name: told for name, told in wrong.items() if told is not None} == {}


# --- Texts that look hostile and are somebody's words ---------------------------------------------------------------

WORDS = [
    "\u202eright to left\u202c \u2066isolated\u2069",
    "\u200f\u05e9\u05dc\u05d5\u05dd \u200eworld\u061c",
    "👩‍👩‍👧‍👦 👍🏿 🏳️‍🌈 🇺🇳 🧑‍🚀",
    "e\u0301 is not é",
    "\ufeff mark, \u00ad hyphen, \u2028 line, \u2029 paragraph",
    "\uffff\ufdd0\U0010ffff\ue000",
    "\x01\x08\x1b[31m\x7f\x85",
    "  blanks around \r\n\t ",
    "Z" + "\u0300" * 500,
    "ﷺ" * 100,
    "%s {0} ${jndi:x} '; -- \\ \\u0000 \\",
    "<b>&amp;</b>",
    "x" * 10_000,
    "👩" * 10_000,
]


@pytest.mark.parametrize("words", WORDS, ids=range(len(WORDS)))
def test_words_come_back_byte_for_byte(world: World, words: str) -> None:
    messages = f"/api/conversations/{world.group.pk}/messages/"
    sent = world.client.post(messages, {"message_body": words}, format="json")
    one = world.client.get(f"{messages}{sent.json()['message_id']}/")
    window = world.client.get(messages)
    flat = world.client.get("/api/messages/")

    assert sent.status_code == 201
    read = [sent.json(), one.json(), window.json()["results"][0], flat.json()["results"][0]]
    assert [row["message_body"].encode() for row in read] == [words.encode()] * 4


@pytest.mark.parametrize("words", [words[:200] for words in WORDS], ids=range(len(WORDS)))
def test_titles_come_back_byte_for_byte(world: World, words: str) -> None:
    path = f"/api/conversations/{world.group.pk}/"
    changed = world.client.patch(path, {"title": words, "topic": words}, format="json")
    read = world.client.get(path).json()

    assert changed.status_code == 200
    assert (read["title"], read["topic"]) == (words, words)


def test_client_ids_are_compared_by_byte(world: World) -> None:
    path = f"/api/conversations/{world.group.pk}/messages/"
    ids = ["a", "A", "a ", " a", "á", "a\u0301", "👍", "👍🏿", "ß", "ss", "\u202ea", "a\ufe0f", "\x01", "\t"]

    sent = [world.client.post(path, {"message_body": "x", "client_id": text}, format="json") for text in ids]

    assert [response.status_code for response in sent] == [201] * len(ids)
    assert [response.json()["client_id"] for response in sent] == ids
