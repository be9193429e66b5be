"""Policies of a host's whose answers hang on what the host changes meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from django_convo.models import AbstractConversation, AbstractMessage
from django_convo.policy import Policy

# (user, conversation) pairs that are hidden, and bodies that are: what a host would keep in rows of its own.
apart: set[tuple[Any, UUID]] = set()
secret: set[tuple[Any, str]] = set()


class NarrowPolicy(Policy):
    """Hides conversations and messages from single users for as long as the host says so."""

    def visible_conversations(self, actor: Any) -> QuerySet[AbstractConversation]:
        hidden = [conversation for user, conversation in apart if user == actor.pk]
        return super().visible_conversations(actor).exclude(pk__in=hidden)

    def visible_messages(self, actor: Any) -> QuerySet[AbstractMessage]:
        hidden = [conversation for user, conversation in apart if user == actor.pk]
        bodies = [body for user, body in secret if user == actor.pk]
        return super().visible_messages(actor).exclude(conversation__in=hidden).exclude(message_body__in=bodies)

    def audience(
        self, conversation: AbstractConversation, message: AbstractMessage | None, user_ids: Collection[Any]
    ) -> set[Any]:
        seeing = super().audience(conversation, message, user_ids)
        seeing -= {user for user, key in apart if key == conversation.pk}
        return seeing if message is None else seeing - {user for user, body in secret if body == message.message_body}
