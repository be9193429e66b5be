"""A host whose conversations and messages are both its own."""

from __future__ import annotations

from django.db import models

from django_convo.models import AbstractConversation, AbstractMessage


class Conversation(AbstractConversation):
    priority = models.PositiveSmallIntegerField(default=0, db_index=True)

    class Meta(AbstractConversation.Meta):
        pass


class Message(AbstractMessage):
    language = models.CharField(max_length=8, default="en")

    class Meta(AbstractMessage.Meta):
        pass
