"""Erasing users: blanking what they wrote, in steps that can be stopped and begun again, then deleting the account."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.db import IntegrityError, connections, router
from django.utils import timezone

from django_convo.exceptions import NotFound, TryAgain
from django_convo.models import (
    AbstractConversation,
    AbstractMessage,
    Attachment,
    Draft,
    Participant,
    Reaction,
    SavedMessage,
    ScheduledMessage,
    get_conversation_model,
    get_message_model,
)
from django_convo.policy import authorize, capabilities
from django_convo.selectors import written
from django_convo.types import AuditAction, EventType

from .attachments import delete_files
from .audit import record
from .base import ATTEMPTS, Change, action, json_key
from .maintenance.removing import empty_messages, remove_rows
from .messages import delete_message
from .participants import forget_user
from .users import delete_user

# Rows of one step: each message is deleted as any is, while its conversation waits.
ERASED_AT_ONCE: Final = 20


def erase_user(*, actor: Any | None, user: Any, keep_account: bool = False) -> None:
    """Blank everything that the user wrote, then delete the account, unless it is to be kept.

    By the host or who administers users. Their messages become empty tombstones; reactions, drafts, scheduled and
    saved messages, uploads and their files go, and so do the copies in reports. What others wrote stays. Within the
    caller's transaction all of it is one; otherwise in bounded steps, each in a transaction of its own: stopped
    halfway and called again, it goes on.

    Raises Denied, NotFound, Conflict (`user_in_use`: a row of the host's protects this user; what they wrote is blank
    by then), TryAgain. Emits `message.deleted` and `reaction.removed`, and what `forget_user` emits.
    """
    for _erased in erase_written(actor=actor, user=user):
        continue
    finish_erasure(actor=actor, user=user, keep_account=keep_account)


def erase_written(*, actor: Any | None, user: Any, limit: int = ERASED_AT_ONCE) -> Iterator[tuple[str, int]]:
    """Blank what the user wrote, at most `limit` rows in each transaction; yields what, and how many, after each.

    Raises Denied. Emits as `erase_user`, which is this, and `finish_erasure` after it.
    """
    _authorize(actor)
    yield from _erase(user, limit)


def finish_erasure(*, actor: Any | None, user: Any, keep_account: bool) -> None:
    """Write the audit entry, and delete the account unless it is kept, with what was written since the last step.

    One transaction, which takes the user out of every conversation first: nobody writes as them after that. Raises
    Denied, NotFound, Conflict (`user_in_use`), TryAgain. Emits as `erase_user`.
    """
    _authorize(actor)
    for _attempt in range(ATTEMPTS):
        try:
            return _finish(actor=actor, user=user, keep_account=keep_account)
        except IntegrityError as error:
            # As in `delete_user`: somebody wrote a row that points at the user after we had looked for those.
            if connections[router.db_for_write(get_user_model())].in_atomic_block:
                raise
            last = error
    raise TryAgain from last


@action
def _finish(*, actor: Any | None, user: Any, keep_account: bool) -> None:
    row = get_user_model()._default_manager.filter(pk=user.pk).first()
    if row is None:
        raise NotFound
    if not keep_account:
        forget_user(user=row)
        for _erased in _erase(row, ERASED_AT_ONCE):
            continue
        # Only the sender is shown it, and no sender is left to repeat a request.
        get_message_model()._default_manager.filter(sender=row.pk).exclude(client_id=None).update(client_id=None)
    record(actor, AuditAction.USER_ERASED, user_id=row.pk, account="kept" if keep_account else "deleted")
    if not keep_account:
        delete_user(actor=None, user=row)


def _authorize(actor: Any | None) -> None:
    authorize(actor, capabilities.USER_ADMINISTER)


def _erase(user: Any, limit: int) -> Iterator[tuple[str, int]]:
    unerased = written.unerased_messages(user)
    for conversation_id in written.conversations_of(unerased):
        position: int | None = 0
        while position is not None:
            number, position = erase_messages(user=user, conversation_id=conversation_id, after=position, limit=limit)
            yield "messages", number
    for conversation_id in written.conversations_of(written.rows_of(user, Reaction)):
        yield from _repeat("reactions", partial(erase_reactions, user=user, conversation_id=conversation_id), limit)
    yield from _repeat("drafts", partial(erase_drafts, user=user), limit)
    yield from _repeat("scheduled messages", partial(erase_rows, user=user, model=ScheduledMessage), limit)
    yield from _repeat("saved messages", partial(erase_rows, user=user, model=SavedMessage), limit)
    yield from _repeat("unsent files", partial(erase_uploads, user=user), limit)
    yield from _repeat("reports", partial(erase_copies, user=user), limit)


def _repeat(noun: str, step: Callable[..., int], limit: int) -> Iterator[tuple[str, int]]:
    while number := step(limit=limit):
        yield noun, number


@action
def erase_messages(*, user: Any, conversation_id: UUID, after: int, limit: int) -> tuple[int, int | None]:
    """Make empty tombstones of at most `limit` messages of the user in one conversation, behind `after`. Locks it.

    Those not deleted yet are deleted as the host deletes one. Returns how many, and where to go on, or None at the
    end. Emits `message.deleted`.
    """
    row = _lock(conversation_id)
    if row is None:
        return 0, None
    unerased = written.unerased_messages(user).filter(conversation=row.pk, seq__gt=after)
    found = list(unerased.order_by("seq")[:limit])
    for message in found:
        if message.is_deleted:
            continue
        message.conversation = row
        _delete(row, message)
    if found:
        keys = [message.pk for message in found]
        empty_messages(keys, [row.pk])
        # By which a guess of what was said could be tried. A retry is still told that its `client_id` was used.
        type(found[0])._default_manager.filter(pk__in=keys, conversation=row.pk).update(client_digest=None)
    return len(found), found[-1].seq if len(found) == limit else None


def _delete(conversation: AbstractConversation, message: AbstractMessage) -> None:
    if conversation.deleted_at is None:
        delete_message(actor=None, message=message)
        return
    # Nobody finds the conversation, and nothing is counted in it any more.
    rows = type(message)._default_manager.filter(pk=message.pk, conversation=conversation.pk)
    rows.update(deleted_at=timezone.now(), message_body="", metadata={})


@action
def erase_reactions(*, user: Any, conversation_id: UUID, limit: int) -> int:
    """Take back at most `limit` reactions of the user in one conversation; returns how many. Locks it.

    Emits `reaction.removed`, but for those on a tombstone, which shows none.
    """
    row = _lock(conversation_id)
    if row is None:
        return 0
    reactions = written.rows_of(user, Reaction).filter(conversation=row.pk).select_related("message")
    found = list(reactions.order_by("pk")[:limit])
    Reaction.objects.filter(pk__in=[reaction.pk for reaction in found]).delete()
    change = Change(row, None)
    for reaction in found:
        if not reaction.message.is_deleted:
            change.emit(
                EventType.REACTION_REMOVED,
                seq=reaction.message.seq,
                message_id=str(reaction.message.pk),
                emoji=reaction.emoji,
                user=json_key(user.pk),
            )
    change.write()
    return len(found)


def _lock(conversation_id: UUID) -> AbstractConversation | None:
    """Return the conversation, locked, deleted or not."""
    rows: Any = get_conversation_model()._default_manager
    row: AbstractConversation | None = rows.locked().filter(pk=conversation_id).first()
    return row


@action
def erase_drafts(*, user: Any, limit: int) -> int:
    """Delete at most `limit` drafts of the user, whose devices hear of it by their membership; returns how many."""
    found = list(written.rows_of(user, Draft).order_by("pk").values_list("pk", "conversation")[:limit])
    Participant.objects.filter(user=user, conversation__in=[conversation for _, conversation in found]).change()
    return remove_rows(Draft, [pk for pk, _ in found], router.db_for_write(Draft)) if found else 0


@action
def erase_rows(*, user: Any, model: Any, limit: int) -> int:
    """Delete at most `limit` of the user's own rows of a model; returns how many. Emits no event."""
    keys = list(written.rows_of(user, model).order_by("pk").values_list("pk", flat=True)[:limit])
    return remove_rows(model, keys, router.db_for_write(model)) if keys else 0


@action
def erase_uploads(*, user: Any, limit: int) -> int:
    """Delete at most `limit` files that the user has uploaded and not sent; returns how many. Emits nothing."""
    found = list(written.unsent_files(user).order_by("pk").select_for_update()[:limit])
    delete_files(found)
    keys = [attachment.pk for attachment in found]
    return remove_rows(Attachment, keys, router.db_for_write(Attachment)) if keys else 0


@action
def erase_copies(*, user: Any, limit: int) -> int:
    """Blank the copies of what the user wrote in at most `limit` reports, and their own comments; returns how many."""
    number = 0
    for rows, column in ((written.reported_copies(user), "message_body"), (written.report_comments(user), "comment")):
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:limit])
        number += rows.filter(pk__in=keys).update(**{column: ""}) if keys else 0
    return number
