"""What points at a message: each row names the conversation too, by which a distributed database places it."""

from __future__ import annotations

from django.db import models

from django_convo.conf import settings

from .conversations import AbstractConversation
from .messages import AbstractMessage


class ConversationChild(models.Model):
    """Adds the conversation; its unique constraints and indexes begin with it or with what it holds."""

    conversation: models.ForeignKey[AbstractConversation, AbstractConversation] = models.ForeignKey(
        settings.CONVERSATION_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )

    class Meta:
        abstract = True


class MessageChild(ConversationChild):
    """Adds the message. Its unique constraint begins with the message: looked up and deleted together with it."""

    message: models.ForeignKey[AbstractMessage, AbstractMessage] = models.ForeignKey(
        settings.MESSAGE_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )

    class Meta:
        abstract = True
