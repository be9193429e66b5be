"""A host whose conversations have a column of its own."""

from __future__ import annotations

from django.db import models

from django_convo.models import AbstractConversation


class Conversation(AbstractConversation):
    priority = models.PositiveSmallIntegerField(default=0, db_index=True)

    class Meta(AbstractConversation.Meta):
        pass
