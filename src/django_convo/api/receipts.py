"""Receipts over REST: how far the participants have read, and who has read a message."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo.models import Participant
from django_convo.selectors.receipts import RECEIPT_ORDER, readers, receipts

from .scoped import ConversationScopedViewSet, MessageScopedViewSet
from .users import UserCardSerializer, card


class ReceiptSerializer(serializers.Serializer[Any]):
    """How far a participant has read, and how far messages have reached them."""

    user = UserCardSerializer()
    last_read_seq = serializers.IntegerField()
    last_delivered_seq = serializers.IntegerField()

    def to_representation(self, instance: Participant) -> dict[str, Any]:
        return {
            "user": card(instance.user),
            "last_read_seq": instance.last_read_seq,
            "last_delivered_seq": instance.last_delivered_seq,
        }


class ReceiptViewSet(ConversationScopedViewSet):
    """How far each participant has read."""

    noun = "receipts"
    outputs = {"list": "receipt"}
    keyset_order = RECEIPT_ORDER

    def get_queryset(self) -> QuerySet[Any]:
        """Return the participants of the conversation of the path."""
        return receipts(self.request.user, self.get_readable_conversation())

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List how far the participants have read, in the order in which they joined."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))


class ReaderViewSet(MessageScopedViewSet):
    """Who has read a message."""

    noun = "readers"
    outputs = {"list": "receipt"}
    keyset_order = RECEIPT_ORDER

    def get_queryset(self) -> QuerySet[Any]:
        """Return the participants who have read the message of the path."""
        message = self.get_message()
        return readers(self.request.user, message.conversation, message)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List who has read the message, in the order in which they joined."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))
