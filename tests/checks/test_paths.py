"""Settings that name Python objects."""

from __future__ import annotations

from typing import Any

import pytest
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.serializers import Serializer

from django_convo.checks.paths import check_dotted_paths
from tests.checks.found import found, only, written

EitherOne = IsAuthenticated | IsAdminUser


class OwnSerializer(Serializer[Any]):
    pass


def just_a_function() -> None:
    return None


NOT_A_CLASS = "a text"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("CONVO_POLICY", "nowhere.at.All"),
        ("CONVO_POLICY", f"{__name__}.Missing"),
        ("CONVO_ROLE_RESOLVER", "nowhere.at.all"),
        ("CONVO_USER_SERIALIZER", "nowhere.at.All"),
        ("CONVO_SERIALIZERS", {"message": "nowhere.at.All"}),
        ("CONVO_PERMISSION_CLASSES", ["nowhere.at.All"]),
        ("CONVO_MESSAGE_HOOKS", ["nowhere.at.all"]),
        ("CONVO_MESSAGE_HOOKS", [f"{__name__}.just_a_function", f"{__name__}.missing"]),
        ("CONVO_PERMISSION_CLASSES", ["IsAuthenticated"]),
    ],
)
def test_path_that_does_not_import_is_an_error(settings: Any, setting: str, value: Any) -> None:
    setattr(settings, setting, value)

    message = only(check_dotted_paths)

    assert message.id == "django_convo.E006"
    assert message.msg.startswith(setting)
    assert setting in written(message)


@pytest.mark.parametrize("name", ["just_a_function", "NOT_A_CLASS", "EitherOne"])
@pytest.mark.parametrize(
    ("setting", "number"),
    [
        ("CONVO_POLICY", "E007"),
        ("CONVO_USER_SERIALIZER", "E009"),
        ("CONVO_SERIALIZERS", "E009"),
    ],
)
def test_path_to_something_else_is_an_error(settings: Any, setting: str, number: str, name: str) -> None:
    path = f"{__name__}.{name}"
    setattr(settings, setting, {"message": path} if setting == "CONVO_SERIALIZERS" else path)

    message = only(check_dotted_paths)

    assert message.id == f"django_convo.{number}"
    assert path in message.msg
    assert setting in written(message)


@pytest.mark.parametrize("name", ["just_a_function", "NOT_A_CLASS", "OwnSerializer"])
def test_permission_that_is_none_is_an_error(settings: Any, name: str) -> None:
    settings.CONVO_PERMISSION_CLASSES = ["rest_framework.permissions.IsAuthenticated", f"{__name__}.{name}"]

    message = only(check_dotted_paths)

    assert message.id == "django_convo.E010"
    assert name in message.msg


def test_role_resolver_that_cannot_be_called_is_an_error(settings: Any) -> None:
    settings.CONVO_ROLE_RESOLVER = f"{__name__}.NOT_A_CLASS"

    message = only(check_dotted_paths)

    assert message.id == "django_convo.E008"
    assert written(message) == {"CONVO_ROLE_RESOLVER": "django_convo.policy.roles.resolve_role"}


def test_serializer_for_a_shape_that_does_not_exist_is_a_warning(settings: Any) -> None:
    settings.CONVO_SERIALIZERS = {"mesage": f"{__name__}.OwnSerializer"}

    message = only(check_dotted_paths)

    assert message.id == "django_convo.W007"
    assert written(message) == {"CONVO_SERIALIZERS": {"message": f"{__name__}.OwnSerializer"}}


def test_paths_to_what_is_asked_for_are_fine(settings: Any) -> None:
    settings.CONVO_ROLE_RESOLVER = f"{__name__}.just_a_function"
    settings.CONVO_USER_SERIALIZER = f"{__name__}.OwnSerializer"
    settings.CONVO_SERIALIZERS = {"message": f"{__name__}.OwnSerializer"}
    settings.CONVO_PERMISSION_CLASSES = ["rest_framework.permissions.IsAuthenticated", f"{__name__}.EitherOne"]

    assert found(check_dotted_paths) == []


def test_hook_that_cannot_be_called_is_an_error(settings: Any) -> None:
    settings.CONVO_MESSAGE_HOOKS = [f"{__name__}.just_a_function", f"{__name__}.NOT_A_CLASS"]

    message = only(check_dotted_paths)

    assert message.id == "django_convo.E019"
    assert "NOT_A_CLASS" in message.msg
    assert "CONVO_MESSAGE_HOOKS" in written(message)


def test_hooks_that_can_be_called_are_fine(settings: Any) -> None:
    settings.CONVO_MESSAGE_HOOKS = [f"{__name__}.just_a_function", f"{__name__}.OwnSerializer"]

    assert found(check_dotted_paths) == []


def test_search_backend_that_is_none_is_an_error(settings: Any) -> None:
    settings.CONVO_SEARCH_BACKEND = f"{__name__}.just_a_function"

    message = only(check_dotted_paths)

    assert message.id == "django_convo.E020"
    settings.CONVO_SEARCH_BACKEND = written(message)["CONVO_SEARCH_BACKEND"]
    assert found(check_dotted_paths) == []
