"""Sending, reading and changing messages, windows of a conversation, and everything that one may see."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.actions.messages.sending import send_to
from django_convo.api.base import path_id, rendered
from django_convo.api.scoped import MessageScopedViewSet
from django_convo.api.windows import WindowPagination
from django_convo.models import AbstractConversation
from django_convo.selectors import messages as selectors
from django_convo.selectors.search import keep_matching
from django_convo.selectors.windows import window
from django_convo.types import MessageKind

from .fields import EditSerializer, SendNestedSerializer, SendSerializer

T = TypeVar("T")
Find = Callable[[], AbstractConversation]


class MessageViewSet(MessageScopedViewSet):
    """The flat routes: aliases of the canonical ones below, and the list over all conversations."""

    noun = "messages"
    inputs = {"create": SendSerializer, "partial_update": EditSerializer}
    outputs = {
        **dict.fromkeys(
            ("list", "by_conversation", "create", "retrieve", "partial_update", "restore", "replies"), "message"
        ),
        "revisions": "revision",
    }
    # An edit writes as much as a send, and tells as many.
    throttle_scopes = dict.fromkeys(("create", "partial_update", "restore"), "send")
    throttled_within = frozenset({"create"})
    keyset_order: tuple[str, ...] = selectors.ALL_ORDER

    def get_queryset(self) -> QuerySet[Any]:
        """Return what the filters keep."""
        query = self.query
        is_in_none = query.text("thread_root") == "none"
        filters = selectors.MessageFilters(
            conversation_id=query.uuid("conversation_id"),
            sender=query.user_key("sender"),
            sent_after=query.moment("sent_after"),
            sent_before=query.moment("sent_before"),
            kind=query.choice("kind", MessageKind.values),
            has_attachment=query.flag("has_attachment"),
            saved=query.flag("saved"),
            mentions_me=query.flag("mentions_me"),
            thread_root=None if is_in_none else query.uuid("thread_root"),
            is_in_thread=False if is_in_none else None,
        )
        # A thread lies within one conversation too.
        if filters.conversation_id is not None or filters.thread_root is not None:
            self.keyset_order = selectors.CONVERSATION_ORDER
        rows, words = selectors.messages(self.request.user, filters), self.searched("search")
        return rows if words is None else keep_matching(rows, words)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List every message that one may see, newest first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_messages(rows))

    def by_conversation(self, request: Request, **kwargs: Any) -> Response:
        """List a window of one conversation, newest first."""
        conversation_id = self.query.uuid("conversation_id")
        if conversation_id is None:
            raise self.query.required("conversation_id")
        return self._window(conversation_id)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Send a message, or schedule it; 200 with the first one where its `client_id` was used before."""
        fields = self.parse()
        return self._send(fields["conversation"], fields)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Return one message."""
        return self.render_message(self.get_message())

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Edit one's own message; what it said is kept as a revision."""
        message, fields = self.get_message(), self.parse()
        if "message_body" in fields:
            fields["body"] = fields.pop("message_body")
        return self.render_changed(actions.edit_message(actor=request.user, message=message, **fields))

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete a message for everyone; its number stays."""
        actions.delete_message(actor=request.user, message=self.get_message())
        return Response(status=204)

    def restore(self, request: Request, **kwargs: Any) -> Response:
        """Undo one's deletion, as long as it can be undone."""
        return self.render_changed(actions.restore_message(actor=request.user, message=self.get_message()))

    def revisions(self, request: Request, **kwargs: Any) -> Response:
        """List what the message said before, the latest first."""
        self.keyset_order = selectors.REVISION_ORDER
        rows = self.paginate_queryset(selectors.revisions(request.user, self.get_message())) or []
        return self.get_paginated_response(self.render_rows(rows))

    def replies(self, request: Request, **kwargs: Any) -> Response:
        """List what was said in the thread that begins with this message, the latest first."""
        self.keyset_order = selectors.CONVERSATION_ORDER
        rows = self.paginate_queryset(selectors.replies(request.user, self.get_message())) or []
        return self.get_paginated_response(self.render_messages(rows))

    def _window(self, conversation_id: UUID) -> Response:
        bounds = WindowPagination().bounds(self.query)
        conversation = selectors.find_readable_conversation(self.request.user, conversation_id)
        part = window(self.request.user, conversation, bounds)
        return WindowPagination().envelope(self.request, part, self.render_messages(part.rows))

    def _send(self, conversation_id: UUID, fields: dict[str, Any]) -> Response:
        """Send; the conversation is looked up where the statement that sends does not do it.

        Each attempt counts against the limit, also one at what is not there.
        """
        user = self.request.user
        find = cache(partial(selectors.find_conversation, user, conversation_id))
        content = {
            "actor": user,
            "client_id": fields.get("client_id"),
            "body": fields.get("message_body", ""),
            "reply_to": fields.get("reply_to"),
            "thread_root": fields.get("thread_root"),
            "attachments": fields.get("attachments", ()),
            "mentions": fields.get("mentions", ()),
            "metadata": fields.get("metadata"),
        }
        if fields.get("send_at") is not None:
            return self._schedule(find, {**content, "send_at": fields["send_at"]})
        repeated = self.repeated_beyond_limit(lambda: _repeated(actions.find_repeated, find, content))
        return self.render_sent(repeated or send_to(conversation_id, find, **content))

    def _schedule(self, find: Find, content: dict[str, Any]) -> Response:
        repeated = self.repeated_beyond_limit(lambda: _repeated(actions.find_repeated_schedule, find, content))
        scheduled = repeated or actions.schedule_message(conversation=find(), **content)
        data = rendered("scheduled", scheduled, context=self.get_serializer_context())
        return Response(data, status=201 if scheduled.was_created else 200)


def _repeated(look_up: Callable[..., T | None], find: Find, content: dict[str, Any]) -> T | None:
    # Found first, also without a key: what one does not see is not there, above the limit too.
    conversation = find()
    return None if content["client_id"] is None else look_up(conversation=conversation, **content)


class ConversationMessageViewSet(MessageViewSet):
    """The canonical routes: they carry the key by which a distributed database finds the rows."""

    noun = "conversation_messages"
    inputs = {**MessageViewSet.inputs, "create": SendNestedSerializer}

    def list(self, request: Request, conversation_id: str = "", **kwargs: Any) -> Response:
        """List a window of the conversation, newest first."""
        return self._window(path_id(conversation_id))

    def create(self, request: Request, conversation_id: str = "", **kwargs: Any) -> Response:
        """Send a message, or schedule it; 200 with the first one where its `client_id` was used before."""
        key = path_id(conversation_id)
        try:
            fields = self.parse()
        except Exception:
            # What one does not see is not there, whatever the body says.
            selectors.find_conversation(request.user, key)
            raise
        return self._send(key, fields)

    def replies(self, request: Request, conversation_id: str = "", message_id: str = "", **kwargs: Any) -> Response:
        """List what was said in the thread that begins with this message, the latest first."""
        self.keyset_order = selectors.CONVERSATION_ORDER
        conversation = selectors.find_readable_conversation(request.user, path_id(conversation_id))
        thread = selectors.replies_to(request.user, path_id(message_id), conversation)
        rows = self.paginate_queryset(thread) or []
        if not rows:
            # Nobody has answered, or there is no such message. Looked up only then: a page is one statement shorter.
            self.get_message()
        return self.get_paginated_response(self.render_messages(rows))
