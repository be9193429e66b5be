"""The audit log: each act of power, for good."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .fields import uuid7


class AuditEntry(models.Model):
    """Somebody used a power over others. Never changed, and without a body."""

    entry_id = models.UUIDField(_("entry id"), primary_key=True, default=uuid7, editable=False)
    actor = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("actor"),
    )
    # What was done, such as "report.resolved"; the list is `types.AuditAction`.
    action = models.CharField(_("action"), max_length=48)
    # Who it was done to, as long as they are there.
    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("user"),
    )
    # Plain columns: the entry outlives what it speaks of.
    conversation_id = models.UUIDField(_("conversation id"), null=True, blank=True, db_index=True)
    message_id = models.UUIDField(_("message id"), null=True, blank=True)
    # Ids and small facts.
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = (
            # GET /audit/?action=…, newest first; without a filter, the primary key is in that order already.
            models.Index(fields=["action", "entry_id"], name="convo_audit_action"),
        )

    def __str__(self) -> str:
        return f"{self.action} by {self.actor_id}"
