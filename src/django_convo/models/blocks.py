"""Blocks: who wants to hear nothing from whom."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class BlockQuerySet(models.QuerySet["Block"]):
    """Reads over blocks."""

    def between(self, user: Any, others: Any) -> BlockQuerySet:
        """Keep those between the user and the others (users, keys or a QuerySet), whoever blocked."""
        return self.filter(models.Q(blocker=user, blocked__in=others) | models.Q(blocker__in=others, blocked=user))


class Block(models.Model):
    """A user keeps another away: between the two nothing is opened and nothing sent."""

    blocker = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    blocked = models.ForeignKey(django_settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    objects = BlockQuerySet.as_manager()

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = (
            models.UniqueConstraint(fields=["blocker", "blocked"], name="convo_block_once"),
            models.CheckConstraint(condition=~models.Q(blocker=models.F("blocked")), name="convo_block_other"),
        )

    def __str__(self) -> str:
        return f"{self.blocked_id} by {self.blocker_id}"
