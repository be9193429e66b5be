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
from .roles import site_capabilities
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
from .sight import POWERS

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
    "may",
    "muted",
    "not_banned",
    "not_open_to_join",
    "powers_of",
]


@lru_cache(maxsize=8)
def _policy(path: str) -> Policy:
    return cast("Policy", import_string(path)())


def get_policy() -> Policy:
    """Return the policy in use (`CONVO_POLICY`), one instance per process."""
    return _policy(settings.POLICY)


def powers_of(actor: Any) -> frozenset[str] | None:
    """Return which powers alone decide what the actor sees, by the package's own rules (`policy.sight`).

    None where a host's policy says what is seen, by rules that nobody else knows, and for those who see nothing.
    """
    policy = type(get_policy())
    if policy.visible_conversations is not Policy.visible_conversations:
        return None
    if policy.visible_messages is not Policy.visible_messages:
        return None
    site = site_capabilities(actor)
    return site & POWERS if site else None


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


def allows(
    actor: Any,
    capability: str,
    *,
    conversation: AbstractConversation | None = None,
    message: AbstractMessage | None = None,
) -> bool:
    """Say whether the policy alone allows it, about the site where nothing is named; `Denied` is a no."""
    try:
        return get_policy().can(actor, capability, conversation=conversation, message=message)
    except Denied:
        return False


def may(actor: Any, capability: str) -> bool:
    """Say whether the actor may do what is asked about the site alone: policy and moderators both allow it."""
    try:
        authorize(actor, capability)
    except Denied:
        return False
    return True


def capabilities_in(actor: Any, conversations: Collection[AbstractConversation]) -> dict[UUID, frozenset[str]]:
    """Return, per conversation id, what the actor may do there now: the policy's answer less what state forbids.

    A participant has joined already; a sanction takes away what it takes.
    """
    load_memberships(actor, conversations)
    load_sanctions(actor, conversations)
    granted = get_policy().capabilities(actor, conversations)
    shown: dict[UUID, frozenset[str]] = {}
    # Of a page, most conversations are of one kind and one role.
    possible: dict[Any, frozenset[str]] = {}
    for conversation in conversations:
        # A new set: a policy may have handed out the same one for several conversations.
        names = frozenset(granted.get(conversation.pk, ()))
        if conversation.membership_of(actor) is not None:
            names = names - {capabilities.JOIN}
        names = left_to(conversation, names)
        state = (conversation.kind, conversation.is_closed, names)
        if state not in possible:
            possible[state] = frozenset(name for name in names if refusal(conversation, name) is None)
        shown[conversation.pk] = possible[state]
    return shown
