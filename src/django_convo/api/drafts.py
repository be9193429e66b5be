"""Drafts over REST: what one has begun to write, on every device."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.models import Draft

from .base import ReferenceField, stamp
from .messages.fields import MessageBodyField
from .scoped import ConversationScopedViewSet


class DraftSerializer(serializers.Serializer[Any]):
    """What one has begun to write in a conversation."""

    message_body = serializers.CharField(allow_blank=True)
    reply_to = serializers.UUIDField(allow_null=True)
    updated_at = serializers.DateTimeField()

    def to_representation(self, instance: Draft) -> dict[str, Any]:
        return draft_of(instance)


class DraftChangeSerializer(serializers.Serializer[Any]):
    """What is to be kept; a blank body keeps nothing."""

    message_body = MessageBodyField(allow_blank=True)
    reply_to = ReferenceField(required=False, allow_null=True)


class DraftViewSet(ConversationScopedViewSet):
    """What one has begun to write in a conversation; it is read with one's own row."""

    noun = "drafts"
    inputs = {"update": DraftChangeSerializer}
    outputs = dict.fromkeys(("update", "destroy"), "membership_state")

    def update(self, request: Request, **kwargs: Any) -> Response:
        """Keep a draft in place of the one before."""
        conversation, fields = self.get_conversation(), self.parse()
        participant = actions.save_draft(
            actor=request.user,
            conversation=conversation,
            body=fields["message_body"],
            reply_to=fields.get("reply_to"),
        )
        return self.render(participant)

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Keep no draft."""
        return self.render(actions.delete_draft(actor=request.user, conversation=self.get_conversation()))


def draft_of(draft: Draft) -> dict[str, Any]:
    """Return a draft as JSON has it."""
    return {
        "message_body": draft.message_body,
        "reply_to": None if draft.reply_to_id is None else str(draft.reply_to_id),
        "updated_at": stamp(draft.updated_at),
    }
