"""A host whose conversations and messages are both its own."""

from __future__ import annotations

from django.db import models

from django_convo.models import AbstractConversation, AbstractMessage


class Listing(models.Model):
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Enquiry(models.Model):
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE)

    def __str__(self) -> str:
        return f"about {self.listing}"


class Conversation(AbstractConversation):
    priority = models.PositiveSmallIntegerField(default=0, db_index=True)
    # A listing stays as long as somebody talks about it; what was said about an enquiry goes with it.
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, null=True, related_name="conversations")
    enquiry = models.ForeignKey(Enquiry, on_delete=models.CASCADE, null=True, related_name="conversations")

    class Meta(AbstractConversation.Meta):
        pass


class Message(AbstractMessage):
    language = models.CharField(max_length=8, default="en")

    class Meta(AbstractMessage.Meta):
        pass
