"""A host model that messages hang on, with foreign keys to a conversation and to a message."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Booking(models.Model):
    guest = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    host = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(settings.CONVO_CONVERSATION_MODEL, on_delete=models.SET_NULL, null=True)
    # What the host wrote to confirm the booking.
    confirmation = models.ForeignKey(settings.CONVO_MESSAGE_MODEL, on_delete=models.SET_NULL, null=True)
    is_confirmed = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"booking {self.pk}"
