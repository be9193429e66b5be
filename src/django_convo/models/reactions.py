"""Reactions: one of each emoji from each user."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .children import MessageChild
from .fields import ExactCharField


class Reaction(MessageChild):
    """A user's emoji on a message; it counts on when the user is gone, as what they wrote stays."""

    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    emoji = ExactCharField(_("emoji"), max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = (
            # Also the index by which a page of messages counts its reactions.
            models.UniqueConstraint(fields=["message", "emoji", "user", "conversation"], name="convo_reaction_once"),
        )

    def __str__(self) -> str:
        return f"{self.emoji} by {self.user_id} on {self.message_id}"
