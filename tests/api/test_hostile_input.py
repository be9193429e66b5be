"""Hostile input on every field, query parameter and path: 4xx with a code, no row changed, alike on every database.

A field, parameter, path or route that is not in the tables fails the suite. What is accepted is listed; all else is
400, or 404 in a path.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldDoesNotExist
from django.utils import timezone

from django_convo.api.throttles import DEFAULT_RATES
from django_convo.urls import urlpatterns
from tests.api.hostile import (
    BAD_QUERIES,
    DOORS,
    NOT_JSON,
    NOT_TEXT,
    NUMBERS,
    OFF_ROUTE,
    PATHS,
    POWERS,
    QUERIES,
    TEXTS,
    UNKNOWN,
    VALUES,
    Door,
    World,
    client_for,
    complaint,
    everything,
    planted,
    world_for_many,
)

pytestmark = [pytest.mark.django_db, pytest.mark.exhaustive]

IS_DEFAULT = django_settings.SETTINGS_MODULE == "tests.projects.default.settings"
USER_MODEL: Any = get_user_model()
HAS_NUMBERED_USERS = USER_MODEL._meta.pk.get_internal_type().endswith("AutoField")


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    with django_db_blocker.unblock(), world_for_many() as world:
        yield world


@pytest.fixture
def world(made: World, settings: Any) -> World:
    settings.CONVO_USERS_API = "full"
    settings.CONVO_REGISTRATION = "open"
    settings.CONVO_POLICY = "tests.api.hostile.OpenPolicy"
    settings.CONVO_SUBJECT_MODELS = ["auth.Group"]
    settings.CONVO_THROTTLE_RATES = dict.fromkeys(DEFAULT_RATES)
    settings.CONVO_ROLES = POWERS
    settings.CONVO_ROLE_RESOLVER = "tests.api.hostile.resolve_powers"
    settings.AUTH_PASSWORD_VALIDATORS = []
    # Tests let others ask, too.
    return replace(made, client=client_for(made.ada))


# --- Bodies ---------------------------------------------------------------------------------------------------------

Answers = dict[str, int]
CREATING = {
    "conversation-list",
    "conversation-message-list",
    "message-list",
    "user-list",
    "conversation-message-forward",
    "message-forward",
    "conversation-message-report",
    "message-report",
    "sanction-list",
}


def texts(longest: int, *, numbers: bool = True, without: Iterable[str] = ("empty",)) -> set[str]:
    """Return the names of the values that a text of so many characters may be; DRF reads a number as one."""
    found = {name for name, text in TEXTS.items() if len(text) <= longest}
    found |= {name for name, number in NUMBERS.items() if numbers and len(str(number)) <= longest}
    return found - set(without)


NOTHING: set[str] = set()
KEPT = texts(200, without=())
TOPIC = texts(1000, without=())
BODY = texts(10_000, without=("empty", "blank"))
CLIENT_ID = texts(64) | {"null"}
METADATA = {"object", "object_of_list", "object_of_object"}
FLAG = {"true", "false", "zero", "one"}
MOMENT = {"null", "moment", "first_moment"}
NUMBER = {"zero", "one", "largest", "unicode_digits"}
# Read as the 128 bits of a UUID, or written as one: well-formed, and not there.
NOT_THERE = {"true", "false", "zero", "one", "largest", "beyond_largest", "digits30", "uuid"}
# In the places of the columns of every test project's user model.
USER = {
    "email": NOTHING,
    "username": texts(150, without=()) & {"word", "unicode_digits", "text_digits30", "text_number", "uuid"}
    | {
        "zero",
        "one",
        "negative",
        "float",
        "largest",
        "beyond_largest",
        "large_float",
        "digits30",
        "negative_digits30",
    },
    "phone": texts(64, without=("empty", "blank")),
    "first_name": texts(150, without=("empty", "blank")),
    "last_name": texts(150, without=("empty", "blank")),
    "phone_number": texts(32, without=("empty", "blank")),
    "role": NOTHING,
    "password": texts(1024),
}
CREATION = {"title": KEPT, "topic": TOPIC, "metadata": METADATA}
MENTIONS = {"mentions": {"list"}, "mentions[]": NOTHING}
EDITING = {"message_body": BODY, "metadata": METADATA, **MENTIONS}
SENDING = EDITING | {
    "client_id": CLIENT_ID,
    "reply_to": {"null"},
    "thread_root": {"null"},
    "attachments": {"list"},
    "attachments[]": NOTHING,
    "send_at": {"null"},
}
NOTE = texts(10_000, without=())
REPORTING = {"reason": NOTHING, "comment": NOTE}
FORWARDING = {"conversation": NOTHING, "client_id": CLIENT_ID}
FIELDS: dict[tuple[str, str], dict[str, set[str]]] = {
    ("conversation-list", "post"): CREATION
    | {
        "participants": {"list"},
        "participants[]": NOTHING,
        "kind": {"null"},
        "subject": {"null"},
        "subject.type": NOTHING,
        "subject.id": NOTHING,
        "message_body": BODY | {"null"},
        "client_id": CLIENT_ID,
    },
    ("conversation-detail", "patch"): CREATION | {"slow_mode_seconds": {"zero", "one", "unicode_digits"}},
    ("conversation-message-report", "post"): REPORTING,
    ("message-report", "post"): REPORTING,
    ("report-detail", "patch"): {"status": NOTHING, "resolution": NOTE, "delete_message": FLAG},
    ("sanction-list", "post"): {
        "user_id": NOTHING,
        "kind": NOTHING,
        "conversation": {"null"},
        "reason": NOTE,
        "expires_at": {"null", "moment"},
    },
    ("conversation-add-participant", "post"): {"user_id": NOTHING, "role": NOTHING},
    ("conversation-remove-participant", "post"): {"user_id": NOTHING},
    ("participant-detail", "patch"): {"role": NOTHING},
    ("membership", "patch"): {"archived": FLAG, "pinned": FLAG, "muted_until": MOMENT, "notify": NOTHING},
    ("conversation-read", "post"): {"seq": NUMBER | {"null"}},
    ("conversation-unread", "post"): {"seq": NUMBER - {"zero"}},
    ("conversation-message-list", "post"): SENDING,
    ("message-list", "post"): SENDING | {"conversation": NOTHING},
    ("conversation-message-detail", "patch"): EDITING,
    ("message-detail", "patch"): EDITING,
    ("conversation-message-forward", "post"): FORWARDING,
    ("message-forward", "post"): FORWARDING,
    ("scheduled-detail", "patch"): EDITING | {"send_at": NOTHING},
    ("draft", "put"): {"message_body": BODY | {"empty", "blank"}, "reply_to": {"null"}},
    ("typing", "post"): {"is_typing": FLAG},
    ("sync", "post"): {
        "cursor": {"null"},
        "heads": {"null", "object"},
        "heads{}": NUMBER,
        "heads{key}": {"uuid"},
    },
}
OTHERWISE: dict[tuple[str, str, str], Answers] = {
    ("message-list", "post", "conversation"): dict.fromkeys(NOT_THERE, 404),
    ("conversation-message-forward", "post", "conversation"): dict.fromkeys(NOT_THERE, 404),
    ("message-forward", "post", "conversation"): dict.fromkeys(NOT_THERE, 404),
    ("sanction-list", "post", "conversation"): dict.fromkeys(NOT_THERE, 404),
}
for _door in (("user-list", "post"), ("user-detail", "put"), ("user-detail", "patch")):
    FIELDS[_door] = USER


def body_of(world: World, door: Door) -> dict[str, Any]:
    """Return a body that the door accepts, with something in every place."""
    bodies: dict[str, dict[str, Any]] = {
        "conversation-list": {
            "participants": [str(world.bob.pk), str(world.cyd.pk)],
            "kind": "group",
            "title": "Harbour",
            "topic": "Boats",
            "metadata": {"colour": "red"},
            "message_body": "Ahoy",
            "client_id": "one",
        },
        "conversation-detail": {
            "title": "Harbour",
            "topic": "Boats",
            "metadata": {"colour": "red"},
            "slow_mode_seconds": 5,
        },
        "message-report": {"reason": "spam", "comment": "Darkness"},
        "report-detail": {"status": "resolved", "resolution": "Lit", "delete_message": True},
        "sanction-list": {
            "user_id": str(world.bob.pk),
            "kind": "mute",
            "conversation": str(world.group.pk),
            "reason": "Noise",
            "expires_at": "2100-01-01T00:00:00Z",
        },
        "conversation-add-participant": {"user_id": str(world.bob.pk), "role": "member"},
        "conversation-remove-participant": {"user_id": str(world.bob.pk)},
        "participant-detail": {"role": "observer"},
        "membership": {"archived": True, "pinned": True, "muted_until": None, "notify": "none"},
        "conversation-read": {"seq": 1},
        "conversation-unread": {"seq": 1},
        "conversation-message-list": {
            "message_body": "Yes",
            "client_id": "two",
            "reply_to": str(world.message.pk),
            "thread_root": str(world.message.pk),
            "attachments": [],
            "mentions": [str(world.bob.pk)],
            "metadata": {"colour": "red"},
            "send_at": None,
        },
        "message-forward": {"conversation": str(world.group.pk), "client_id": "three"},
        "scheduled-detail": {
            "message_body": "No",
            "mentions": [str(world.bob.pk)],
            "metadata": {"colour": "blue"},
            "send_at": (timezone.now() + timedelta(days=2)).isoformat(),
        },
        "message-detail": {
            "message_body": "No",
            "mentions": [str(world.bob.pk)],
            "metadata": {"colour": "blue"},
        },
        "draft": {"message_body": "Yes", "reply_to": str(world.message.pk)},
        "typing": {"is_typing": True},
        "sync": {"heads": {str(world.group.pk): 1}},
    }
    bodies["conversation-message-detail"] = bodies["message-detail"]
    bodies["conversation-message-forward"] = bodies["message-forward"]
    bodies["conversation-message-report"] = bodies["message-report"]
    bodies["message-list"] = bodies["conversation-message-list"] | {"conversation": str(world.group.pk)}
    if not door.route.startswith("user-"):
        return bodies[door.route]
    own = {"email": "new@example.com", "username": "new", "phone": "1", "first_name": "N", "last_name": "E"}
    own |= {"phone_number": "2", "password": "long enough"}
    return {name: value for name, value in own.items() if name in door.fields()}


READING = [door for door in DOORS if door.fields() and door.takes_json]
# Their bodies are no JSON: tests/api/test_attachments.py has what is hostile there.
UPLOADING = [door for door in DOORS if door.fields() and not door.takes_json]
PLACES = [(door, place) for door in READING for place in door.fields()]


def test_every_field_of_every_body_is_in_the_table() -> None:
    found = {door.key: set(door.fields()) for door in READING}
    fixed = {key: places for key, places in found.items() if not key[0].startswith("user-")}

    assert fixed == {key: set(places) for key, places in FIELDS.items() if not key[0].startswith("user-")}
    for key in found.keys() - fixed.keys():
        assert found[key] <= set(USER), key
    if IS_DEFAULT:
        assert set(USER) - found["user-list", "post"] == {"username", "phone"}


@pytest.mark.parametrize("door", READING, ids=str)
def test_body_of_the_tables_is_accepted(world: World, door: Door) -> None:
    assert complaint(world.send(door, body_of(world, door)), success(door)) is None


@pytest.mark.parametrize(("door", "place"), PLACES, ids=lambda value: str(value))
def test_field_refuses_what_it_cannot_hold(world: World, door: Door, place: str) -> None:
    valid = body_of(world, door)
    valid |= {"subject": {"type": "auth.group", "id": "1"}} if place.startswith("subject.") else {}
    accepted, otherwise = accepted_in(door, place), OTHERWISE.get((*door.key, place), {})
    before, wrong = everything(), {}

    def send(name: str, value: Any, status: int, code: str | None = None) -> None:
        if place.endswith("{key}") and not isinstance(value, str):
            return
        response = world.send(door, planted(valid, place, value, key=str(world.group.pk)))
        wrong[name] = complaint(response, status, code)

    for name, value in VALUES.items():
        send(name, value, success(door) if name in accepted else otherwise.get(name, 400))
    for name, value in NOT_TEXT.items():
        send(name, value, 400, "invalid_input")
    if not place.endswith("{key}"):
        for name, value in NOT_JSON.items():
            send(name, value, 400, "parse_error")

    assert {name: told for name, told in wrong.items() if told is not None} == {}
    assert everything() == before


def success(door: Door) -> int:
    if door.route == "typing":
        return 204
    return 201 if door.route in CREATING else 200


def accepted_in(door: Door, place: str) -> set[str]:
    """Return what the place accepts; a column of the host's users also nothing, where the column says so."""
    accepted = FIELDS[door.key][place]
    if not door.route.startswith("user-"):
        return accepted
    try:
        column = USER_MODEL._meta.get_field(place)
    except FieldDoesNotExist:
        return accepted
    return accepted | ({"empty", "blank"} if column.blank else set()) | ({"null"} if column.null else set())


