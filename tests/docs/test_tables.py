"""Each setting, capability and event has one row in one table of the docs."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest

from django_convo import actions
from django_convo.conf import Setting, all_settings
from django_convo.exceptions import ConvoError
from django_convo.policy import Policy, capabilities
from django_convo.policy.roles import CONVERSATION_ROLES, SITE_ROLES
from django_convo.types import EventType

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"

pytestmark = pytest.mark.exhaustive


def rows(page: str) -> list[list[str]]:
    """Return the cells of each table row whose first cell is one word of code."""
    lines = (REFERENCE / page).read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| `")]
    return [[row[0].strip("`"), *row[1:]] for row in cells]


def test_settings_table_names_each_setting_once() -> None:
    assert [row[0] for row in rows("settings.md")] == [setting.name for setting in all_settings()]


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_settings_table_states_the_default(setting: Setting[object]) -> None:
    stated = {row[0]: row[1] for row in rows("settings.md")}[setting.name].strip("`")

    assert eval(stated, {"timedelta": timedelta}) == setting.default


@pytest.mark.parametrize("setting", all_settings(), ids=lambda setting: setting.name)
def test_default_of_a_setting_is_acceptable(setting: Setting[object]) -> None:
    assert setting.complaint(setting.default) is None


def test_capabilities_table_names_each_capability_once() -> None:
    listed = [row[0] for row in rows("capabilities.md") if "." in row[0]]

    assert len(listed) == len(set(listed))
    assert set(listed) == capabilities.ALL


def test_capabilities_table_says_which_need_a_role_in_the_conversation() -> None:
    asked_about = {row[0]: row[1] for row in rows("capabilities.md") if "." in row[0]}

    in_conversation = {name for name, about in asked_about.items() if about == "a conversation"}

    assert in_conversation == capabilities.IN_CONVERSATION


def test_capabilities_page_names_each_role() -> None:
    text = (REFERENCE / "capabilities.md").read_text(encoding="utf-8")

    assert {role for role in [*SITE_ROLES, *CONVERSATION_ROLES] if f"`{role}`" not in text} == set()


def test_events_table_names_each_type_in_order() -> None:
    assert [row[0] for row in rows("events.md")] == EventType.values


def test_tables_use_no_unknown_setting() -> None:
    known = {setting.name for setting in all_settings()}
    for page in Path(REFERENCE.parent).rglob("*.md"):
        mentioned = set(re.findall(r"`(CONVO_[A-Z_]+)`", page.read_text(encoding="utf-8")))
        assert mentioned <= known, page.name


def test_python_page_names_each_action() -> None:
    listed = {row[0] for row in rows("python.md")}

    assert {name for name in actions.__all__ if name.islower()} <= listed


def test_python_page_names_each_method_of_the_policy() -> None:
    listed = {row[0] for row in rows("python.md")}

    assert {name for name in vars(Policy) if not name.startswith("_")} <= listed


def test_python_page_names_each_error() -> None:
    listed = {row[0] for row in rows("python.md")}

    assert {error.__name__ for error in all_errors(ConvoError)} <= listed


def all_errors(base: type[ConvoError]) -> set[type[ConvoError]]:
    direct = set(base.__subclasses__())
    return direct.union(*(all_errors(error) for error in direct))
