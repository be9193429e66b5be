"""Messages over REST: sending, reading one, windows of a conversation, and everything that one may see."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.conf import settings
from django_convo.models import AbstractConversation, AbstractMessage
from django_convo.models.fields import validate_metadata
from django_convo.selectors import messages as selectors
from django_convo.types import MessageKind

from .base import ConvoViewSet, ReferenceField, path_id, stamp
from .users import UserCardSerializer, card
from .windows import WindowPagination


class QuoteSerializer(serializers.Serializer[Any]):
    """The message that is answered; nothing but a null id where the viewer may not read it, or it was deleted."""

    message_id = serializers.UUIDField(allow_null=True)
    seq = serializers.IntegerField(required=False)
    sender = UserCardSerializer(required=False, allow_null=True)
    excerpt = serializers.CharField(required=False)


class MessageSerializer(serializers.Serializer[Any]):
    """A message as JSON; `client_id` is shown to its sender alone.

    The dictionary is built by hand: DRF's own walk over the fields costs several times what the rows do.
    """

    message_id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    sender = UserCardSerializer(allow_null=True)
    message_body = serializers.CharField()
    sent_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    client_id = serializers.CharField(required=False, allow_null=True)
    reply_to = QuoteSerializer(allow_null=True)
    thread_root = serializers.UUIDField(allow_null=True)
    reply_count = serializers.IntegerField()
    metadata = serializers.DictField()

    def to_representation(self, instance: AbstractMessage) -> dict[str, Any]:
        message: Any = instance
        data = {
            "message_id": str(message.pk),
            "conversation": str(message.conversation_id),
            "seq": message.seq,
            "kind": message.kind,
            "sender": card(message.sender) if message.sender_id is not None else None,
            "message_body": message.message_body,
            "sent_at": stamp(message.sent_at),
            "edited_at": stamp(message.edited_at),
            "deleted_at": stamp(message.deleted_at),
            "reply_to": quote(message),
            "thread_root": str(message.thread_root_id) if message.thread_root_id is not None else None,
            "reply_count": message.reply_count,
            "metadata": in_order(message.metadata),
        }
        if message.sender_id is not None and message.sender_id == self.context["request"].user.pk:
            data["client_id"] = message.client_id
        return data


def quote(message: Any) -> dict[str, Any] | None:
    """Return what a message shows of the one that it answers."""
    if message.reply_to_id is None:
        return None
    # Only `selectors.messages.readable` knows; without its word, nothing is shown.
    if not getattr(message, "reply_is_visible", False):
        return {"message_id": None}
    quoted = message.reply_to
    return {
        "message_id": str(quoted.pk),
        "seq": quoted.seq,
        "sender": card(quoted.sender) if quoted.sender_id is not None else None,
        "excerpt": quoted.excerpt,
    }


def in_order(value: Any) -> Any:
    """Return JSON with sorted keys: PostgreSQL keeps no order, and a retry answers with the same bytes."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [in_order(item) for item in value]
    return value


class MessageBodyField(serializers.CharField):
    """A message's body: kept as it came, never only whitespace, at most `CONVO_MESSAGE_MAX_LENGTH` characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        body: str = super().to_internal_value(data)
        if not body.strip():
            self.fail("blank")
        if len(body) > settings.MESSAGE_MAX_LENGTH:
            raise serializers.ValidationError(
                _("Ensure this field has no more than {max_length} characters.").format(
                    max_length=settings.MESSAGE_MAX_LENGTH
                ),
                code="max_length",
            )
        return body


class ClientIdField(serializers.CharField):
    """What makes a send repeatable: 1 to 64 characters of the client's choice."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=actions.messages.CLIENT_ID_MAX_LENGTH, **kwargs)


