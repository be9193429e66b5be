"""Settings whose value cannot be, and names that nobody reads."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from django_convo import checks
from django_convo.checks.values import (
    EXAMPLES,
    check_mention_field,
    check_names,
    check_page_sizes,
    check_throttle_scopes,
    check_values,
)
from django_convo.conf import all_settings
from tests.checks.found import found, only, written

WRONG: dict[str, list[Any]] = {
    "CONVO_CONVERSATION_MODEL": ["Conversation", "a.b.c", ".Conversation", None],
    "CONVO_MESSAGE_MODEL": ["Message", "chat.", 1],
    "CONVO_POLICY": ["Policy", None, object],
    "CONVO_ROLE_RESOLVER": ["resolve", None],
    "CONVO_ROLES": [["guest"], {"guest": "message.send"}, {"guest": [1]}, {1: []}, None],
    "CONVO_CONVERSATION_ROLES": [["owner"], {"owner": "message.send"}, None],
    "CONVO_SUBJECT_MODELS": ["bookings.Booking", [1], None],
    "CONVO_USERS_API": ["rw", None, True],
    "CONVO_REGISTRATION": ["on", True, None],
    "CONVO_USER_SERIALIZER": ["Serializer", object],
    "CONVO_SERIALIZERS": [["a.b"], {"message": "Serializer"}, {"message": None}, None],
    "CONVO_PERMISSION_CLASSES": ["a.b", [object], None],
    "CONVO_THROTTLE_RATES": [{"send": "60"}, {"send": 60}, {"send": "many/min"}, {"send": "60/year"}, "60/min", None],
    "CONVO_MESSAGE_HOOKS": ["a.b", [object], None],
    "CONVO_EDIT_WINDOW": [10, timedelta(0)],
    "CONVO_UNDO_WINDOW": [300, timedelta(0), None],
    "CONVO_MENTION_FIELD": ["", 1],
    "CONVO_REACTIONS": ["👍", [1]],
    "CONVO_READ_RECEIPTS": ["on", 1, None],
    "CONVO_LARGE_CONVERSATION": [1, "200", None],
    "CONVO_SEARCH_BACKEND": ["Backend", object],
    "CONVO_ATTACHMENT_STORAGE": ["", None],
    "CONVO_ATTACHMENT_TYPES": ["image/png", [1], None],
    "CONVO_ATTACHMENT_MAX_BYTES": [0, "1", None],
    "CONVO_ATTACHMENT_MAX_PIXELS": [0, None],
    "CONVO_ATTACHMENT_MAX_PER_MESSAGE": [0, None],
    "CONVO_ATTACHMENT_MAX_UNSENT": [0, None],
    "CONVO_ATTACHMENT_THUMBNAIL_PIXELS": [15, None],
    "CONVO_ATTACHMENT_URL_LIFETIME": [600, timedelta(0), None],
    "CONVO_ATTACHMENT_UNSENT_RETENTION": [1, timedelta(0), None],
    "CONVO_ATTACHMENT_RESPONSE": ["serve", object],
    "CONVO_REALTIME_BROKER": ["redis", None, object],
    "CONVO_WEBSOCKET_URL": ["", 1],
    "CONVO_ALLOWED_ORIGINS": ["https://example.com", [1], None],
    "CONVO_TICKET_LIFETIME": [30, timedelta(0), None],
    "CONVO_REALTIME_SWEEP": [2, timedelta(0), None],
    "CONVO_REALTIME_MAX_CONNECTIONS": [0, None],
    "CONVO_REALTIME_MAX_FRAME_BYTES": [1_023, None],
    "CONVO_REALTIME_FRAMES_PER_SECOND": [0, None],
    "CONVO_REALTIME_QUEUE_BYTES": [65_535, None],
    "CONVO_REALTIME_THREADS": [0, None],
    "CONVO_MAX_MENTIONS": [0, None],
    "CONVO_MAX_REACTIONS": [0, None],
    "CONVO_MAX_PINS": [0, None],
    "CONVO_MAX_SCHEDULED": [0, None],
    "CONVO_SCHEDULE_MAX_AHEAD": [365, timedelta(0), None],
    "CONVO_SLOW_MODE_MAX_SECONDS": [0, None],
    "CONVO_SEARCH_MAX_LENGTH": [0, None],
    "CONVO_MESSAGE_MAX_LENGTH": [0, -1, "100", 1.5, True, None],
    "CONVO_MAX_PARTICIPANTS": [1, None],
    "CONVO_METADATA_MAX_BYTES": [1, None],
    "CONVO_METADATA_MAX_DEPTH": [0, None],
    "CONVO_PAGE_SIZE": [0, "50"],
    "CONVO_MAX_PAGE_SIZE": [0, "200"],
    "CONVO_SYNC_MAX_EVENTS": [0, None],
    "CONVO_HISTORY_FOR_NEW_PARTICIPANTS": ["some", None],
    "CONVO_EVENT_RETENTION": [30, timedelta(0), timedelta(days=-1), None],
    "CONVO_MESSAGE_RETENTION": [timedelta(days=1), {"group": 1}, {"room": timedelta(days=1)}, None],
    "CONVO_EPOCH": ["", 1, None],
}


def test_every_setting_has_a_wrong_value_here() -> None:
    assert set(WRONG) == {setting.name for setting in all_settings()}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_wrong_value_is_an_error_whose_hint_is_acceptable(settings: Any, name: str, value: Any) -> None:
    setattr(settings, name, value)

    message = only(check_values)

    assert message.id == "django_convo.E002"
    assert message.msg.startswith(f"{name} must be ")
    assert repr(value) in message.msg
    setattr(settings, name, written(message)[name])
    assert found(check_values) == []


@pytest.mark.parametrize("name", sorted(WRONG))
def test_wrong_value_stops_no_other_check(settings: Any, name: str) -> None:
    for value in WRONG[name]:
        setattr(settings, name, value)
        for check in (*checks.ALWAYS, *checks.ON_DEPLOY):
            check(None)


def test_examples_are_of_settings_that_exist() -> None:
    assert set(EXAMPLES) <= set(WRONG)


def test_page_larger_than_the_largest_page_is_an_error(settings: Any) -> None:
    settings.CONVO_PAGE_SIZE = 300

    message = only(check_page_sizes)

    assert message.id == "django_convo.E003"
    assert written(message) == {"CONVO_MAX_PAGE_SIZE": 300}
    settings.CONVO_MAX_PAGE_SIZE = 300
    assert found(check_page_sizes) == []


def test_unknown_name_is_a_warning_that_names_what_was_meant(settings: Any) -> None:
    settings.CONVO_MESSAGE_MAX_LENGHT = 500

    message = only(check_names)

    assert message.id == "django_convo.W005"
    assert written(message) == {"CONVO_MESSAGE_MAX_LENGTH": 500}


def test_unknown_name_like_no_other_is_to_be_removed(settings: Any) -> None:
    settings.CONVO_QQQQQQQQQQQQ = 1

    assert only(check_names).hint == "Remove the line."


def test_known_names_are_no_warning() -> None:
    assert found(check_names) == []


def test_unknown_throttle_scope_is_a_warning(settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"create": None, "sending": "60/min"}

    message = only(check_throttle_scopes)

    assert message.id == "django_convo.W006"
    assert "'sending'" in message.msg
    assert written(message) == {"CONVO_THROTTLE_RATES": {"send": "60/min"}}


def test_mention_field_that_users_have_not_is_an_error(settings: Any) -> None:
    assert found(check_mention_field) == []
    settings.CONVO_MENTION_FIELD = "nick"

    message = only(check_mention_field)

    assert message.id == "django_convo.E021"
    settings.CONVO_MENTION_FIELD = written(message)["CONVO_MENTION_FIELD"]
    assert found(check_mention_field) == []
