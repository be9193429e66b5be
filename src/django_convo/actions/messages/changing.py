"""What every change of a message begins with: its conversation locked, the row as it is now, seen by the actor."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from django_convo.actions.base import lock_conversation
from django_convo.exceptions import NotFound
from django_convo.models import AbstractConversation, AbstractMessage, MessageRevision, get_message_model
from django_convo.policy import allows, capabilities, get_policy


def lock_message(
    actor: Any | None, message: AbstractMessage, *, is_moderating: bool = False
) -> tuple[AbstractConversation, AbstractMessage]:
    """Return the conversation, locked, and the message as it is now; NotFound where the actor may not see it.

    Everything that writes to a message holds its conversation's lock, so that the row needs none of its own. With
    `is_moderating`, who moderates any conversation finds it without reading it.
    """
    row = lock_conversation(message.conversation)
    rows: Any = get_message_model()._default_manager.all()
    if actor is not None and not (is_moderating and allows(actor, capabilities.MODERATE_ANY)):
        rows = get_policy().visible_messages(actor)
    found = (
        rows.filter(conversation=row.pk, pk=message.pk)
        .select_related("sender", "reply_to__sender", "thread_root")
        .first()
    )
    if found is None:
        raise NotFound
    found.conversation = row
    return row, found


def keep_revision(message: AbstractMessage, actor: Any | None, now: Any) -> None:
    """Keep what the message says now, before it is replaced."""
    revisions = MessageRevision.objects.filter(message=message.pk, conversation=message.conversation_id)
    last = revisions.order_by("-number").values_list("number", flat=True).first() or 0
    MessageRevision.objects.create(
        conversation_id=message.conversation_id,
        message_id=message.pk,
        number=last + 1,
        message_body=message.message_body,
        metadata=message.metadata,
        replaced_by=actor,
        replaced_at=now,
    )


def write_columns(message: AbstractMessage, **values: Any) -> None:
    """Set columns of the message, in memory and in one statement."""
    for name, value in values.items():
        setattr(message, name, value)
    type(message)._default_manager.filter(pk=message.pk, conversation=message.conversation_id).update(**values)


def count_reply(message: AbstractMessage, step: int) -> None:
    """Move the `reply_count` of the thread that the message is in."""
    root_id = message.__dict__["thread_root_id"]
    if root_id is not None:
        roots = type(message)._default_manager.filter(pk=root_id, conversation=message.conversation_id)
        roots.update(reply_count=F("reply_count") + step)
