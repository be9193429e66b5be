"""Scheduled messages: what is to be sent later, and checked again then."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.types import ScheduledStatus

from .children import ConversationChild
from .fields import ExactCharField, uuid7


class ScheduledMessage(ConversationChild):
    """What a user has asked to be sent at a time; becomes a message when it is due, or is kept with the refusal."""

    scheduled_id = models.UUIDField(_("scheduled id"), primary_key=True, default=uuid7, editable=False)
    sender = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("sender"),
    )
    message_body = models.TextField(_("message body"), blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True)
    # Ids as they were given; what they name is looked up again when the message is due.
    reply_to_id = models.UUIDField(null=True, blank=True)
    thread_root_id = models.UUIDField(null=True, blank=True)
    attachment_ids = models.JSONField(default=list, blank=True)
    mentioned = models.JSONField(default=list, blank=True)
    client_id = ExactCharField(_("client id"), max_length=64, null=True, blank=True, editable=False)
    client_digest = models.CharField(max_length=64, null=True, blank=True, editable=False)
    send_at = models.DateTimeField(_("send at"))
    # When the command looks at it next: `send_at`, and later where an attempt has come to nothing.
    due_at = models.DateTimeField(editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    status = models.CharField(
        _("status"), max_length=16, choices=ScheduledStatus.choices, default=ScheduledStatus.PENDING
    )
    # The code of the refusal, where it has failed.
    code = models.CharField(_("code"), max_length=64, blank=True)
    # A plain column: the message may be pruned or swapped.
    message_id = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    # Set by `actions.schedule_message`: False where a repeated `client_id` found this one.
    was_created: bool = False

    class Meta:
        verbose_name = _("scheduled message")
        verbose_name_plural = _("scheduled messages")
        constraints = (
            models.UniqueConstraint(fields=["conversation", "sender", "client_id"], name="convo_scheduled_client_id"),
        )
        indexes = (
            # convo_send_due: what waits, the longest due first.
            models.Index(fields=["status", "due_at"], name="convo_scheduled_due"),
            # GET /scheduled/: one's own, the latest first.
            models.Index(fields=["sender", "send_at", "scheduled_id"], name="convo_scheduled_own"),
        )

    def __str__(self) -> str:
        return f"{self.sender_id} in {self.conversation_id} at {self.send_at}"

    @property
    def is_sent(self) -> bool:
        return self.status == ScheduledStatus.SENT
