"""Drafts: what a user has begun to write, on every device."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings

from .conversations import AbstractConversation


class Draft(models.Model):
    """What a user has begun to write in a conversation."""

    # With a name for queries: the inbox reads one's own draft in a join.
    conversation: models.ForeignKey[AbstractConversation, AbstractConversation] = models.ForeignKey(
        settings.CONVERSATION_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        related_query_name="convo_draft",
        db_index=False,
    )
    user = models.ForeignKey(django_settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    message_body = models.TextField(_("message body"), blank=True)
    # A plain column: a draft outlives the message that it answers, and is checked when it is sent.
    reply_to_id = models.UUIDField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = (models.UniqueConstraint(fields=["conversation", "user"], name="convo_draft_once"),)

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id}"
