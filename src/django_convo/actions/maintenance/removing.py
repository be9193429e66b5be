"""Deleting rows of messages, with everything that belongs to them: children first, files when it is safe."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from django.db import router

from django_convo.actions.attachments import delete_files
from django_convo.models import (
    Attachment,
    Mention,
    MessageRevision,
    PinnedMessage,
    Reaction,
    SavedMessage,
    get_message_model,
)

# What a message has beside its row; the revision of a tombstone goes last, since it is what leads to the tombstone.
CHILDREN: Final[tuple[Any, ...]] = (Attachment, Mention, PinnedMessage, Reaction, SavedMessage, MessageRevision)


def remove_rows(model: Any, keys: Collection[Any], using: str) -> int:
    """Delete the rows, and what points at them by its `on_delete`; returns how many rows of this model went."""
    _, by_model = model._default_manager.using(using).filter(pk__in=keys).delete()
    return int(by_model.get(model._meta.label, 0))


def remove_messages(keys: Collection[Any], using: str) -> int:
    """Delete messages with everything that belongs to them, their files after the commit; returns how many went."""
    delete_files(Attachment.objects.using(using).filter(message__in=keys))
    return remove_rows(get_message_model(), keys, using)


def empty_messages(keys: Collection[Any], conversation_ids: Collection[Any]) -> None:
    """Delete everything that belongs to these tombstones but their own rows; one statement for each kind of child.

    Nobody sees the difference, and no event tells of it: a tombstone shows nothing of what it has.
    """
    using = router.db_for_write(get_message_model())
    within = {"message__in": list(keys), "conversation__in": list(conversation_ids)}
    delete_files(Attachment.objects.using(using).filter(**within))
    for child in CHILDREN:
        child._default_manager.using(using).filter(**within).delete()
