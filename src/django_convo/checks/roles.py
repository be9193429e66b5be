"""Checks of the role tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.core.exceptions import FieldDoesNotExist

from django_convo.conf import Settings, settings
from django_convo.policy import capabilities
from django_convo.policy.roles import site_table
from django_convo.types import ConversationRole

from .values import closest, is_acceptable, line


def _tables() -> Iterator[tuple[str, Mapping[str, Sequence[str]]]]:
    for name in ("ROLES", "CONVERSATION_ROLES"):
        if is_acceptable(name):
            yield f"CONVO_{name}", getattr(settings, name)


def check_capabilities(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E004: a capability that does not exist; W008: one that a role in a conversation cannot give."""
    found: list[CheckMessage] = []
    for setting, table in _tables():
        for role, names in table.items():
            for name in names:
                plain = name.removeprefix("-")
                if plain not in capabilities.ALL:
                    found.append(_unknown_capability(setting, role, name))
                elif setting == "CONVO_CONVERSATION_ROLES" and plain not in capabilities.IN_CONVERSATION:
                    found.append(_not_in_conversation(role, name))
    return found


def _unknown_capability(setting: str, role: str, name: str) -> CheckMessage:
    meant = closest(name.removeprefix("-"), capabilities.ALL) or capabilities.MESSAGE_SEND
    sign = "-" if name.startswith("-") else ""
    return Error(
        f"{setting}[{role!r}] has {name!r}, which is no capability.",
        hint=line(setting, {role: [sign + meant]}),
        id="django_convo.E004",
    )


def _not_in_conversation(role: str, name: str) -> CheckMessage:
    return Warning(
        f"CONVO_CONVERSATION_ROLES[{role!r}] has {name!r}, which is asked of a user, not of a participant: it changes "
        "nothing there.",
        hint=line("CONVO_ROLES", {"member": [name]}),
        id="django_convo.W008",
    )


def check_conversation_roles(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E005: a role that no participant can have."""
    if not is_acceptable("CONVERSATION_ROLES"):
        return []
    return [
        Error(
            f"CONVO_CONVERSATION_ROLES has {role!r}; a participant's role is one of "
            f"{', '.join(ConversationRole.values)}.",
            hint=line("CONVO_CONVERSATION_ROLES", {closest(role, ConversationRole.values) or "member": list(names)}),
            id="django_convo.E005",
        )
        for role, names in settings.CONVERSATION_ROLES.items()
        if role not in ConversationRole.values
    ]


def check_roles_of_users(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W009: a role that users can have and no table knows can do nothing at all."""
    if not is_acceptable("ROLES") or Settings.ROLE_RESOLVER.default != settings.ROLE_RESOLVER:
        return []
    known = site_table()
    return [
        Warning(
            f"Users can have the role {role!r}, which no table of roles knows: they can do nothing.",
            hint=line("CONVO_ROLES", {role: sorted(capabilities.ORDINARY)}),
            id="django_convo.W009",
        )
        for role in _roles_of_users()
        if role not in known
    ]


def _roles_of_users() -> list[str]:
    """Return what the user model's `role` may be, where the default resolver reads it."""
    model = get_user_model()
    if not hasattr(model, "convo_role"):
        return []
    try:
        field = model._meta.get_field("role")
    except FieldDoesNotExist:
        return []
    return [str(value) for value, _ in getattr(field, "flatchoices", [])]
