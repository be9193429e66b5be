"""Sanctions: what moderators forbid a user, in one conversation or everywhere, for a while or for good."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.types import SanctionKind

from .conversations import AbstractConversation
from .fields import uuid7


class SanctionQuerySet(models.QuerySet["Sanction"]):
    """Reads over sanctions."""

    def active(self, now: Any = None) -> SanctionQuerySet:
        """Keep those in force: neither lifted nor expired."""
        not_over = models.Q(expires_at=None) | models.Q(expires_at__gt=now or timezone.now())
        return self.filter(not_over, lifted_at=None)


class Sanction(models.Model):
    """A user may not speak (`mute`) or not take part (`ban`); without a conversation, on the whole site."""

    sanction_id = models.UUIDField(_("sanction id"), primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )
    kind = models.CharField(_("kind"), max_length=16, choices=SanctionKind.choices)
    conversation: models.ForeignKey[AbstractConversation | None, AbstractConversation | None] = models.ForeignKey(
        settings.CONVERSATION_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("conversation"),
    )
    reason = models.TextField(_("reason"), blank=True)
    created_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("created by"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    lifted_at = models.DateTimeField(_("lifted at"), null=True, blank=True, editable=False)
    lifted_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("lifted by"),
    )

    objects = SanctionQuerySet.as_manager()

    class Meta:
        verbose_name = _("sanction")
        verbose_name_plural = _("sanctions")
        indexes = (
            # Asked before every write, and of every list for those who are banned: a user's own, in force.
            models.Index(fields=["user", "lifted_at", "conversation"], name="convo_sanction_user"),
        )

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}"
