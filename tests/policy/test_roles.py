from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import override_settings

from django_convo.policy import capabilities as c
from django_convo.policy.roles import (
    CONVERSATION_ROLES,
    SITE_ROLES,
    conversation_capabilities,
    conversation_table,
    resolve_role,
    site_capabilities,
    site_table,
)
from django_convo.types import ConversationRole


def role_of(user: Any) -> str:
    """The resolver of these tests: a host's own idea of a role."""
    return str(user.kind_of_user)


def person(role: str, **fields: Any) -> Any:
    return SimpleNamespace(kind_of_user=role, **({"is_active": True} | fields))


@pytest.fixture(autouse=True)
def _resolver() -> Any:
    with override_settings(CONVO_ROLE_RESOLVER="tests.policy.test_roles.role_of"):
        yield


def test_guest_host_and_member_can_do_everything_ordinary() -> None:
    for role in ("guest", "host", "member"):
        assert site_capabilities(person(role)) == c.ORDINARY


def test_admin_administers_but_reads_nothing() -> None:
    granted = site_capabilities(person("admin"))
    assert granted == c.ORDINARY | {
        c.MODERATE_ANY,
        c.USER_ADMINISTER,
        c.USER_SANCTION,
        c.REPORT_REVIEW,
        c.AUDIT_VIEW,
    }
    assert c.VIEW_ANY not in granted


@pytest.mark.parametrize("user", [person("king"), person(""), person("guest", is_active=False), AnonymousUser()])
def test_the_unknown_the_deactivated_and_the_anonymous_can_do_nothing(user: Any) -> None:
    assert site_capabilities(user) == frozenset()


GRANTS = {
    "owner": c.IN_CONVERSATION,
    "moderator": c.IN_CONVERSATION - {c.DELETE},
    "member": {
        c.MESSAGE_SEND,
        c.MESSAGE_EDIT,
        c.MESSAGE_DELETE,
        c.MESSAGE_PIN,
        c.MESSAGE_REACT,
        c.MESSAGE_VIEW_REVISIONS,
    },
    "observer": set(),
    "king": set(),
}


@pytest.mark.parametrize("role", GRANTS)
def test_a_role_in_a_conversation_grants_what_the_table_says(role: str) -> None:
    assert conversation_capabilities(role) == GRANTS[role]


def test_every_role_of_a_conversation_stands_in_the_table() -> None:
    assert set(CONVERSATION_ROLES) == set(ConversationRole.values)


def test_the_tables_name_only_capabilities_that_exist() -> None:
    for table in (SITE_ROLES, CONVERSATION_ROLES):
        for names in table.values():
            assert names <= c.ALL
    assert c.MODERATED < c.IN_CONVERSATION < c.ORDINARY < c.ALL


@pytest.mark.parametrize(
    ("changes", "role", "expected"),
    [
        ({"guest": ["-message.send"]}, "guest", c.ORDINARY - {c.MESSAGE_SEND}),
        ({"guest": ["-message.send"]}, "host", c.ORDINARY),
        ({"admin": ["conversation.view_any"]}, "admin", SITE_ROLES["admin"] | {c.VIEW_ANY}),
        ({"auditor": ["conversation.view_any"]}, "auditor", {c.VIEW_ANY}),
        ({"guest": ["-conversation.join", "conversation.view_any"]}, "guest", (c.ORDINARY - {c.JOIN}) | {c.VIEW_ANY}),
        # Taking away wins, wherever it stands.
        ({"guest": ["-message.send", "message.send"]}, "guest", c.ORDINARY - {c.MESSAGE_SEND}),
        ({"guest": {"-message.send"}, "unused": ()}, "guest", c.ORDINARY - {c.MESSAGE_SEND}),
        ({"nobody": ["-message.send"]}, "nobody", set()),
    ],
)
def test_settings_are_merged_over_the_site_roles(changes: Any, role: str, expected: Any) -> None:
    with override_settings(CONVO_ROLES=changes):
        assert site_capabilities(person(role)) == expected
    assert site_table() == SITE_ROLES


def test_settings_are_merged_over_the_roles_of_conversations() -> None:
    with override_settings(
        CONVO_CONVERSATION_ROLES={"member": ["participant.add"], "owner": ["-conversation.delete"]}
    ):
        assert conversation_capabilities("member") == GRANTS["member"] | {c.PARTICIPANT_ADD}
        assert conversation_capabilities("owner") == c.IN_CONVERSATION - {c.DELETE}
        assert conversation_capabilities("moderator") == CONVERSATION_ROLES["moderator"]
    assert conversation_table() == CONVERSATION_ROLES


@pytest.mark.parametrize(
    ("user", "role"),
    [
        (SimpleNamespace(convo_role="host"), "host"),
        (SimpleNamespace(convo_role="host", is_superuser=True), "host"),
        (SimpleNamespace(is_superuser=True), "admin"),
        (SimpleNamespace(is_superuser=False), "member"),
        (SimpleNamespace(), "member"),
    ],
)
def test_the_default_resolver(user: Any, role: str) -> None:
    assert resolve_role(user) == role
