"""Revisions: what a message said before it was edited or deleted."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .children import MessageChild


class MessageRevision(MessageChild):
    """One earlier text of a message, numbered from 1; the last one of a deleted message is what restoring brings back.

    Readable by `message.view_revisions`, and by nobody while the message is deleted.
    """

    number = models.PositiveIntegerField()
    message_body = models.TextField(_("message body"), blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    # Who replaced this text, and when.
    replaced_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    replaced_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        constraints = (
            # Also the index of GET …/revisions/.
            models.UniqueConstraint(fields=["message", "number", "conversation"], name="convo_revision_number"),
        )

    def __str__(self) -> str:
        return f"{self.number} of {self.message_id}"
