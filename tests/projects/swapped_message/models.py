"""A host whose messages have a column of its own."""

from __future__ import annotations

from django.db import models

from django_convo.models import AbstractMessage


class Message(AbstractMessage):
    language = models.CharField(max_length=8, default="en")

    class Meta(AbstractMessage.Meta):
        pass
