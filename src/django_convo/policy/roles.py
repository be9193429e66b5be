"""Roles as tables of capabilities: a site role limits, a conversation role grants, and a capability needs both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django.utils.module_loading import import_string

from django_convo.conf import settings
from django_convo.types import ConversationRole

from . import capabilities as c

Table = Mapping[str, frozenset[str]]

SITE_ROLES: Table = {
    "guest": c.ORDINARY,
    "host": c.ORDINARY,
    "member": c.ORDINARY,
    "admin": c.ORDINARY | (c.ADMINISTRATIVE - {c.VIEW_ANY}),
}

CONVERSATION_ROLES: Table = {
    ConversationRole.OWNER.value: c.IN_CONVERSATION,
    ConversationRole.MODERATOR.value: c.IN_CONVERSATION - {c.DELETE},
    ConversationRole.MEMBER.value: frozenset(
        {
            c.MESSAGE_SEND,
            c.MESSAGE_EDIT,
            c.MESSAGE_DELETE,
            c.MESSAGE_PIN,
            c.MESSAGE_REACT,
            c.MESSAGE_VIEW_REVISIONS,
        }
    ),
    ConversationRole.OBSERVER.value: frozenset(),
}


def resolve_role(user: Any) -> str:
    """Return the site role: that of `contrib.accounts`' users, else `admin` for superusers and `member` for others."""
    role = getattr(user, "convo_role", None)
    if role is not None:
        return str(role)
    return "admin" if getattr(user, "is_superuser", False) else "member"


def site_role(user: Any) -> str:
    """Return the user's site role by `CONVO_ROLE_RESOLVER`."""
    resolver = import_string(settings.ROLE_RESOLVER)
    return str(resolver(user))


def site_table() -> Table:
    """Return the site roles: the defaults with `CONVO_ROLES` merged over them."""
    changes = settings.ROLES
    return _merged(_SITE_ROLES, _freeze(changes)) if changes else SITE_ROLES


def conversation_table() -> Table:
    """Return the conversation roles: the defaults with `CONVO_CONVERSATION_ROLES` merged over them."""
    changes = settings.CONVERSATION_ROLES
    return _merged(_CONVERSATION_ROLES, _freeze(changes)) if changes else CONVERSATION_ROLES


def site_capabilities(user: Any) -> frozenset[str]:
    """Return what the user's site role allows; nothing to the deactivated and to unknown roles."""
    if not getattr(user, "is_active", True):
        return frozenset()
    return site_table().get(site_role(user), frozenset())


def conversation_capabilities(role: str) -> frozenset[str]:
    """Return what a role in a conversation grants."""
    return conversation_table().get(role, frozenset())


def conversation_roles_with(capability: str) -> frozenset[str]:
    """Return the roles in a conversation that grant this."""
    return frozenset(role for role, names in conversation_table().items() if capability in names)


_Frozen = tuple[tuple[str, tuple[str, ...]], ...]


def _freeze(table: Mapping[str, Iterable[str]]) -> _Frozen:
    return tuple((role, tuple(names)) for role, names in table.items())


@lru_cache(maxsize=32)
def _merged(defaults: _Frozen, changes: _Frozen) -> Table:
    table = {role: set(names) for role, names in defaults}
    for role, names in changes:
        granted = table.setdefault(role, set())
        granted |= {name for name in names if not name.startswith("-")}
        granted -= {name.removeprefix("-") for name in names if name.startswith("-")}
    return {role: frozenset(names) for role, names in table.items()}


_SITE_ROLES = _freeze(SITE_ROLES)
_CONVERSATION_ROLES = _freeze(CONVERSATION_ROLES)
