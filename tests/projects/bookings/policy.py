"""Guests write only to the hosts of their own bookings."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Exists, Model, OuterRef, QuerySet

from django_convo.models import AbstractConversation, AbstractMessage, Participant
from django_convo.policy import Policy, active_users, capabilities
from django_convo.policy.roles import site_capabilities, site_role
from django_convo.types import ConversationKind

from .models import Booking

# By which words reach the others: a message, and the title and topic of a group. Those of a channel reach everybody.
WRITING = frozenset({capabilities.MESSAGE_SEND, capabilities.UPDATE})


class MarketplacePolicy(Policy):
    """A guest and anybody else come together only as the guest and the host of a booking."""

    def can(
        self,
        actor: Any,
        capability: str,
        *,
        conversation: AbstractConversation | None = None,
        message: AbstractMessage | None = None,
        users: Iterable[Any] = (),
        subject: Model | None = None,
    ) -> bool:
        """Ask the bookings, where the roles allow it."""
        if not super().can(
            actor, capability, conversation=conversation, message=message, users=users, subject=subject
        ):
            return False
        if capability == capabilities.CONTACT:
            return not strangers_among(users, actor).exists()
        if capability == capabilities.CREATE_CHANNEL:
            return not is_guest(actor)
        if capability in WRITING and conversation is not None and is_guest(actor):
            is_public = capability == capabilities.UPDATE and conversation.kind == ConversationKind.CHANNEL
            return not is_public and not has_stranger(conversation, actor)
        return True

    def visible_conversations(self, actor: Any) -> QuerySet[AbstractConversation]:
        """Add to each row whether a stranger is there, so that a page of them asks for no more."""
        conversations = super().visible_conversations(actor)
        if not is_guest(actor):
            return conversations
        return conversations.annotate(has_stranger=Exists(strangers_in(OuterRef("pk"), actor)))

    def audience(
        self, conversation: AbstractConversation, message: AbstractMessage | None, user_ids: Collection[Any]
    ) -> set[Any]:
        """Deliver as before: the annotation hides nothing."""
        return super().audience(conversation, message, user_ids)

    def visible_users(self, actor: Any) -> QuerySet[Any]:
        """Show the other side of one's bookings too, so that one can write first."""
        users = super().visible_users(actor)
        if not site_capabilities(actor):
            return users
        partners = get_user_model()._default_manager.filter(active_users(), pk__in=partners_of(actor))
        return users | partners

    def visible_subjects(self, actor: Any, model: type[Model]) -> QuerySet[Model]:
        """Let a conversation be about one's own booking."""
        if model is Booking:
            return Booking.objects.filter(guest=actor) | Booking.objects.filter(host=actor)
        return super().visible_subjects(actor, model)


def is_guest(user: Any) -> bool:
    """Say whether the rule binds this user."""
    return site_role(user) == "guest"


def partners_of(user: Any) -> QuerySet[Any]:
    """Return the keys of those with whom the user has a booking, on the other side of it."""
    if is_guest(user):
        return Booking.objects.filter(guest=user).values("host")
    return Booking.objects.filter(host=user).values("guest")


def strangers_among(users: Iterable[Any], person: Any) -> QuerySet[Any]:
    """Keep of the users those with whom the person may not come together; `users` may be a QuerySet of many.

    A pair is asked once, from either side: to everybody but a guest, only guests can be strangers.
    """
    people = (
        users
        if isinstance(users, QuerySet)
        else get_user_model()._default_manager.filter(pk__in=[user.pk for user in users])
    )
    strangers = people.exclude(pk__in=partners_of(person))
    return strangers if is_guest(person) else strangers.filter(role="guest")


def strangers_in(conversation: Any, guest: Any) -> QuerySet[Participant]:
    """Return the others in the conversation who are not the host of one of the guest's bookings."""
    others = Participant.objects.filter(conversation=conversation).exclude(user=guest)
    return others.exclude(Exists(Booking.objects.filter(guest=guest, host=OuterRef("user"))))


def has_stranger(conversation: Any, guest: Any) -> bool:
    """Read the annotation; a row that an action has locked has none, and is asked."""
    known = getattr(conversation, "has_stranger", None)
    return strangers_in(conversation, guest).exists() if known is None else known
