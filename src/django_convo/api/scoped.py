"""Views of what lies within one conversation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import DatabaseError
from rest_framework.exceptions import Throttled
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from django_convo import actions
from django_convo.exceptions import TryAgain
from django_convo.models import AbstractConversation, AbstractMessage
from django_convo.selectors import decorate, decorate_messages
from django_convo.selectors.messages import (
    find_conversation,
    find_message,
    find_readable_conversation,
    look_up,
)

from .base import ConvoViewSet, path_id

T = TypeVar("T")


class ConversationScopedViewSet(ConvoViewSet):
    """Base of the viewsets below `/conversations/{conversation_id}/`."""

    _is_view_noted = False

    def get_conversation(self) -> AbstractConversation:
        """Return the conversation of the path with one's own participant row; NotFound where it is not visible."""
        conversation = find_conversation(self.request.user, path_id(self.kwargs["conversation_id"]))
        self._note_reading(conversation)
        return conversation

    def get_readable_conversation(self) -> AbstractConversation:
        """Return the conversation of the path to those who read it; Denied where it is seen and not read."""
        conversation = find_readable_conversation(self.request.user, path_id(self.kwargs["conversation_id"]))
        self._note_reading(conversation)
        return conversation

    def _note_reading(self, conversation: AbstractConversation) -> None:
        # A request that writes shows nothing of the conversation but its answer, which is noted by itself.
        if self.request.method in SAFE_METHODS:
            self.note_view(conversations=[conversation])

    def note_view(
        self, *, conversations: Sequence[AbstractConversation] = (), messages: Sequence[AbstractMessage] = ()
    ) -> None:
        """Write down, once a request, what is read by `conversation.view_any` alone.

        What cannot be written down is not shown either: TryAgain.
        """
        if self._is_view_noted:
            return
        try:
            entry = actions.record_view(actor=self.request.user, conversations=conversations, messages=messages)
        except DatabaseError as error:
            raise TryAgain from error
        self._is_view_noted = entry is not None

    def render_conversation(self, conversation: AbstractConversation, *, status: int = 200) -> Response:
        """Return a conversation with what is shown beside it, as the caller sees it now."""
        return Response(self.render_conversations([conversation])[0], status=status)

    def render_conversations(self, conversations: list[Any]) -> list[Any]:
        """Return a page of conversations, decorated together."""
        decorate(self.request.user, conversations)
        self.note_view(messages=[row.last_message for row in conversations if row.last_message is not None])
        return self.render_rows(conversations)


class MessageScopedViewSet(ConversationScopedViewSet):
    """Base of the viewsets below a message: canonical below its conversation, or flat."""

    def get_message(self) -> AbstractMessage:
        """Return the message of the path; NotFound where it is not visible, or not in the conversation of the path.

        Denied where the conversation is seen and not read, as an open channel is.
        """
        key, conversation = path_id(self.kwargs["message_id"]), None
        if "conversation_id" in self.kwargs:
            conversation = find_readable_conversation(self.request.user, path_id(self.kwargs["conversation_id"]))
        message = find_message(self.request.user, key, conversation)
        if conversation is not None:
            message.conversation = conversation
        if self.request.method in SAFE_METHODS:
            self.note_view(messages=[message])
        return message

    def render_message(self, message: AbstractMessage, *, status: int = 200) -> Response:
        """Return a message with what is shown beside it."""
        decorate_messages(self.request.user, [message])
        self.note_view(messages=[message])
        return self.render(message, status=status)

    def render_messages(self, messages: Sequence[AbstractMessage]) -> list[Any]:
        """Return a page of messages, decorated together."""
        decorate_messages(self.request.user, messages)
        self.note_view(messages=messages)
        return self.render_rows(messages)

    def render_changed(self, message: AbstractMessage) -> Response:
        """Return a message as the caller sees it now, after it was changed."""
        return self.render_message(find_message(self.request.user, message.pk, message.conversation))

    def render_sent(self, message: AbstractMessage) -> Response:
        """Return a message that was just sent, 201, or that an earlier request has sent, 200."""
        shown: Any = message
        if message.was_created:
            # What was just answered was visible a moment ago, and nobody has pinned the answer yet.
            shown.reply_is_visible, shown.is_pinned = True, False
        else:
            # On a retry it may have gone out of sight since.
            look_up(self.request.user, message)
        return self.render_message(message, status=201 if message.was_created else 200)

    def repeated_beyond_limit(self, find: Callable[[], T | None]) -> T | None:
        """Count the request; above the limit, still answer a retry, which writes nothing.

        Looked up only then: below the limit the action finds a retry itself, and a send is one statement shorter.
        """
        try:
            self.throttle()
        except Throttled:
            repeated = find()
            if repeated is None:
                raise
            return repeated
        return None
