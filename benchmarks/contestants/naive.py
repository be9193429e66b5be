"""What a project writes for itself in an afternoon: it works, and asks the database once for each thing it shows."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import generics, serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from django_convo.models import Participant, get_conversation_model, get_message_model

from .serializers import ConversationSerializer, FullMessageSerializer, MessageSerializer, UserSerializer


class Pages(LimitOffsetPagination):
    default_limit = 50


class Inbox(generics.ListAPIView[Any]):
    permission_classes = (IsAuthenticated,)
    serializer_class = ConversationSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Any]:
        own = Participant.objects.filter(user=self.request.user).values("conversation")
        return get_conversation_model()._default_manager.filter(pk__in=own).order_by("-last_message_at")


class NewMessageSerializer(serializers.ModelSerializer[Any]):
    sender = UserSerializer(read_only=True)

    class Meta:
        model = get_message_model()
        fields = ("message_id", "conversation", "seq", "sender", "message_body", "sent_at")
        read_only_fields = ("message_id", "conversation", "seq", "sent_at")


class Messages(generics.ListCreateAPIView[Any]):
    permission_classes = (IsAuthenticated,)
    serializer_class: type[serializers.BaseSerializer[Any]] = MessageSerializer
    pagination_class = Pages

    def get_conversation(self) -> Any:
        """Return the conversation, if the caller is in it."""
        conversation = get_object_or_404(get_conversation_model(), pk=self.kwargs["conversation_id"])
        get_object_or_404(Participant, conversation=conversation, user=self.request.user)
        return conversation

    def get_queryset(self) -> QuerySet[Any]:
        rows = get_message_model()._default_manager.filter(conversation=self.get_conversation())
        return rows.order_by("-seq")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        return NewMessageSerializer if self.request.method == "POST" else self.serializer_class

    def perform_create(self, serializer: Any) -> None:
        """Number the message, write it, and move the conversation and the sender's own row."""
        with transaction.atomic():
            conversation = (
                get_conversation_model()._default_manager.select_for_update().get(pk=self.get_conversation().pk)
            )
            conversation.last_seq += 1
            conversation.count_seq += 1
            message = serializer.save(
                conversation=conversation,
                sender=self.request.user,
                seq=conversation.last_seq,
                count_seq=conversation.count_seq,
            )
            conversation.last_message_id = message.pk
            conversation.last_message_at = conversation.changed_at = message.sent_at
            conversation.save()
            own = Participant.objects.get(conversation=conversation, user=self.request.user)
            own.last_read_seq, own.read_count_seq = conversation.last_seq, conversation.count_seq
            own.mention_count, own.updated_at = 0, timezone.now()
            own.save()


class FullMessages(Messages):
    serializer_class = FullMessageSerializer


class Unread(APIView):
    permission_classes = (IsAuthenticated,)

    def get(self, request: Request) -> Response:
        """Count what waits, conversation by conversation."""
        counts = []
        for own in Participant.objects.filter(user=request.user):
            rows = get_message_model()._default_manager.filter(
                conversation=own.conversation_id, seq__gt=own.last_read_seq
            )
            counts.append(rows.exclude(sender=request.user).count())
        return Response({"conversations": sum(map(bool, counts)), "messages": sum(counts)})


class Search(generics.ListAPIView[Any]):
    permission_classes = (IsAuthenticated,)
    serializer_class = MessageSerializer
    pagination_class = Pages

    def get_queryset(self) -> QuerySet[Any]:
        own = Participant.objects.filter(user=self.request.user).values("conversation")
        rows = get_message_model()._default_manager.filter(conversation__in=own)
        return rows.filter(message_body__icontains=self.request.query_params["q"]).order_by("-sent_at")