class MetadataField(serializers.JSONField):
    """A JSON object of the client's, bounded in size and depth."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validators=[validate_metadata], **kwargs)


class SendNestedSerializer(serializers.Serializer[Any]):
    """The body of a send whose conversation stands in the path."""

    message_body = MessageBodyField()
    client_id = ClientIdField(required=False, allow_null=True)
    reply_to = ReferenceField(required=False, allow_null=True)
    metadata = MetadataField(required=False)


class SendSerializer(SendNestedSerializer):
    """The body of a send."""

    conversation = serializers.UUIDField()


class MessageViewSet(ConvoViewSet):
    """The flat routes: aliases of the canonical ones below, and the list over all conversations."""

    noun = "messages"
    inputs = {"create": SendSerializer}
    outputs = {"list": "message", "by_conversation": "message", "create": "message", "retrieve": "message"}
    throttle_scopes = {"create": "send"}
    throttled_within = frozenset({"create"})
    keyset_order: tuple[str, ...] = selectors.ALL_ORDER

    def get_queryset(self) -> QuerySet[Any]:
        """Return what the filters keep."""
        query = self.query
        filters = selectors.MessageFilters(
            conversation_id=query.uuid("conversation_id"),
            sender=query.user_key("sender"),
            sent_after=query.moment("sent_after"),
            sent_before=query.moment("sent_before"),
            kind=query.choice("kind", MessageKind.values),
        )
        if filters.conversation_id is not None:
            self.keyset_order = selectors.CONVERSATION_ORDER
        return selectors.messages(self.request.user, filters)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List every message that one may see, newest first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))

    def by_conversation(self, request: Request, **kwargs: Any) -> Response:
        """List a window of one conversation, newest first."""
        conversation_id = self.query.uuid("conversation_id")
        if conversation_id is None:
            raise self.query.required("conversation_id")
        return self._window(conversation_id)

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Send a message; 200 with the first one where its `client_id` was used before."""
        fields = self.parse()
        return self._send(selectors.find_conversation(request.user, fields.pop("conversation")), fields)

    def retrieve(self, request: Request, message_id: str, **kwargs: Any) -> Response:
        """Return one message."""
        return self.render(selectors.find_message(request.user, path_id(message_id)))

    def _window(self, conversation_id: UUID) -> Response:
        bounds = WindowPagination().bounds(self.query)
        conversation = selectors.find_readable_conversation(self.request.user, conversation_id)
        window = selectors.window(self.request.user, conversation, bounds)
        return WindowPagination().envelope(self.request, window, self.render_rows(window.rows))

    def _send(self, conversation: AbstractConversation, fields: dict[str, Any]) -> Response:
        arguments = {
            "actor": self.request.user,
            "conversation": conversation,
            "body": fields["message_body"],
            "client_id": fields.get("client_id"),
            "reply_to": fields.get("reply_to"),
            "metadata": fields.get("metadata"),
        }
        message: Any = self._repeated_beyond_limit(arguments) or actions.send_message(**arguments)
        # What was just answered was visible a moment ago; on a retry it may have gone out of sight since.
        message.reply_is_visible = message.was_created or selectors.is_quote_visible(self.request.user, message)
        return self.render(message, status=201 if message.was_created else 200)

    def _repeated_beyond_limit(self, arguments: dict[str, Any]) -> AbstractMessage | None:
        """Count the request; above the limit, still answer a retry, which sends nothing.

        Looked up only then: below the limit the action finds a retry itself, and a send is one statement shorter.
        """
        try:
            self.throttle()
        except Throttled:
            repeated = actions.find_repeated(**arguments) if arguments["client_id"] is not None else None
            if repeated is None:
                raise
            return repeated
        return None


class ConversationMessageViewSet(MessageViewSet):
    """The canonical routes: they carry the key by which a distributed database finds the rows."""

    noun = "conversation_messages"
    inputs = {"create": SendNestedSerializer}
    pagination_class = WindowPagination

    def list(self, request: Request, conversation_id: str = "", **kwargs: Any) -> Response:
        """List a window of the conversation, newest first."""
        return self._window(path_id(conversation_id))

    def create(self, request: Request, conversation_id: str = "", **kwargs: Any) -> Response:
        """Send a message; 200 with the first one where its `client_id` was used before."""
        conversation = selectors.find_conversation(request.user, path_id(conversation_id))
        return self._send(conversation, self.parse())

    def retrieve(self, request: Request, message_id: str, conversation_id: str = "", **kwargs: Any) -> Response:
        """Return one message of the conversation."""
        conversation = selectors.find_readable_conversation(request.user, path_id(conversation_id))
        return self.render(selectors.find_message(request.user, path_id(message_id), conversation))
