"""Attachments: files that were uploaded, and the message that each belongs to."""

from __future__ import annotations

from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings

from .conversations import AbstractConversation
from .fields import ExactCharField, attachment_path, attachment_storage, thumbnail_path, uuid7
from .messages import AbstractMessage


class Attachment(models.Model):
    """A file; without a conversation and a message until its uploader sends it with one."""

    attachment_id = models.UUIDField(_("attachment id"), primary_key=True, default=uuid7, editable=False)
    conversation: models.ForeignKey[AbstractConversation | None, AbstractConversation | None] = models.ForeignKey(
        settings.CONVERSATION_MODEL, on_delete=models.CASCADE, null=True, editable=False, related_name="+"
    )
    message: models.ForeignKey[AbstractMessage | None, AbstractMessage | None] = models.ForeignKey(
        settings.MESSAGE_MODEL, on_delete=models.CASCADE, null=True, editable=False, related_name="+", db_index=False
    )
    # Where it stands among the attachments of its message, from 0.
    position = models.PositiveSmallIntegerField(null=True, editable=False)
    uploader = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        editable=False,
        related_name="+",
        verbose_name=_("uploader"),
    )
    file = models.FileField(_("file"), max_length=255, upload_to=attachment_path, storage=attachment_storage)
    thumbnail = models.FileField(
        _("thumbnail"), max_length=255, blank=True, upload_to=thumbnail_path, storage=attachment_storage
    )
    # As the uploader called it, without a folder; only ever shown, never a path.
    name = ExactCharField(_("name"), max_length=255)
    content_type = ExactCharField(_("content type"), max_length=127)
    size = models.BigIntegerField(_("size in bytes"))
    width = models.PositiveIntegerField(_("width in pixels"), null=True, blank=True)
    height = models.PositiveIntegerField(_("height in pixels"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints = (
            models.UniqueConstraint(fields=["message", "position", "conversation"], name="convo_attachment_position"),
        )
        indexes = (
            # GET …/attachments/: those of one conversation, newest first.
            models.Index(fields=["conversation", "attachment_id"], name="convo_attachment_order"),
            # The command that removes what was uploaded and never sent.
            models.Index(fields=["message", "created_at"], name="convo_attachment_orphan"),
        )

    def __str__(self) -> str:
        return str(self.name)

    @property
    def is_image(self) -> bool:
        return self.width is not None
