"""Reports: what users ask the moderators to look at."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.types import ReportReason, ReportStatus

from .children import ConversationChild
from .fields import uuid7
from .messages import AbstractMessage


class Report(ConversationChild):
    """A user's report of a message, with a copy of what it said."""

    report_id = models.UUIDField(_("report id"), primary_key=True, default=uuid7, editable=False)
    # The row may be pruned; the report keeps its copy.
    message: models.ForeignKey[AbstractMessage | None, AbstractMessage | None] = models.ForeignKey(
        settings.MESSAGE_MODEL, on_delete=models.SET_NULL, null=True, editable=False, related_name="+", db_index=False
    )
    reporter = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("reporter"),
    )
    # Who wrote the message, as long as they are there.
    reported_user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("reported user"),
    )
    reason = models.CharField(_("reason"), max_length=16, choices=ReportReason.choices)
    comment = models.TextField(_("comment"), blank=True)
    message_body = models.TextField(_("message body"), blank=True)
    status = models.CharField(_("status"), max_length=16, choices=ReportStatus.choices, default=ReportStatus.OPEN)
    resolution = models.TextField(_("resolution"), blank=True)
    reviewed_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("reviewed by"),
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = (
            models.UniqueConstraint(fields=["message", "reporter", "conversation"], name="convo_report_once"),
        )
        indexes = (
            # GET /reports/?status=open: the queue, oldest first.
            models.Index(fields=["status", "report_id"], name="convo_report_queue"),
        )

    def __str__(self) -> str:
        return f"{self.reason}: {self.message_id}"
