"""Reactions: one of each emoji from each user."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Invalid
from django_convo.models import AbstractConversation, AbstractMessage, Reaction
from django_convo.models.fields import is_storable_text
from django_convo.policy import authorize, capabilities
from django_convo.types import EventType

from .base import Change, action, key_of
from .emoji import normalize_emoji
from .messages.changing import lock_message
from .messages.editing import message_deleted


@action
def add_reaction(*, actor: Any, message: AbstractMessage, emoji: str) -> AbstractMessage:
    """React to a message, or leave everything as it is where the actor has done so already. Locks the conversation.

    `emoji` is one of `CONVO_REACTIONS`, exactly as it stands there; without that setting, any emoji, kept in the
    spelling that Unicode calls fully qualified. A message has at most `CONVO_MAX_REACTIONS` different ones.

    Raises Denied (`message_deleted`, `conversation_closed`), Invalid (`invalid_emoji`, `too_many_reactions`),
    NotFound. Emits `reaction.added`.
    """
    text = _acceptable(emoji)
    row, found = _lock(actor, message)
    reactions = Reaction.objects.filter(message=found.pk, conversation=row.pk)
    if reactions.filter(emoji=text, user=actor).exists():
        return found
    shown = set(reactions.values_list("emoji", flat=True).distinct())
    if text not in shown and len(shown) >= settings.MAX_REACTIONS:
        raise Invalid("too_many_reactions", _("The message has too many different reactions."))
    change = Change(row, actor)
    Reaction.objects.create(conversation_id=row.pk, message_id=found.pk, user=actor, emoji=text, created_at=change.now)
    _emit(change, EventType.REACTION_ADDED, found, text)
    return found


@action
def remove_reaction(*, actor: Any, message: AbstractMessage, emoji: str) -> AbstractMessage:
    """Take one's own reaction back; nothing happens where there is none. Locks the conversation.

    What was accepted once can be taken back, whatever `CONVO_REACTIONS` says by now. Raises Denied
    (`message_deleted`, `conversation_closed`), Invalid (`invalid_emoji`: no text that a reaction can be), NotFound.
    Emits `reaction.removed`.
    """
    spellings = {_storable(emoji), normalize_emoji(emoji) or emoji}
    row, found = _lock(actor, message)
    own = Reaction.objects.filter(message=found.pk, conversation=row.pk, user=actor)
    # As it was given, if there is such a one: a host's own set may hold a spelling that Unicode does not prefer.
    known = set(own.filter(emoji__in=spellings).values_list("emoji", flat=True))
    text = next((spelling for spelling in (emoji, *spellings) if spelling in known), None)
    if text is not None:
        own.filter(emoji=text).delete()
        _emit(Change(row, actor), EventType.REACTION_REMOVED, found, text)
    return found


def _lock(actor: Any, message: AbstractMessage) -> tuple[AbstractConversation, AbstractMessage]:
    row, found = lock_message(actor, message)
    authorize(actor, capabilities.MESSAGE_REACT, conversation=row, message=found)
    if found.is_deleted:
        raise message_deleted()
    return row, found


def _emit(change: Change, type: EventType, message: AbstractMessage, emoji: str) -> None:  # noqa: A002
    change.emit(type, seq=message.seq, message_id=str(message.pk), emoji=emoji, user=key_of(change.actor))
    change.write()


def _acceptable(emoji: str) -> str:
    """Return how the emoji is kept, or raise `Invalid` (`invalid_emoji`)."""
    text = _storable(emoji)
    kept = normalize_emoji(text) if settings.REACTIONS is None else text if text in settings.REACTIONS else None
    if kept is None:
        raise _invalid_emoji()
    return kept


def _storable(emoji: str) -> str:
    longest = Reaction._meta.get_field("emoji").max_length
    if not isinstance(emoji, str) or not is_storable_text(emoji) or not 1 <= len(emoji) <= (longest or 0):
        raise _invalid_emoji()
    return emoji


def _invalid_emoji() -> Invalid:
    return Invalid("invalid_emoji", _("This cannot be a reaction here."))