# --- Query parameters -----------------------------------------------------------------------------------------------

TEXT = set(QUERIES) - {"digits5000", "line"}
COUNT = {"empty", "one", "largest"}
POSITION = COUNT | {"zero"}
SWITCH = {"empty", "zero", "one"}
TIME = {"empty", "moment", "first_moment"}
USER_KEY = {"empty", "zero", "one", "unicode_digits", "text_number"} if HAS_NUMBERED_USERS else {"empty", "uuid"}
WINDOW = {"before": POSITION, "after": POSITION, "around": POSITION, "limit": COUNT, "anchor": {"empty"}}
PAGE = {"cursor": {"empty"}, "limit": COUNT}
PARAMETERS: dict[str, dict[str, set[str]]] = {
    "conversation-list": PAGE
    | {
        "kind": {"empty"},
        "unread": SWITCH,
        "archived": SWITCH,
        "pinned": SWITCH,
        "joined": SWITCH,
        "participant": USER_KEY,
        "subject_type": {"empty", "float", "moment"},  # well-formed: with one dot
        "subject_id": set(QUERIES),
        "search": TEXT,
    },
    "participant-list": PAGE,
    "message-list": PAGE
    | {
        "conversation_id": {"empty", "uuid"},
        "sender": USER_KEY,
        "sent_after": TIME,
        "sent_before": TIME,
        "has_attachment": SWITCH,
        "saved": SWITCH,
        "mentions_me": SWITCH,
        "thread_root": {"empty", "uuid"},
        "kind": {"empty"},
        "search": TEXT,
    },
    "message-by-conversation": WINDOW | {"conversation_id": set()},
    "conversation-message-list": WINDOW,
    "event-list": {"after": POSITION, "limit": COUNT},
    "attachment-download": {"token": {"empty"}, "thumbnail": SWITCH},
    "conversation-attachment-list": PAGE,
    **{f"{prefix}message-{name}": PAGE for prefix in ("", "conversation-") for name in ("revisions", "replies")},
    **dict.fromkeys(("pin-list", "receipt-list", "message-readers", "conversation-message-readers"), PAGE),
    "scheduled-list": PAGE | {"status": {"empty"}},
    "search": PAGE | {"q": TEXT - {"empty"}, "conversation_id": {"empty", "uuid"}, "sender": USER_KEY},
    "block-list": PAGE,
    "report-list": PAGE | {"status": {"empty"}},
    "sanction-list": PAGE | {"conversation_id": {"empty"}, "user": USER_KEY, "active": SWITCH},
    "audit-list": PAGE
    | {"action": {"empty"}, "actor": USER_KEY, "user": USER_KEY, "conversation_id": {"empty", "uuid"}},
    "user-list": PAGE | {"search": TEXT - {"blank", "zero", "one"}},
}
CODES = {"cursor": "invalid_cursor"}
# Under which other parameters a parameter is asked.
BESIDE = {"subject_id": "subject_type=auth.group&"}
LISTS = {door.route: door for door in DOORS if door.method == "get"}
ASKED = [(LISTS[route], parameter) for route, parameters in PARAMETERS.items() for parameter in parameters]


