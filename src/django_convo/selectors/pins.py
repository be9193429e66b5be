"""Pinned messages of a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import OuterRef, QuerySet, Subquery

from django_convo.models import PinnedMessage

from .messages import readable

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage

# The latest pinned first.
PIN_ORDER: Final = ("-pin_number",)


def pinned(actor: Any, conversation: AbstractConversation) -> QuerySet[AbstractMessage]:
    """Return the pinned messages that the actor may read; page them by `PIN_ORDER`."""
    pins = PinnedMessage.objects.filter(conversation=conversation.pk)
    number = Subquery(pins.filter(message=OuterRef("pk")).values("pk")[:1])
    # There are few: they are looked up by key, and only those are sorted.
    rows = readable(actor).filter(conversation=conversation.pk, pk__in=pins.values("message"))
    return rows.annotate(pin_number=number)
