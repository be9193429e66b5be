"""Pinned messages: what a conversation keeps in view for everyone."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .children import MessageChild


class PinnedMessage(MessageChild):
    """A message that is pinned in its conversation."""

    pinned_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    pinned_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("pinned message")
        verbose_name_plural = _("pinned messages")
        constraints = (models.UniqueConstraint(fields=["message", "conversation"], name="convo_pin_once"),)
        indexes = (
            # GET …/pins/: those of one conversation, the latest pinned first.
            models.Index(fields=["conversation", "id"], name="convo_pin_order"),
        )

    def __str__(self) -> str:
        return f"{self.message_id} in {self.conversation_id}"
