"""Blocking: keeping somebody away from oneself, without their being told."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import Denied
from django_convo.models import Block

from .base import action


@action
def block_user(*, actor: Any, user: Any) -> Block:
    """Keep a user away: between the two no direct is opened and nothing is said, whoever of them tries.

    Nothing happens where the actor has blocked them already. Takes no lock: the row is unique. Counts, read pointers
    and what was said stay as they are. Raises Denied (`not_oneself`). Emits nothing: the other is not told.
    """
    if actor.pk == user.pk:
        raise not_oneself()
    return Block.objects.get_or_create(blocker=actor, blocked=user)[0]


@action
def unblock_user(*, actor: Any, user: Any) -> None:
    """Take the actor's own block back; nothing happens where there is none. Raises and emits nothing."""
    Block.objects.filter(blocker=actor, blocked=user).delete()


def not_oneself() -> Denied:
    """Return the refusal of doing to oneself what is done to others."""
    return Denied("not_oneself", _("You cannot do this to yourself."))
