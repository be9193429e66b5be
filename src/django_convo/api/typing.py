"""`POST …/typing/`: letting the others see that one types."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions

from .scoped import ConversationScopedViewSet


class TypingSerializer(serializers.Serializer[Any]):
    """Whether one types; it is over by itself after six seconds."""

    is_typing = serializers.BooleanField(required=False, default=True)


class TypingViewSet(ConversationScopedViewSet):
    """Typing."""

    noun = "typing"
    inputs = {"create": TypingSerializer}
    throttle_scopes = {"create": "typing"}

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Tell those who are there."""
        conversation = self.get_conversation()
        actions.show_typing(actor=request.user, conversation=conversation, **self.parse())
        return Response(status=204)
