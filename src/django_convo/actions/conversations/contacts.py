"""Whom a conversation may bring together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import Denied, Invalid, InvalidReference
from django_convo.models import Block
from django_convo.policy import capabilities, get_policy


def authorize_contacts(person: Any, users: Any, *, subject: Model | None = None) -> None:
    """Ask `conversation.contact` for one person with all whom this brings them together with.

    `users` may be a QuerySet of many; it is not read here. InvalidReference where the policy refuses.
    """
    try:
        is_allowed = get_policy().can(person, capabilities.CONTACT, users=users, subject=subject)
    except Denied as refusal:
        raise InvalidReference from refusal
    if not is_allowed:
        raise InvalidReference


def refuse_kept_apart(person: Any, users: Any) -> None:
    """Raise InvalidReference, as for any refused contact, where a block stands between the person and one of these."""
    if Block.objects.between(person, users).exists():
        raise InvalidReference


def refuse_deactivated(users: Iterable[Any]) -> None:
    """Raise InvalidReference where one of the users cannot log in any more."""
    if not all(getattr(user, "is_active", True) for user in users):
        raise InvalidReference


def too_many_participants() -> Invalid:
    """Return the error of a conversation that would outgrow `CONVO_MAX_PARTICIPANTS`."""
    return Invalid("too_many_participants", _("The conversation has too many participants."), field="participants")
