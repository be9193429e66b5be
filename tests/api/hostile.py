"""What a client could send that no client should: values for every door, and what makes them arrive as they are."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.test import override_settings
from django.urls import URLPattern, reverse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.api.base import StrictJSONParser
from django_convo.models import (
    AbstractConversation,
    AbstractMessage,
    Attachment,
    Report,
    Sanction,
    ScheduledMessage,
)
from django_convo.policy import Policy, capabilities
from django_convo.policy.roles import resolve_role
from django_convo.urls import urlpatterns
from tests.people import make_group, make_user
from tests.pictures import picture, upload

LARGEST = 2**63 - 1
UNKNOWN = str(uuid.UUID(int=7 << 76 | 2 << 62))
# Far from the small numbers below, where users have numbers for keys.
_FIRST_KEY = 1_000_000


class Raw(str):
    """JSON as it stands: what no encoder would write."""


# Refused whatever the field: not JSON as RFC 8259 has it, or no text that every database can store.
NOT_JSON: dict[str, Raw] = {
    "nan": Raw("NaN"),
    "infinity": Raw("Infinity"),
    "negative_infinity": Raw("-Infinity"),
    "overflowing_float": Raw("1e999"),
    "digits5000": Raw("9" * 5000),
    "deep": Raw("[" * 40 + "]" * 40),
    "deeper": Raw("[" * 100_000 + "]" * 100_000),
    "deep_object": Raw('{"a":' * 100_000 + "1" + "}" * 100_000),
    "raw_control": Raw('"a\x01b"'),
    "raw_nul": Raw('"a\x00b"'),
    "half_escape": Raw('"\\ud8"'),
}
NOT_TEXT: dict[str, Any] = {
    "nul": "a\x00b",
    "only_nul": "\x00",
    "surrogate": "a\ud800",
    "surrogates_reversed": "\udc00\ud800",
    "surrogate_key": {"\udfff": 1},
    "nul_in_depth": {"a": [{"b": ["\x00"]}]},
}
# Refused or accepted as the field says.
TEXTS: dict[str, str] = {
    "empty": "",
    "blank": " \t\n",
    "word": "nonsense",
    "traversal": "../../etc/passwd",
    "quotes": "'; DROP TABLE x; --\"",
    "markup": "<script>alert(1)</script>",
    "format": "%s%(a)s{0}\\%_",
    "controls": "\x01\x1b[2J\x7f",
    "bidi": "\u202eevil\u2066\u200f",
    "emoji": "👩‍👩‍👧🏽🏳️‍🌈",
    "noncharacter": "\uffff\U0010ffff",
    "combining": "e" + "\u0301" * 100,
    "unicode_digits": "١٢٣",
    "text_digits30": "9" * 30,
    "text_number": "-1",
    "uuid": UNKNOWN,
    "moment": "9999-12-31T23:59:59.999999Z",
    "first_moment": "0001-01-01T00:00:00Z",
    "moment_beyond": "9999-12-31T23:59:59-14:00",
    "moment_before": "0001-01-01T00:00:00+14:00",
    "no_day": "2026-02-30T00:00:00Z",
    "line": "x" * 2**20,
}
NUMBERS: dict[str, Any] = {
    "zero": 0,
    "one": 1,
    "negative": -1,
    "float": 1.5,
    "large_float": 1e308,
    "largest": LARGEST,
    "beyond_largest": LARGEST + 1,
    "digits30": 10**29,
    "negative_digits30": -(10**29),
    "digits4000": 10**3999,
}
OTHERS: dict[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "list": [],
    "list_of_null": [None],
    "list_of_list": [[]],
    "many": ["x"] * 10_000,
    "depth20": json.loads("[" * 20 + "]" * 20),
    "object": {},
    "object_of_list": {"a": []},
    "object_of_object": {"a": {"b": None}},
}
VALUES: dict[str, Any] = {**TEXTS, **NUMBERS, **OTHERS}

# As they stand in an address.
QUERIES: dict[str, str] = {
    **{name: quote(value, safe="") for name, value in TEXTS.items() if name != "line"},
    "line": "x" * 60_000,
    "zero": "0",
    "one": "1",
    "float": "1.5",
    "exponent": "1e3",
    "nan": "NaN",
    "infinity": "-Infinity",
    "largest": str(LARGEST),
    "beyond_largest": str(LARGEST + 1),
    "digits5000": "9" * 5000,
    "null": "null",
    "list": "[1]",
    "object": "%7B%22a%22%3A1%7D",
    "encoded_surrogate": "%ED%A0%80",
    "not_utf8": "%FF%FE",
    "not_encoded": "%zz%",
}
# Refused whatever the parameter.
BAD_QUERIES = {"nul": "a%00b", "only_nul": "%00"}
# As they stand in a path; what holds a slash belongs to no route at all.
PATHS: dict[str, str] = {
    "nul": "%00",
    "surrogate": "%ED%A0%80",
    "not_utf8": "%FF%FE",
    "not_encoded": "%zz",
    "long": "x" * 10_000,
    "digits30": "9" * 30,
    "digits5000": "9" * 5000,
    "negative": "-1",
    "unicode_digits": "%D9%A1" * 30,
    "blank": "%20",
    "line_end": "%0A",
    "dots": "..",
    "encoded_dots": "%2e%2e",
    "null": "null",
    "quotes": quote("'; DROP TABLE x; --\"", safe=""),
    "format": "%25s%25%5F",
    "bidi": quote("\u202e"),
    "emoji": quote("👩‍👩‍👧"),
    "braces": quote("{" + UNKNOWN + "}"),
    "unknown": UNKNOWN,
}
OFF_ROUTE = {"nothing": "", "traversal": "%2e%2e%2f", "slashes": "%2F%2F"}


# Lets Ada through the doors of moderators, whatever role the host's users have.
POWERS = {
    "powerful": [
        *capabilities.ORDINARY,
        capabilities.REPORT_REVIEW,
        capabilities.USER_SANCTION,
        capabilities.AUDIT_VIEW,
    ]
}


def resolve_powers(user: Any) -> str:
    """Return the role of the instances that the tests have marked, else the ordinary one."""
    return "powerful" if getattr(user, "is_powerful", False) else resolve_role(user)


class OpenPolicy(Policy):
    """Shows every subject, so that a hostile key is asked of the database."""

    def visible_subjects(self, actor: Any, model: type[models.Model]) -> models.QuerySet[Any]:
        return model._default_manager.all()


@dataclass(frozen=True, kw_only=True)
class Door:
    """One method of one route."""

    route: str
    method: str
    view: type[Any]
    action: str
    parts: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        return self.route, self.method

    def __str__(self) -> str:
        return f"{self.method}-{self.route}"

    @property
    def takes_json(self) -> bool:
        return StrictJSONParser in self.view.parser_classes

    def reader(self) -> serializers.Serializer[Any] | None:
        """Return what reads the body, or None where nothing does."""
        if self.action in self.view.inputs:
            return self.view.inputs[self.action]()  # type: ignore[no-any-return]
        if self.view.noun == "users" and self.method in ("post", "put", "patch"):
            return self.view(action=self.action).get_serializer_class()()  # type: ignore[no-any-return]
        return None

    def fields(self) -> list[str]:
        """Return each place in the body: `a`, `a.b` within an object, `a[]` of a list, `a{}` and `a{key}` of a map."""
        reader = self.reader()
        return [] if reader is None else list(_places(reader))


def _places(serializer: serializers.Serializer[Any], prefix: str = "") -> Iterator[str]:
    for name, field in serializer.fields.items():
        if field.read_only:
            continue
        place = prefix + name
        yield place
        if isinstance(field, serializers.Serializer):
            yield from _places(field, f"{place}.")
        elif isinstance(field, serializers.ListField):
            yield f"{place}[]"
        elif isinstance(field, serializers.DictField):
            yield from (f"{place}{{}}", f"{place}{{key}}")


def _door(pattern: URLPattern, method: str) -> Door:
    callback: Any = pattern.callback
    parts: Any = pattern.pattern
    return Door(
        route=str(pattern.name),
        method=method,
        view=callback.cls,
        action=callback.actions[method],
        parts=tuple(parts.converters),
    )


DOORS = [_door(pattern, method) for pattern in urlpatterns for method in pattern.callback.actions]  # type: ignore[attr-defined]


@dataclass(kw_only=True)
class World:
    """Ada, who asks; Bob and Cyd, whom she knows; and what they have said."""

    ada: Any
    bob: Any
    cyd: Any
    group: AbstractConversation
    message: AbstractMessage
    own: AbstractMessage
    scheduled: ScheduledMessage
    attachment: Attachment
    report: Report
    sanction: Sanction
    client: APIClient

    def address(self, door: Door, **replaced: str) -> str:
        """Return the path of a door, of things that are there; `replaced` stands as it is in place of a part."""
        there = {"conversation_id": self.group.pk, "message_id": self.message.pk}
        there["attachment_id"] = self.attachment.pk
        # One's own row, where one may change it; somebody else's, where one gives a role.
        there["scheduled_id"] = self.scheduled.pk
        there["emoji"] = "👍"
        there["user_id"] = self.bob.pk if door.route in ("participant-detail", "user-block") else self.ada.pk
        there["report_id"], there["sanction_id"] = self.report.pk, self.sanction.pk
        # One edits one's own message.
        if door.key in (("message-detail", "patch"), ("conversation-message-detail", "patch")):
            there["message_id"] = self.own.pk
        marks = {name: f"part-{name}" for name in replaced}
        kwargs = {name: marks.get(name, there[name]) for name in door.parts}
        path = reverse(f"django_convo:{door.route}", kwargs=kwargs)
        for name, mark in marks.items():
            path = path.replace(mark, replaced[name])
        return path

    def send(self, door: Door, body: Any = None, *, query: str = "", path: str | None = None) -> Any:
        """Make the request and undo what it did, if it was accepted; what a refusal wrote stays, to be found."""
        address = (self.address(door) if path is None else path) + (f"?{query}" if query else "")
        data = b"" if body is None else body if isinstance(body, bytes) else encode(body)
        with transaction.atomic():
            response = self.client.generic(door.method.upper(), address, data, content_type="application/json")
            transaction.set_rollback(not 400 <= response.status_code < 500)
        return response


def schedule(actor: Any, conversation: AbstractConversation) -> ScheduledMessage:
    """Let the actor have something to say tomorrow."""
    tomorrow = timezone.now() + timedelta(days=1)
    return actions.schedule_message(actor=actor, conversation=conversation, body="Still lit", send_at=tomorrow)


@contextmanager
def world_for_many() -> Iterator[World]:
    """Make the world once for many tests, each of which undoes what it did to it."""
    with override_settings(CONVO_ROLES=POWERS, CONVO_ROLE_RESOLVER="tests.api.hostile.resolve_powers"):
        atomic = transaction.atomic()
        atomic.__enter__()
        made = make_world()
    try:
        yield made
    finally:
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


def make_world() -> World:
    """Make the people and a group with a message to answer."""
    users = [make_user(name, **_key(number)) for number, name in enumerate(("ada", "bob", "cyd"))]
    ada, bob, cyd = users
    group = make_group(ada, bob, cyd, title="Lighthouse")
    files = [upload(bob, picture(), "lamp.jpg"), upload(bob)]
    message = actions.send_message(actor=bob, conversation=group, body="Is the lamp lit?", attachments=files)
    own = actions.send_message(actor=ada, conversation=group, body="It is lit.")
    scheduled = schedule(ada, group)
    report, _ = actions.report_message(actor=cyd, message=message, reason="other")
    outsider = make_user("outsider", **_key(len(users)))
    sanction, _ = actions.impose_sanction(actor=ada, user=outsider, kind="ban", conversation=group)
    ada.is_powerful = True
    return World(
        ada=ada,
        bob=bob,
        cyd=cyd,
        group=group,
        message=message,
        own=own,
        scheduled=scheduled,
        attachment=files[0],
        report=report,
        sanction=sanction,
        client=client_for(ada),
    )


def client_for(user: Any) -> APIClient:
    """Return a client that takes a failure of the server for an answer, to be found."""
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(user)
    return client


def _key(number: int) -> dict[str, Any]:
    is_number = isinstance(get_user_model()._meta.pk, models.IntegerField)
    return {"pk": _FIRST_KEY + number} if is_number else {}


def encode(value: Any) -> bytes:
    """Return the body, with `Raw` parts as they are."""
    raws: list[Raw] = []

    def mark(part: Any) -> Any:
        if isinstance(part, Raw):
            raws.append(part)
            return f"raw-part-{len(raws) - 1}"
        if isinstance(part, dict):
            return {key: mark(item) for key, item in part.items()}
        return [mark(item) for item in part] if isinstance(part, list) else part

    text = json.dumps(mark(value))
    for number, raw in enumerate(raws):
        text = text.replace(f'"raw-part-{number}"', raw)
    return text.encode()


def planted(body: dict[str, Any], place: str, value: Any, *, key: str) -> dict[str, Any]:
    """Return the body with the value in that place; `key` is one that a map knows."""
    name, *rest = place.split(".")
    if rest:
        return body | {name: body[name] | {rest[0]: value}}
    if place.endswith("[]"):
        return body | {place[:-2]: [value]}
    if place.endswith("{}"):
        return body | {place[:-2]: {key: value}}
    return body | ({place[:-5]: {value: 1}} if place.endswith("{key}") else {place: value})


def everything() -> dict[str, list[Any]]:
    """Return each row of each table."""
    tables = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    return {model._meta.label: sorted(map(repr, model._base_manager.values_list())) for model in tables}


def complaint(response: Any, status: int, code: str | None = None) -> str | None:
    """Return what is wrong with an answer, or None: another status, a refusal without a code, another code."""
    if response.status_code != status:
        return f"{response.status_code} instead of {status}: {response.content[:200]!r}"
    if status < 400:
        return None
    body = response.json()
    if code is not None and (not isinstance(body, dict) or body.get("code") != code):
        return f"{response.content[:200]!r} instead of {code}"
    is_coded = isinstance(body, dict) and set(body) == {"detail", "code"}
    is_by_field = isinstance(body, dict) and bool(body) and "code" not in body and all(map(_is_told, body.values()))
    return None if is_coded or is_by_field else f"neither a code nor fields: {response.content[:200]!r}"


def _is_told(told: Any) -> bool:
    """Say whether this is DRF's shape of what is wrong with a field: texts, by place within it."""
    if isinstance(told, dict):
        return all(map(_is_told, told.values()))
    return isinstance(told, list) and bool(told) and all(isinstance(text, str) or _is_told(text) for text in told)
