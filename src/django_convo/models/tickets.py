"""Tickets: what opens one connection for somebody who has shown elsewhere who they are."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Ticket(models.Model):
    """One connection that a user may open, once and soon. The ticket itself is kept nowhere: its digest is the key."""

    digest = models.CharField(max_length=64, primary_key=True, editable=False)
    user = models.ForeignKey(django_settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    # What the user had shown: the connection ends with it. A session's key, or model and key of a token's row.
    login_kind = models.CharField(max_length=201, blank=True, editable=False)
    login_key = models.CharField(max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(editable=False)

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        indexes = (
            # convo_prune: what has expired.
            models.Index(fields=["expires_at"], name="convo_ticket_expired"),
        )

    def __str__(self) -> str:
        return f"ticket of {self.user_id}"
