"""What a user has written: what erasing blanks, and what its dry run counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.db import router
from django.db.models import Exists, OuterRef, Q, QuerySet

from django_convo.models import (
    AbstractMessage,
    Attachment,
    Draft,
    Mention,
    MessageRevision,
    Participant,
    PinnedMessage,
    Reaction,
    Report,
    SavedMessage,
    ScheduledMessage,
    get_message_model,
)
from django_convo.types import ReportStatus

_CHILDREN: Final[tuple[Any, ...]] = (Attachment, Mention, MessageRevision, PinnedMessage, Reaction, SavedMessage)
_WALKED_AT_ONCE: Final = 100


def unerased_messages(user: Any) -> QuerySet[AbstractMessage]:
    """Return the user's messages that still hold something: not deleted, or tombstones that are not empty."""
    model = get_message_model()
    using = router.db_for_write(model)
    holds = Q(deleted_at=None) | Q(client_digest__isnull=False)
    for child in _CHILDREN:
        holds |= Q(Exists(child._default_manager.using(using).filter(message=OuterRef("pk"))))
    return model._default_manager.using(using).filter(holds, sender=user)


def rows_of(user: Any, model: Any) -> QuerySet[Any]:
    """Return the user's own rows of `Draft`, `ScheduledMessage`, `SavedMessage` or `Reaction`."""
    owner = "sender" if model is ScheduledMessage else "user"
    return model._default_manager.using(router.db_for_write(model)).filter(**{owner: user})  # type: ignore[no-any-return]


def unsent_files(user: Any) -> QuerySet[Attachment]:
    """Return what the user has uploaded and not sent."""
    return Attachment.objects.using(router.db_for_write(Attachment)).filter(uploader=user, message=None)


def reported_copies(user: Any) -> QuerySet[Report]:
    """Return the reports that hold a copy of what the user wrote."""
    return Report.objects.using(router.db_for_write(Report)).filter(reported_user=user).exclude(message_body="")


def report_comments(user: Any) -> QuerySet[Report]:
    """Return the reports in which the user has written a comment."""
    return Report.objects.using(router.db_for_write(Report)).filter(reporter=user).exclude(comment="")


def count_written(user: Any, *, keep_account: bool) -> dict[str, int]:
    """Count what erasing the user would blank or remove, by noun."""
    counted = {
        "messages": unerased_messages(user),
        "reactions": rows_of(user, Reaction),
        "drafts": rows_of(user, Draft),
        "scheduled messages": rows_of(user, ScheduledMessage),
        "saved messages": rows_of(user, SavedMessage),
        "unsent files": unsent_files(user),
        "copies in reports": reported_copies(user),
        "copies in open reports": reported_copies(user).filter(status=ReportStatus.OPEN),
        "comments in reports": report_comments(user),
    }
    if not keep_account:
        counted["memberships"] = Participant.objects.filter(user=user)
    return {noun: rows.count() for noun, rows in counted.items()}


def conversations_of(rows: QuerySet[Any]) -> Iterator[UUID]:
    """Walk through the ids of the conversations that these rows are in, in order; the rows may go meanwhile."""
    found = rows.order_by("conversation_id").values_list("conversation_id", flat=True).distinct()
    page = list(found[:_WALKED_AT_ONCE])
    while page:
        yield from page
        page = list(found.filter(conversation_id__gt=page[-1])[:_WALKED_AT_ONCE])
