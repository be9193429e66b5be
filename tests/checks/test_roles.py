"""The role tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps

from django_convo.checks import roles
from django_convo.checks.roles import check_capabilities, check_conversation_roles, check_roles_of_users
from django_convo.contrib.accounts.models import AbstractAccount
from django_convo.policy import capabilities
from tests.checks.found import found, only, written


@pytest.mark.parametrize("setting", ["CONVO_ROLES", "CONVO_CONVERSATION_ROLES"])
@pytest.mark.parametrize(
    ("name", "meant"), [("message.sned", "message.send"), ("-message.sned", "-message.send"), ("", "message.send")]
)
def test_unknown_capability_is_an_error(settings: Any, setting: str, name: str, meant: str) -> None:
    setattr(settings, setting, {"member": ["message.send", name]})

    message = only(check_capabilities)

    assert message.id == "django_convo.E004"
    assert written(message) == {setting: {"member": [meant]}}


def test_capability_that_no_conversation_role_gives_is_a_warning(settings: Any) -> None:
    settings.CONVO_CONVERSATION_ROLES = {"owner": ["conversation.view_any"]}

    message = only(check_capabilities)

    assert message.id == "django_convo.W008"
    assert written(message) == {"CONVO_ROLES": {"member": ["conversation.view_any"]}}


def test_known_capabilities_are_fine(settings: Any) -> None:
    settings.CONVO_ROLES = {"guest": [f"-{name}" for name in capabilities.ALL], "clerk": list(capabilities.ALL)}
    settings.CONVO_CONVERSATION_ROLES = {"observer": list(capabilities.IN_CONVERSATION)}

    assert found(check_capabilities) == []


def test_unknown_conversation_role_is_an_error(settings: Any) -> None:
    settings.CONVO_CONVERSATION_ROLES = {"owner": [], "moderater": ["message.send"]}

    message = only(check_conversation_roles)

    assert message.id == "django_convo.E005"
    assert written(message) == {"CONVO_CONVERSATION_ROLES": {"moderator": ["message.send"]}}


def test_known_conversation_roles_are_fine(settings: Any) -> None:
    settings.CONVO_CONVERSATION_ROLES = {"owner": [], "moderator": [], "member": [], "observer": []}

    assert found(check_conversation_roles) == []


@pytest.fixture
def clerks(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Users who can be guests, and clerks, whom no table knows."""
    with isolate_apps("django_convo"):

        class Person(AbstractAccount):
            role = models.CharField(max_length=16, choices=[("guest", "guest"), ("clerk", "clerk")])

            class Meta(AbstractAccount.Meta):
                app_label = "django_convo"

        monkeypatch.setattr(roles, "get_user_model", lambda: Person)
        yield


@pytest.mark.usefixtures("clerks")
def test_role_of_users_that_no_table_knows_is_a_warning(settings: Any) -> None:
    message = only(check_roles_of_users)

    assert message.id == "django_convo.W009"
    assert "'clerk'" in message.msg
    settings.CONVO_ROLES = written(message)["CONVO_ROLES"]
    assert found(check_roles_of_users) == []


@pytest.mark.usefixtures("clerks")
def test_roles_of_users_do_not_matter_to_another_resolver(settings: Any) -> None:
    settings.CONVO_ROLE_RESOLVER = "accounts.roles.resolve"

    assert found(check_roles_of_users) == []


def test_roles_of_the_projects_users_are_known() -> None:
    assert found(check_roles_of_users) == []
