"""Removing messages that are older than their kind of conversation keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import takewhile
from typing import Any, Final
from uuid import UUID

from django.db import router
from django.db.models import Case, F, OuterRef, Value, When

from django_convo.actions.base import Change, action
from django_convo.actions.messages import delete_message
from django_convo.exceptions import NotFound
from django_convo.models import AbstractConversation, Participant, get_conversation_model, get_message_model
from django_convo.selectors.counting import count_rows
from django_convo.selectors.expired import oldest_messages
from django_convo.types import EventType

from .removing import empty_messages, remove_messages

_WALKED_AT_ONCE: Final = 1_000


def walk_conversations_with_expired(*, kind: str, before: datetime) -> Iterator[UUID]:
    """Walk through the ids of live conversations that hold messages from before then, in pages."""
    page = oldest_messages(kind, after=None, limit=_WALKED_AT_ONCE)
    while page:
        yield from (item.conversation_id for item in page if item.is_expired(before))
        page = oldest_messages(kind, after=page[-1].conversation_id, limit=_WALKED_AT_ONCE)


@action
def prune_messages(*, conversation_id: UUID, before: datetime, limit: int) -> int:
    """Remove at most `limit` messages that were sent before then, from the beginning; returns how many. Locks.

    Only ever the oldest, so that the numbers of those that stay have no gap, and `visible_from_seq` of everyone moves
    up to the first of them: what is gone counts as unread and as a mention no longer, and nothing else changes. The
    newest keeps its row, from which the numbers go on: once it is past the retention, it is deleted and emptied.

    A host's rows that point at a message go, stay or stop this by their own `on_delete`: ProtectedError and
    RestrictedError are raised as they are. Raises NotFound. Emits `conversation.updated` with `oldest_seq`, and
    `message.deleted` for the newest.
    """
    model = get_conversation_model()
    using = router.db_for_write(model)
    row = model._default_manager.using(using).live().locked().filter(pk=conversation_id).first()
    if row is None:
        raise NotFound
    messages = get_message_model()._default_manager.using(using).filter(conversation=row.pk)
    page = messages.order_by("seq").values_list("pk", "seq", "sent_at")[:limit]
    expired = list(takewhile(lambda item: item[2] < before and item[1] < row.last_seq, page))
    if not expired:
        return _delete_newest(row, before)
    last = expired[-1][1]
    _move_sight(row, last)
    remove_messages([item[0] for item in expired], using)
    change = Change(row, None)
    change.emit(EventType.CONVERSATION_UPDATED, fields=["oldest_seq"], oldest_seq=last + 1)
    change.write()
    return len(expired)


def _move_sight(conversation: AbstractConversation, last: int) -> None:
    """Let nobody see the messages up to `last`, and take them out of the counts of those who have not read them."""
    participants = Participant.objects.filter(conversation=conversation.pk)
    gone: Any = get_message_model()._default_manager.filter(
        conversation=conversation.pk,
        seq__lte=last,
        seq__gt=OuterRef("last_read_seq"),
        seq__gte=OuterRef("visible_from_seq"),
    )
    mentions = count_rows(gone.mentioning(OuterRef("user")))
    participants.behind(last).change(
        read_count_seq=F("read_count_seq") + count_rows(gone.counted(OuterRef("user"))),
        # Never below nothing, also where the count was wrong: databases refuse that.
        mention_count=Case(When(mention_count__gt=mentions, then=F("mention_count") - mentions), default=Value(0)),
    )
    participants.filter(visible_from_seq__lte=last).update(visible_from_seq=last + 1)


def _delete_newest(conversation: AbstractConversation, before: datetime) -> int:
    newest = (
        get_message_model()
        ._default_manager.filter(conversation=conversation.pk, seq=conversation.last_seq, sent_at__lt=before)
        .filter(deleted_at=None)
        .first()
    )
    if newest is None:
        return 0
    newest.conversation = conversation
    delete_message(actor=None, message=newest)
    empty_messages([newest.pk], [conversation.pk])
    return 1
