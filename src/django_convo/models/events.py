"""The durable change log, from which every delivery is drawn."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings

from .conversations import AbstractConversation


class Event(models.Model):
    """One change of one conversation: ids and small facts, never a body; numbered without gaps."""

    conversation: models.ForeignKey[AbstractConversation, AbstractConversation] = models.ForeignKey(
        settings.CONVERSATION_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    event_seq = models.BigIntegerField()
    # No `choices`: the list grows with each release, and a database need not hear of it.
    type = models.CharField(max_length=32)
    actor = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    seq = models.BigIntegerField(null=True, blank=True)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        constraints = (
            # Also the index of every replay: the events of a conversation after a number.
            models.UniqueConstraint(fields=["conversation", "event_seq"], name="convo_event_seq"),
            models.CheckConstraint(condition=models.Q(event_seq__gte=1), name="convo_event_seq_positive"),
        )
        indexes = (
            # convo_prune: what is older than CONVO_EVENT_RETENTION.
            models.Index(fields=["created_at"], name="convo_event_created"),
        )

    def __str__(self) -> str:
        return f"{self.event_seq} {self.type} in {self.conversation_id}"
