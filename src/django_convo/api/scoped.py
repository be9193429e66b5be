"""Views of what lies within one conversation."""

from __future__ import annotations

from typing import Any

from rest_framework.response import Response

from django_convo.models import AbstractConversation
from django_convo.selectors import decorate
from django_convo.selectors.messages import find_conversation

from .base import ConvoViewSet, path_id


class ConversationScopedViewSet(ConvoViewSet):
    """Base of the viewsets below `/conversations/{conversation_id}/`."""

    def get_conversation(self) -> AbstractConversation:
        """Return the conversation of the path with one's own participant row; NotFound where it is not visible."""
        return find_conversation(self.request.user, path_id(self.kwargs["conversation_id"]))

    def render_conversation(self, conversation: AbstractConversation, *, status: int = 200) -> Response:
        """Return a conversation with what is shown beside it, as the caller sees it now."""
        decorate(self.request.user, [conversation])
        return self.render(conversation, status=status)

    def render_conversations(self, conversations: list[Any]) -> list[Any]:
        """Return a page of conversations, decorated together."""
        decorate(self.request.user, conversations)
        return self.render_rows(conversations)
