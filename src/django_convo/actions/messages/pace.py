"""Slow mode: how long a participant waits between two messages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import TooSoon
from django_convo.models import AbstractConversation, get_message_model
from django_convo.types import ROLE_RANK, ConversationRole


def refuse_too_soon(actor: Any, conversation: AbstractConversation) -> None:
    """Raise `TooSoon` (`slow_mode`) where the actor has sent within `slow_mode_seconds`; not asked of moderators.

    Deleted messages count: who deletes has spoken all the same.
    """
    if not conversation.slow_mode_seconds:
        return
    participant = conversation.membership_of(actor)
    if participant is not None and participant.rank >= ROLE_RANK[ConversationRole.MODERATOR]:
        return
    pause = timedelta(seconds=conversation.slow_mode_seconds)
    now = timezone.now()
    sent = get_message_model()._default_manager.filter(
        conversation=conversation.pk, sender=actor, sent_at__gt=now - pause
    )
    last = sent.order_by("-sent_at").values_list("sent_at", flat=True).first()
    if last is not None:
        wait = (last + pause - now).total_seconds()
        raise TooSoon("slow_mode", _("This conversation is in slow mode. Wait a moment."), wait=wait)
