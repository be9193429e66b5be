"""Emptying the tombstones of deleted messages: the number stays, everything else goes."""

from __future__ import annotations

from datetime import datetime

from django.db import router
from django.db.models import F

from django_convo.actions.base import action
from django_convo.models import MessageRevision, get_conversation_model, get_message_model

from .removing import empty_messages


@action
def empty_tombstones(*, before: datetime, after: int, limit: int) -> tuple[int, int | None]:
    """Empty the messages that were deleted before then, among the `limit` revisions that follow the key `after`.

    A deletion keeps what the message said as its last revision, so that revisions lead to every tombstone that still
    holds something. Locks their conversations in id order: whoever restores one meanwhile comes first or too late.
    Returns how many were emptied, and where to go on, or None at the end. Emits no event: nobody sees a difference.
    """
    using = router.db_for_write(MessageRevision)
    page = list(
        MessageRevision.objects.using(using)
        .filter(pk__gt=after)
        .order_by("pk")
        .annotate(deleted_at=F("message__deleted_at"))
        .values_list("pk", "conversation_id", "message_id", "deleted_at")[:limit]
    )
    due = [row for row in page if row[3] is not None and row[3] < before]
    conversations = {row[1] for row in due}
    emptied = 0
    if due:
        list(get_conversation_model()._default_manager.using(using).locked().filter(pk__in=conversations))
        messages = (
            get_message_model()
            ._default_manager.using(using)
            .filter(pk__in={row[2] for row in due}, conversation__in=conversations, deleted_at__lt=before)
        )
        keys = list(messages.values_list("pk", flat=True))
        empty_messages(keys, conversations)
        emptied = len(keys)
    return emptied, page[-1][0] if len(page) == limit else None
