"""Showing that one types: no row is written, and only those who are there hear of it."""

from __future__ import annotations

from typing import Any

from django.db import router

from django_convo import events
from django_convo.conf import settings
from django_convo.exceptions import Denied
from django_convo.models import AbstractConversation, get_conversation_model
from django_convo.policy import authorize, capabilities
from django_convo.types import Hint, HintKind


def show_typing(*, actor: Any, conversation: AbstractConversation, is_typing: bool = True) -> None:
    """Let the others see that the actor types, for six seconds, or that it is over; takes no lock, writes no row.

    Whoever may not send may not be seen typing, and is refused as a send is. In conversations of more than
    `CONVO_LARGE_CONVERSATION` nobody is told. Raises Denied (not a participant; as `send_message`). Emits no event.
    """
    if conversation.membership_of(actor) is None:
        raise Denied
    authorize(actor, capabilities.MESSAGE_SEND, conversation=conversation)
    if conversation.participant_count > settings.LARGE_CONVERSATION:
        return
    hint = Hint(kind=HintKind.TYPING, conversation_id=conversation.pk, user_id=actor.pk, is_on=is_typing)
    events.hint(hint, using=router.db_for_write(get_conversation_model()))
