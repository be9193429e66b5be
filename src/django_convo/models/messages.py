"""Messages: numbered without gaps within their conversation."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from django.apps import apps
from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.types import MessageKind

from .conversations import AbstractConversation
from .fields import ExactCharField, uuid7, validate_metadata

M = TypeVar("M", bound="AbstractMessage")

# Long enough to recognise a message in a quote, short enough that 50 quotes do not outweigh 50 messages.
EXCERPT_LENGTH = 140


class MessageQuerySet(models.QuerySet[M], Generic[M]):
    """Reads over messages."""

    def counted(self, user: Any) -> MessageQuerySet[M]:
        """Keep those that may count as unread for the user: live, by users, by others (also by users now gone)."""
        others = models.Q(sender=None) | ~models.Q(sender=user)
        return self.filter(others, kind=MessageKind.USER, deleted_at=None)

    def mentioning(self, user: Any) -> MessageQuerySet[M]:
        """Keep those that count as a mention of the user: live, by others, naming the user or everyone."""
        # An `OuterRef` is looked up one statement further out by the rows of those named.
        named = models.Q(user=models.OuterRef(user) if isinstance(user, models.OuterRef) else user)
        named |= models.Q(user=None)
        rows = apps.get_model("django_convo", "Mention")._default_manager.using(self.db)
        others = models.Q(sender=None) | ~models.Q(sender=user)
        return self.filter(
            others,
            models.Exists(rows.filter(named, message=models.OuterRef("pk"))),
            deleted_at=None,
        )


class AbstractMessage(models.Model):
    """Base of the message model; a host that swaps it subclasses this and adds columns."""

    message_id = models.UUIDField(_("message id"), primary_key=True, default=uuid7, editable=False)
    conversation: models.ForeignKey[AbstractConversation, AbstractConversation] = models.ForeignKey(
        settings.CONVERSATION_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("conversation"),
    )
    sender = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("sender"),
    )
    message_body = models.TextField(_("message body"), blank=True)
    sent_at = models.DateTimeField(_("sent at"), default=timezone.now, editable=False)
    seq = models.BigIntegerField(_("number"), editable=False)
    # The conversation's `count_seq` when this was sent: how many countable messages there were, this one included.
    count_seq = models.BigIntegerField(editable=False)
    kind = models.CharField(
        _("kind"), max_length=16, choices=MessageKind.choices, default=MessageKind.USER, editable=False
    )
    client_id = ExactCharField(_("client id"), max_length=64, null=True, blank=True, editable=False)
    client_digest = models.CharField(max_length=64, null=True, blank=True, editable=False)
    reply_to: models.ForeignKey[AbstractMessage | None, AbstractMessage | None] = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+", db_index=False
    )
    thread_root: models.ForeignKey[AbstractMessage | None, AbstractMessage | None] = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, editable=False, related_name="+", db_index=False
    )
    reply_count = models.PositiveIntegerField(default=0, editable=False)
    edited_at = models.DateTimeField(_("edited at"), null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)
    deleted_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("deleted by"),
    )
    metadata = models.JSONField(_("metadata"), default=dict, blank=True, validators=[validate_metadata])

    # Set by `actions.send_message`: False where a repeated `client_id` found this message.
    was_created: bool = False

    objects = MessageQuerySet.as_manager()

    class Meta:
        abstract = True
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = (
            # Also the index of every page of a conversation, forward and backward.
            models.UniqueConstraint(fields=["conversation", "seq"], name="convo_message_seq"),
            # A retry never doubles. NULLs (no client_id) are free.
            models.UniqueConstraint(fields=["conversation", "sender", "client_id"], name="convo_message_client_id"),
            models.CheckConstraint(condition=models.Q(seq__gte=1, count_seq__gte=0), name="convo_message_counters"),
        )
        indexes = (
            # GET /messages/: newest first over all conversations, keyset on both columns.
            models.Index(fields=["sent_at", "message_id"], name="convo_message_sent"),
            # Deleting a message's row sets what answered it to NULL; quotes are looked up by primary key.
            models.Index(fields=["reply_to"], name="convo_message_reply_to"),
            # One thread in order.
            models.Index(fields=["thread_root", "seq"], name="convo_message_thread"),
        )

    def __str__(self) -> str:
        return f"{self.seq} in {self.conversation_id}"

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def excerpt(self) -> str:
        """The beginning of the body, for a quote."""
        return self.message_body[:EXCERPT_LENGTH]


class Message(AbstractMessage):
    """The message model where the host names no other in `CONVO_MESSAGE_MODEL`."""

    class Meta(AbstractMessage.Meta):
        swappable = "CONVO_MESSAGE_MODEL"