@pytest.mark.skipif(not IS_DEFAULT, reason="the OpenAPI document is the default project's")
def test_every_query_parameter_and_body_is_in_the_tables() -> None:
    yaml = pytest.importorskip("yaml", reason="the document is YAML")
    file = Path(__file__).parents[2] / "docs" / "reference" / "openapi.yaml"
    paths = yaml.safe_load(file.read_text(encoding="utf-8"))["paths"]
    asked: dict[str, set[str]] = {}
    bodies = set()
    for door in DOORS:
        operation = paths[_template(door)][door.method]
        named = {item["name"] for item in operation.get("parameters", ()) if item["in"] == "query"}
        # A stream is served by ASGI alone: its own tests have what is no cursor.
        if named and door.route != "stream":
            asked[door.route] = named
        if "requestBody" in operation:
            bodies.add(door.key)

    assert asked == {route: set(parameters) for route, parameters in PARAMETERS.items()}
    assert bodies == {door.key for door in READING + UPLOADING}


def _template(door: Door) -> str:
    pattern = next(pattern for pattern in urlpatterns if pattern.name == door.route)
    return "/api/" + str(pattern.pattern).replace("<str:", "{").replace(">", "}")


@pytest.mark.parametrize(("door", "parameter"), ASKED, ids=lambda value: str(value))
def test_parameter_refuses_what_it_cannot_mean(world: World, door: Door, parameter: str) -> None:
    accepted = PARAMETERS[door.route][parameter]
    beside = BESIDE.get(parameter, "")
    if door.route == "message-by-conversation" and parameter != "conversation_id":
        beside = f"conversation_id={world.group.pk}&"
    if door.route == "search" and parameter != "q":
        beside = "q=lamp&"
    before, wrong = everything(), {}

    def ask(name: str, value: str, status: int, code: str) -> None:
        wrong[name] = complaint(world.send(door, query=f"{beside}{parameter}={value}"), status, code)

    for name, value in QUERIES.items():
        status, code = special(door, parameter, name) or (400, CODES.get(parameter, f"{parameter}_invalid"))
        ask(name, value, 200 if name in accepted else status, code)
    for name, value in BAD_QUERIES.items():
        ask(name, value, 400, "invalid_input")

    assert {name: told for name, told in wrong.items() if told is not None} == {}
    assert everything() == before


