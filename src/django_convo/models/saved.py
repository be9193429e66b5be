"""Saved messages: what a user keeps for themselves."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .children import MessageChild


class SavedMessage(MessageChild):
    """A message that a user has saved; seen as long as they may read the message."""

    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    saved_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("saved message")
        verbose_name_plural = _("saved messages")
        constraints = (models.UniqueConstraint(fields=["message", "user", "conversation"], name="convo_saved_once"),)
        indexes = (
            # GET /messages/?saved=true: what one user has saved.
            models.Index(fields=["user", "message"], name="convo_saved_by_user"),
        )

    def __str__(self) -> str:
        return f"{self.message_id} by {self.user_id}"
