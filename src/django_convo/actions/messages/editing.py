"""Editing messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.actions.base import UNSET, Change, Unset, action, as_json, clean_metadata
from django_convo.conf import settings
from django_convo.exceptions import Denied
from django_convo.models import AbstractConversation, AbstractMessage, Attachment, Mention
from django_convo.policy import authorize, capabilities
from django_convo.types import EventType

from .changing import keep_revision, lock_message, write_columns
from .content import clean_body
from .hooks import OutgoingMessage, run_hooks
from .mentions import EVERYONE, count_mentions, find_named, named_in, names_gone, too_many_mentions, write_mentions


@action
def edit_message(
    *,
    actor: Any | None,
    message: AbstractMessage,
    body: str | Unset = UNSET,
    mentions: Sequence[Any] | Unset = UNSET,
    metadata: Mapping[str, Any] | Unset = UNSET,
) -> AbstractMessage:
    """Change what a message says; what it said is kept as a revision. Locks the conversation.

    Every check of a send is made again: length, hooks, mentions, blocks, sanctions. Who is named by the edit counts
    it, if they have not read so far; without `mentions`, those given before stay. What is equal changes nothing.

    Takes `message.edit` and `message.send`.

    Raises Denied (not the sender, `edit_window_over`, `message_deleted`, `conversation_closed`), Invalid,
    InvalidReference (`mentions`), NotFound. Emits `message.updated`.
    """
    row, found = lock_message(actor, message)
    authorize_speaking_again(actor, row, found)
    if found.is_deleted:
        raise message_deleted()
    _refuse_late(actor, found)
    new_body, new_metadata = _composed(actor, found, body, metadata)
    before = named_in(found).keys
    after = _named_after(actor, found, mentions, new_body)
    is_reworded = as_json((new_body, new_metadata)) != as_json((found.message_body, found.metadata))
    if not is_reworded and set(after) == before:
        return found
    change = Change(row, actor)
    if is_reworded:
        keep_revision(found, actor, change.now)
    write_columns(found, message_body=new_body, metadata=new_metadata, edited_at=change.now)
    _rename(found, before, after)
    change.emit(EventType.MESSAGE_UPDATED, seq=found.seq, message_id=str(found.pk))
    change.write()
    return found


def authorize_speaking_again(actor: Any | None, conversation: AbstractConversation, message: AbstractMessage) -> None:
    """Raise Denied unless the actor may edit the message and may still send: an edit speaks, as a send does."""
    authorize(actor, capabilities.MESSAGE_EDIT, conversation=conversation, message=message)
    authorize(actor, capabilities.MESSAGE_SEND, conversation=conversation)


def _refuse_late(actor: Any | None, message: AbstractMessage) -> None:
    window = settings.EDIT_WINDOW
    if actor is not None and window is not None and timezone.now() - message.sent_at > window:
        raise Denied("edit_window_over", _("It is too late to edit this message."))


def _composed(
    actor: Any | None, message: AbstractMessage, body: str | Unset, metadata: Mapping[str, Any] | Unset
) -> tuple[str, dict[str, Any]]:
    """Return body and metadata as they are to be, checked as those of a send are."""
    new_body = message.message_body if isinstance(body, Unset) else body
    new_metadata = message.metadata if isinstance(metadata, Unset) else clean_metadata(metadata)
    files = Attachment.objects.filter(message=message.pk, conversation=message.conversation_id)
    is_blank_allowed = isinstance(new_body, str) and not new_body.strip() and files.exists()
    new_body = clean_body(new_body, is_blank_allowed=is_blank_allowed)
    if actor is not None:
        outgoing = run_hooks(
            OutgoingMessage(
                actor=actor, conversation=message.conversation, body=new_body, metadata=new_metadata, edited=message
            )
        )
        new_body = clean_body(outgoing.body, is_blank_allowed=is_blank_allowed)
        new_metadata = clean_metadata(outgoing.metadata)
    return new_body, new_metadata


def _named_after(
    actor: Any | None, message: AbstractMessage, mentions: Sequence[Any] | Unset, new_body: str
) -> list[Any]:
    """Return the keys of those named after the edit; who was named before need not take part any more."""
    before = named_in(message)
    if isinstance(mentions, Unset):
        kept = before.keys - names_gone(before, message.message_body, new_body)
        added: list[Any] = []
    else:
        given = {None if item == EVERYONE else getattr(item, "pk", item): item for item in mentions}
        kept = before.keys & set(given)
        added = [item for key, item in given.items() if key not in kept]
    named = find_named(actor, message.conversation, added, new_body).in_order
    after = [key for key in before.in_order if key in kept] + [key for key in named if key not in kept]
    if len(set(after) - {None}) > settings.MAX_MENTIONS:
        raise too_many_mentions()
    return after


def _rename(message: AbstractMessage, before: set[Any], in_order: Sequence[Any]) -> None:
    """Write who is named now, and count it for those who have not read so far."""
    after = set(in_order)
    if before == after:
        return
    gone = Mention.objects.filter(message=message.pk, conversation=message.conversation_id)
    people, everyone = before - after - {None}, None in before and None not in after
    if people:
        gone.filter(user__in=people).delete()
    if everyone:
        gone.filter(user=None).delete()
    write_mentions(message, [key for key in in_order if key not in before])
    # A message counts once for everyone whom it names, by name or as one of all.
    count_mentions(message, before, -1)
    count_mentions(message, after, +1)


def message_deleted() -> Denied:
    """Return the refusal of whatever would add to a deleted message."""
    return Denied("message_deleted", _("This message was deleted."))
