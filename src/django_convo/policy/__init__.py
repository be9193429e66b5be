"""Who may do what, and who sees what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django.utils.module_loading import import_string

from django_convo.conf import settings
from django_convo.exceptions import Denied

from . import capabilities
from .base import Policy, active_users, load_memberships
from .rules import direct_is_fixed, not_open_to_join, refusal
from .sanctions import (
    BETWEEN_TWO,
    Standing,
    banned,
    is_kept_apart,
    left_to,
    load_sanctions,
    muted,
    not_banned,
    sanction_against,
)

if TYPE_CHECKING:
    from django.db.models import Model

    from django_convo.models import AbstractConversation, AbstractMessage

__all__ = [
    "Policy",
    "active_users",
    "allows",
    "authorize",
    "banned",
    "capabilities",
    "capabilities_in",
    "direct_is_fixed",
    "get_policy",
    "is_kept_apart",
    "load_memberships",
    "muted",
    "not_banned",
    "not_open_to_join",
]


@lru_cache(maxsize=8)
def _policy(path: str) -> Policy:
    return cast("Policy", import_string(path)())


def get_policy() -> Policy:
    """Return the policy in use (`CONVO_POLICY`), one instance per process."""
    return _policy(settings.POLICY)


def authorize(
    actor: Any | None,
    capability: str,
    *,
    conversation: AbstractConversation | None = None,
    message: AbstractMessage | None = None,
    users: Iterable[Any] = (),
    subject: Model | None = None,
    standing: Standing | None = None,
) -> None:
    """Raise `Denied` unless the state of the conversation, the policy and the moderators all allow this.

    Between two people of whom one has blocked the other nothing is said; the refusal is that of any other, so that a
    block is not told. `actor=None` is the host itself: no policy is asked. `standing` is what was read of the actor
    together with the conversation, so that it need not be asked.
    """
    if conversation is not None and (against := refusal(conversation, capability, is_host=actor is None)):
        raise against
    if actor is None:
        return
    allowed = get_policy().can(
        actor, capability, conversation=conversation, message=message, users=users, subject=subject
    )
    if not allowed:
        raise Denied
    if standing is not None and conversation is not None:
        if against := standing.refusal(capability, conversation):
            raise against
        return
    if sanction := sanction_against(actor, capability, conversation):
        raise sanction
    if conversation is not None and capability in BETWEEN_TWO and is_kept_apart(actor, conversation):
        raise Denied


def allows(actor: Any, capability: str) -> bool:
    """Say whether the policy allows what is asked about the site alone; one that raises `Denied` does not."""
    try:
        return get_policy().can(actor, capability)
    except Denied:
        return False


def capabilities_in(actor: Any, conversations: Collection[AbstractConversation]) -> dict[UUID, frozenset[str]]:
    """Return, per conversation id, what the actor may do there now: the policy's answer less what state forbids.

    A participant has joined already; a sanction takes away what it takes.
    """
    load_memberships(actor, conversations)
    load_sanctions(actor, conversations)
    granted = get_policy().capabilities(actor, conversations)
    shown: dict[UUID, frozenset[str]] = {}
    for conversation in conversations:
        names = granted.get(conversation.pk, frozenset())
        if conversation.membership_of(actor) is not None:
            # A new set: a policy may have handed out the same one for several conversations.
            names = names - {capabilities.JOIN}
        names = left_to(conversation, names)
        shown[conversation.pk] = frozenset(name for name in names if refusal(conversation, name) is None)
    return shown
