"""The serializers of a project that writes its own chat: plain `ModelSerializer`s within each other.

Naive and tuned share them. What is not a column is asked of the row, by a method that each of the two provides.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from rest_framework import serializers

from django_convo.models import Attachment, Mention, Participant, Reaction, get_conversation_model, get_message_model


class UserSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = get_user_model()
        fields = ("user_id", "first_name", "last_name")


class QuoteSerializer(serializers.ModelSerializer[Any]):
    sender = UserSerializer()

    class Meta:
        model = get_message_model()
        fields = ("message_id", "seq", "sender", "message_body")


class ReactionSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Reaction
        fields = ("emoji", "user")


class AttachmentSerializer(serializers.ModelSerializer[Any]):
    class Meta:
        model = Attachment
        fields = ("attachment_id", "name", "content_type", "size", "width", "height")


class MentionSerializer(serializers.ModelSerializer[Any]):
    user = UserSerializer()

    class Meta:
        model = Mention
        fields = ("user",)


class MessageSerializer(serializers.ModelSerializer[Any]):
    """A message with who sent it and what it answers."""

    sender = UserSerializer()
    reply_to = QuoteSerializer()

    class Meta:
        model = get_message_model()
        fields: tuple[str, ...] = (
            "message_id",
            "conversation",
            "seq",
            "kind",
            "sender",
            "message_body",
            "sent_at",
            "edited_at",
            "deleted_at",
            "client_id",
            "reply_to",
            "thread_root",
            "reply_count",
            "metadata",
        )


class FullMessageSerializer(MessageSerializer):
    """A message with what stands beside it."""

    reactions = serializers.SerializerMethodField()
    attachments = serializers.SerializerMethodField()
    mentions = serializers.SerializerMethodField()

    class Meta(MessageSerializer.Meta):
        fields = (*MessageSerializer.Meta.fields, "reactions", "attachments", "mentions")

    def get_reactions(self, message: Any) -> Any:
        rows = Reaction.objects.filter(message=message)
        return ReactionSerializer(rows, many=True).data

    def get_attachments(self, message: Any) -> Any:
        rows = Attachment.objects.filter(message=message).order_by("position")
        return AttachmentSerializer(rows, many=True).data

    def get_mentions(self, message: Any) -> Any:
        return MentionSerializer(Mention.objects.filter(message=message), many=True).data


class ParticipantSerializer(serializers.ModelSerializer[Any]):
    user = UserSerializer()

    class Meta:
        model = Participant
        fields = ("user", "role")


class ConversationSerializer(serializers.ModelSerializer[Any]):
    """A conversation with its first ten participants, its last message and what is unread."""

    created_by = UserSerializer()
    participants = serializers.SerializerMethodField()
    last_message = serializers.SerializerMethodField()
    unread_count = serializers.SerializerMethodField()

    class Meta:
        model = get_conversation_model()
        fields = (
            "conversation_id",
            "kind",
            "title",
            "topic",
            "created_at",
            "created_by",
            "metadata",
            "closed_at",
            "participant_count",
            "participants",
            "last_message",
            "last_message_at",
            "unread_count",
        )

    def get_participants(self, conversation: Any) -> Any:
        rows = Participant.objects.filter(conversation=conversation).order_by("pk")[:10]
        return ParticipantSerializer(rows, many=True).data

    def get_last_message(self, conversation: Any) -> Any:
        message = get_message_model()._default_manager.filter(conversation=conversation).order_by("-seq").first()
        return None if message is None else MessageSerializer(message).data

    def get_unread_count(self, conversation: Any) -> int:
        user = self.context["request"].user
        own = Participant.objects.get(conversation=conversation, user=user)
        messages = get_message_model()._default_manager.filter(conversation=conversation, seq__gt=own.last_read_seq)
        return messages.exclude(sender=user).count()
