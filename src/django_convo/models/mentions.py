"""Mentions: who is named in a message."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from .children import MessageChild


class Mention(MessageChild):
    """A user named in a message; without a user, everyone who takes part."""

    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = (models.UniqueConstraint(fields=["message", "user", "conversation"], name="convo_mention_once"),)
        indexes = (
            # GET /messages/?mentions_me=true: one's own, and those of everyone in one's conversations.
            models.Index(fields=["user", "conversation"], name="convo_mention_user"),
        )

    def __str__(self) -> str:
        return f"{self.user_id or 'everyone'} in {self.message_id}"