def special(door: Door, parameter: str, name: str) -> tuple[int, str] | None:
    """Return what a parameter answers that is neither a list nor its own refusal."""
    if (door.route, parameter) == ("message-by-conversation", "conversation_id"):
        return {"empty": (400, "conversation_id_required"), "uuid": (404, "not_found")}.get(name)
    if (door.route, parameter, name) == ("sanction-list", "conversation_id", "uuid"):
        return 404, "not_found"
    if parameter == "token":
        return 404, "not_found"
    if parameter == "q" and name == "empty":
        return 400, "q_required"
    if door.route != "user-list" and parameter in ("q", "search"):
        return 400, "search_too_long"
    if parameter == "search":
        return (400, "search_too_short") if name in ("blank", "zero", "one") else None
    return None


# --- Paths ----------------------------------------------------------------------------------------------------------

PARTS = [(door, part) for door in DOORS for part in door.parts]


@pytest.mark.parametrize(("door", "part"), PARTS, ids=lambda value: str(value))
def test_path_finds_nothing_under_a_hostile_name(world: World, door: Door, part: str) -> None:
    body = body_of(world, door) if door.fields() else None
    before, wrong = everything(), {}

    for name, value in PATHS.items():
        response = world.send(door, body, path=world.address(door, **{part: value}))
        status, code = as_emoji(door, name) if part == "emoji" else (404, "not_found")
        wrong[name] = complaint(response, status, code)
    for name, value in OFF_ROUTE.items():
        # No route: the answer is the host's.
        if world.send(door, body, path=world.address(door, **{part: value})).status_code != 404:
            wrong[name] = "found"

    assert {name: told for name, told in wrong.items() if told is not None} == {}
    assert everything() == before


def as_emoji(door: Door, name: str) -> tuple[int, str]:
    """Return what a name answers where an emoji stands; taking back what cannot be there changes nothing."""
    is_accepted = name == "emoji" if door.method == "put" else name not in ("nul", "long", "digits5000")
    return (200, "") if is_accepted else (400, "invalid_emoji")


def test_every_part_of_a_path_is_known() -> None:
    assert {part for door in DOORS for part in door.parts} == {
        "conversation_id",
        "attachment_id",
        "emoji",
        "message_id",
        "report_id",
        "sanction_id",
        "scheduled_id",
        "user_id",
    }
    assert PATHS["unknown"] == UNKNOWN
