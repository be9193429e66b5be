"""What frames are rendered from: the conversations, messages and users that events of the log are about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone

from django_convo.models import get_conversation_model
from django_convo.policy import powers_of

from .extras import decorate_messages
from .kept import Among, bound_actor, bound_now, kept, length_of
from .messages import readable, readable_by, shared

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage


def shared_conversations(keys: Collection[UUID]) -> dict[UUID, AbstractConversation]:
    """Return conversations, deleted or not, with what their frames show; one query. Who may see them is not asked."""
    if not keys:
        return {}
    rows = _conversations_by(length_of(keys)).read(key=list(keys))
    return {row.pk: row for row in rows}


def concerned_messages(viewer: Any | None, places: Mapping[UUID, UUID]) -> dict[UUID, AbstractMessage]:
    """Return messages, given with their conversations, as far as the viewer may read them; without one, all of them.

    Each with what it shows: one query, and what `decorate_messages` asks.
    """
    if not places:
        return {}
    conversations = set(places.values())
    powers = None if viewer is None else powers_of(viewer)
    if viewer is not None and powers is None:
        rows = list(_of_threads(readable(viewer)).filter(pk__in=places, conversation__in=conversations))
    else:
        rows = _messages_by(powers, length_of(places), length_of(conversations)).read(
            actor=None if viewer is None else viewer.pk,
            now=timezone.now(),
            message=list(places),
            conversation=list(conversations),
        )
    decorate_messages(viewer, rows)
    return {row.pk: row for row in rows}


def concerned_users(keys: Collection[Any], messages: Collection[AbstractMessage]) -> dict[Any, Any]:
    """Return users by key; no query where the senders of the messages are all of them."""
    found: dict[Any, Any] = {row.sender_id: row.sender for row in messages if row.sender_id in keys}
    unknown = set(keys) - found.keys()
    return found | get_user_model()._default_manager.in_bulk(unknown) if unknown else found


@kept
def _conversations_by(length: int) -> QuerySet[AbstractConversation]:
    rows = get_conversation_model()._default_manager.select_related("created_by", "subject_type")
    return rows.filter(Among("pk", "key", length))


@kept
def _messages_by(powers: frozenset[str] | None, messages: int, conversations: int) -> QuerySet[AbstractMessage]:
    rows = shared() if powers is None else readable_by(bound_actor(), powers, bound_now())
    keys = Among("pk", "message", messages), Among("conversation", "conversation", conversations)
    return _of_threads(rows).filter(*keys)


def _of_threads(rows: QuerySet[AbstractMessage]) -> QuerySet[AbstractMessage]:
    return rows.select_related("thread_root")
