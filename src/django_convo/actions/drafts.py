"""Drafts: what a user has begun to write, on every device."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.utils import timezone

from django_convo.exceptions import Denied, NotFound
from django_convo.models import AbstractConversation, Draft, Participant, get_conversation_model

from .base import action, tell_own_state
from .messages.content import MessageReference, clean_body, find_referenced


@action
def save_draft(
    *, actor: Any, conversation: AbstractConversation, body: str, reply_to: MessageReference | None = None
) -> Participant:
    """Keep what the actor has begun to write, in place of what was kept; returns one's own row. Locks that row.

    A blank body keeps nothing. The row's `updated_at` moves, so that `sync` tells the other devices. Sending does not
    clear it: the client that sends knows whether this was the draft. Kept also where one may not send at the moment.

    Raises Denied (not a participant), Invalid (`invalid_text`, `text_too_long`), InvalidReference (`reply_to`),
    NotFound. Emits no event: it is one's own.
    """
    text = clean_body(body, is_blank_allowed=True)
    participant = _locked_row(actor, conversation)
    answered, _root = find_referenced(actor, participant.conversation_id, reply_to=reply_to, thread_root=None)
    kept = _kept(participant)
    if not text.strip():
        return _without(participant, kept)
    reply_to_id = None if answered is None else answered.pk
    if kept is not None and (kept.message_body, kept.reply_to_id) == (text, reply_to_id):
        return participant
    draft = kept or Draft(conversation_id=participant.conversation_id, user_id=participant.user_id)
    draft.message_body, draft.reply_to_id, draft.updated_at = text, reply_to_id, timezone.now()
    draft.save()
    return _changed(participant, draft)


@action
def delete_draft(*, actor: Any, conversation: AbstractConversation) -> Participant:
    """Keep nothing of what the actor has begun to write; returns one's own row. Locks that row.

    Raises Denied (not a participant), NotFound. Emits no event.
    """
    participant = _locked_row(actor, conversation)
    return _without(participant, _kept(participant))


def _locked_row(actor: Any, conversation: AbstractConversation) -> Participant:
    """Return one's own row, locked, with its conversation as it is now: two devices take turns."""
    rows = Participant.objects.filter(conversation=conversation.pk, user=actor)
    participant = rows.select_for_update(no_key=connections[rows.db].vendor == "postgresql").first()
    row = get_conversation_model()._default_manager.live().filter(pk=conversation.pk).first()
    if row is None:
        raise NotFound
    if participant is None:
        raise Denied
    participant.conversation = row
    return participant


def _kept(participant: Participant) -> Draft | None:
    # Read with a lock: in the caller's transaction, a plain read may show what was there at its beginning.
    drafts = Draft.objects.select_for_update().filter(
        conversation=participant.conversation_id, user=participant.user_id
    )
    draft = drafts.first()
    participant.own_draft = draft
    return draft


def _without(participant: Participant, kept: Draft | None) -> Participant:
    if kept is None:
        return participant
    kept.delete()
    return _changed(participant, None)


def _changed(participant: Participant, draft: Draft | None) -> Participant:
    Participant.objects.filter(pk=participant.pk).change()
    tell_own_state(participant)
    participant.own_draft = draft
    return participant
