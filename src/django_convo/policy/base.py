"""The policy: the one place that knows who may do what and who sees what. A host subclasses it (`CONVO_POLICY`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from django_convo.exceptions import Denied
from django_convo.models import Participant, Sanction, get_conversation_model, get_message_model
from django_convo.types import SanctionKind

from . import capabilities as c
from .roles import conversation_capabilities, site_capabilities
from .sanctions import not_banned
from .sight import POWERS, conversations_shown, messages_shown

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage


class Policy:
    """Roles decide what may be done, membership decides what is seen.

    `can` answers one question about one conversation; `capabilities` answers for a page at once; the `visible_*`
    methods are the only way by which rows are fetched for a user, so what they leave out does not exist for that user.
    What a conversation's state forbids (closed, fixed) is asked before the policy and cannot be allowed by it.
    """

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
        """Say whether the actor may; a policy may raise `Denied(code, detail)` to say why not.

        `users` are the people concerned: whom a direct or group is made with, who is added, whose role is changed, or,
        for `conversation.contact`, whom the actor is brought together with. It may be a QuerySet of many: filter it
        rather than loop over it.
        """
        site = site_capabilities(actor)
        if message is not None and capability in c.OF_ONES_OWN and message.sender_id != actor.pk:
            return False
        if conversation is None or capability not in c.IN_CONVERSATION:
            return capability in site
        if capability in c.MODERATED and c.MODERATE_ANY in site:
            return True
        participant = conversation.membership_of(actor)
        return (
            participant is not None
            and capability in site
            and capability in conversation_capabilities(participant.role)
        )

    def capabilities(self, actor: Any, conversations: Collection[AbstractConversation]) -> dict[UUID, frozenset[str]]:
        """Return, per conversation id, what the actor may do there; asked once for a page.

        The default asks `can` for each, from rows that the page has read. A policy whose `can` queries the host's rows
        overrides this too, and answers for all conversations in one query, or from an annotation that it added in
        `visible_conversations`.
        """
        if type(self).can is Policy.can:
            return self._by_role(actor, conversations)
        return {
            conversation.pk: frozenset(name for name in c.SHOWN if self._allows(actor, name, conversation))
            for conversation in conversations
        }

    def _by_role(self, actor: Any, conversations: Collection[AbstractConversation]) -> dict[UUID, frozenset[str]]:
        """Return what the `can` of this class says, asked once for each role rather than for each capability."""
        site = site_capabilities(actor)
        of_all = (site & c.SHOWN - c.IN_CONVERSATION) | (c.MODERATED if c.MODERATE_ANY in site else frozenset())
        of_role: dict[str | None, frozenset[str]] = {None: of_all}
        granted = {}
        for conversation in conversations:
            participant = conversation.membership_of(actor)
            role = None if participant is None else participant.role
            if role is not None and role not in of_role:
                of_role[role] = of_all | (site & conversation_capabilities(role) & c.IN_CONVERSATION)
            granted[conversation.pk] = of_role[role]
        return granted

    def _allows(self, actor: Any, capability: str, conversation: AbstractConversation) -> bool:
        try:
            return self.can(actor, capability, conversation=conversation)
        except Denied:
            return False

    def visible_conversations(self, actor: Any) -> QuerySet[AbstractConversation]:
        """Return what the actor may know of: one's own, channels open to join, everything for moderators of all."""
        site = site_capabilities(actor)
        if not site:
            return get_conversation_model()._default_manager.none()
        return conversations_shown(actor, site & POWERS)

    def visible_messages(self, actor: Any) -> QuerySet[AbstractMessage]:
        """Return what the actor may read: in one's own conversations, from `visible_from_seq` on."""
        site = site_capabilities(actor)
        if not site:
            return get_message_model()._default_manager.none()
        return messages_shown(actor, site & POWERS)

    def visible_users(self, actor: Any) -> QuerySet[Any]:
        """Return whom the actor may know of: oneself and active people one shares a conversation with."""
        users = get_user_model()._default_manager.all()
        site = site_capabilities(actor)
        if not site:
            return users.none()
        users = users.filter(not_banned(actor))
        if c.USER_ADMINISTER in site:
            return users
        own = Participant.objects.filter(user=actor, conversation__deleted_at=None).values("conversation")
        shared = Participant.objects.filter(user=OuterRef("pk"), conversation__in=own)
        return users.filter(Q(pk=actor.pk) | (Q(Exists(shared)) & active_users()))

    def visible_subjects(self, actor: Any, model: type[Model]) -> QuerySet[Model]:
        """Return the host's rows that the actor may name as a conversation's subject; none until the host says."""
        return model._default_manager.none()

    def audience(
        self,
        conversation: AbstractConversation,
        message: AbstractMessage | None,
        user_ids: Collection[Any],
    ) -> set[Any]:
        """Return who of these connected users gets a frame about the message, or about the conversation itself.

        Must agree with `visible_messages` and `visible_conversations`: a policy that overrides those overrides this.
        """
        members = Participant.objects.filter(conversation=conversation.pk, user__in=user_ids)
        if message is not None:
            members = members.filter(visible_from_seq__lte=message.seq)
        banned = Sanction.objects.active().filter(user=OuterRef("user"), conversation=None, kind=SanctionKind.BAN)
        return set(members.exclude(Exists(banned)).values_list("user", flat=True))


def active_users() -> Q:
    """Return the filter for users who are not deactivated; matches all where the user model has no such column."""
    names = {field.name for field in get_user_model()._meta.get_fields()}
    return Q(is_active=True) if "is_active" in names else Q()


def load_memberships(actor: Any, conversations: Iterable[AbstractConversation]) -> None:
    """Read the actor's participant rows of these conversations in one query, unless they are known."""
    unknown = [item for item in conversations if not item.knows_membership_of(actor)]
    if not unknown:
        return
    rows = Participant.objects.filter(user=actor, conversation__in=[item.pk for item in unknown])
    found = {row.conversation_id: row for row in rows}
    for item in unknown:
        item.remember_membership(actor, found.get(item.pk))
