"""What a project writes for itself: a ModelSerializer over the same tables, no log, no retries, no policy."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.shortcuts import get_object_or_404
from rest_framework import generics, serializers
from rest_framework.permissions import IsAuthenticated

from django_convo.models import Participant, get_conversation_model, get_message_model


class SenderSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = get_user_model()
        fields = ("user_id", "first_name", "last_name")


class MessageSerializer(serializers.ModelSerializer[Any]):
    sender = SenderSerializer(read_only=True)

    class Meta:
        model = get_message_model()
        fields = ("message_id", "conversation", "sender", "message_body", "sent_at", "seq")
        read_only_fields = ("message_id", "sent_at", "seq")


class Messages(generics.CreateAPIView[Any]):
    permission_classes = (IsAuthenticated,)
    serializer_class = MessageSerializer

    def perform_create(self, serializer: Any) -> None:
        """Ask whether the sender is in, number the message, and move what unread is counted from."""
        conversation = serializer.validated_data["conversation"]
        with transaction.atomic():
            own = get_object_or_404(Participant, conversation=conversation, user=self.request.user)
            row = get_conversation_model()._default_manager.select_for_update().get(pk=conversation.pk)
            row.last_seq, row.count_seq = row.last_seq + 1, row.count_seq + 1
            message = serializer.save(sender=self.request.user, seq=row.last_seq, count_seq=row.count_seq)
            row.last_message_id, row.last_message_at = message.pk, message.sent_at
            row.save()
            own.last_read_seq, own.read_count_seq = row.last_seq, row.count_seq
            own.save()
