"""What each view action takes before it is run. What a row takes is asked of the policy, by the actions.

Asked here, without the row, that question would have a second answer; so this table only says who gets in at all.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from rest_framework.permissions import BasePermission
from rest_framework.request import Request


class Requirement(Enum):
    """Who gets in."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"


_SIGNED_IN: Final = {
    "conversations": ("list", "create", "retrieve", "partial_update", "destroy", "close", "reopen"),
    "participants": ("list", "partial_update", "add", "remove", "join", "leave"),
    "membership": ("retrieve", "partial_update", "read", "unread"),
    "messages": (
        "list",
        "create",
        "retrieve",
        "by_conversation",
        "partial_update",
        "destroy",
        "restore",
        "revisions",
        "replies",
    ),
    "conversation_messages": (
        "list",
        "create",
        "retrieve",
        "partial_update",
        "destroy",
        "restore",
        "revisions",
        "replies",
    ),
    "reactions": ("update", "destroy"),
    "pins": ("list", "update", "destroy"),
    "saved": ("update", "destroy"),
    "drafts": ("update", "destroy"),
    "receipts": ("list",),
    "readers": ("list",),
    "blocks": ("list", "update", "destroy"),
    "reports": ("create", "list", "retrieve", "partial_update"),
    "sanctions": ("list", "create", "destroy"),
    "audit": ("list",),
    "users": ("list", "retrieve", "me", "update", "partial_update", "destroy"),
    "events": ("list",),
    "sync": ("create",),
    "unread": ("retrieve",),
    "search": ("list",),
    "config": ("retrieve",),
    "scheduled": ("list", "retrieve", "partial_update", "destroy"),
    "forward": ("create",),
    "attachments": ("create", "retrieve", "download", "list"),
    "tickets": ("create",),
    "stream": ("retrieve",),
    "typing": ("create",),
}
# Registering: whether it is open, and to whom, is CONVO_REGISTRATION, which the view reads.
_ANYONE: Final = {"users": ("create",)}

REQUIREMENTS: Final[dict[tuple[str, str], Requirement]] = {
    **{(noun, action): Requirement.SIGNED_IN for noun, actions in _SIGNED_IN.items() for action in actions},
    **{(noun, action): Requirement.ANYONE for noun, actions in _ANYONE.items() for action in actions},
}


class TablePermission(BasePermission):
    """Looks the view action up; one that is not in the table raises ImproperlyConfigured."""

    def has_permission(self, request: Request, view: Any) -> bool:
        requirement = _requirement(view)
        return requirement is Requirement.ANYONE or _is_signed_in(request.user)


def _requirement(view: Any) -> Requirement:
    # No action: a method that the route does not know, answered 405 to those who are signed in. OPTIONS: "metadata".
    if view.action in (None, "metadata"):
        return Requirement.SIGNED_IN
    try:
        return REQUIREMENTS[(view.noun, view.action)]
    except KeyError:
        raise ImproperlyConfigured(
            f"{type(view).__name__}.{view.action} is not in the table of django_convo.api.permissions. "
            f"Add REQUIREMENTS[({view.noun!r}, {view.action!r})] = Requirement.SIGNED_IN."
        ) from None


def _is_signed_in(user: Any) -> bool:
    return bool(user and user.is_authenticated and getattr(user, "is_active", True))
