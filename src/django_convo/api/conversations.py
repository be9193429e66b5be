"""Conversations over REST: the inbox, creating, changing, closing and deleting."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.conf import settings
from django_convo.models import AbstractConversation, get_conversation_model
from django_convo.selectors import (
    CHANNEL_ORDER,
    INBOX_ORDER,
    InboxFilters,
    inbox,
    inbox_page,
    open_channels,
)
from django_convo.selectors.people import find_people
from django_convo.selectors.search import is_known_as, is_titled
from django_convo.types import ConversationKind

from .base import LARGEST_NUMBER, KeysetPagination, UserKeyField, rendered, stamp
from .membership import MembershipSerializer, counts
from .messages import ClientIdField, MessageBodyField, MessageSerializer, MetadataField, in_order
from .participants import ParticipantSerializer
from .scoped import ConversationScopedViewSet
from .subjects import SubjectSerializer, find_subject, subject_of
from .users import UserCardSerializer, cards_of


class ConversationSerializer(serializers.Serializer[Any]):
    """A conversation as JSON, after `selectors.decorate`; built by hand, as a message is."""

    conversation_id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=ConversationKind.choices)
    title = serializers.CharField(allow_blank=True)
    topic = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()
    created_by = UserCardSerializer(allow_null=True)
    metadata = serializers.DictField()
    subject = SubjectSerializer(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    slow_mode_seconds = serializers.IntegerField()
    participant_count = serializers.IntegerField()
    participants = ParticipantSerializer(many=True)
    last_message = MessageSerializer(allow_null=True)
    last_message_at = serializers.DateTimeField()
    last_seq = serializers.IntegerField()
    count_seq = serializers.IntegerField()
    event_seq = serializers.IntegerField()
    unread_count = serializers.IntegerField()
    mention_count = serializers.IntegerField()
    membership = MembershipSerializer(allow_null=True)
    capabilities = serializers.ListField(child=serializers.CharField())

    def to_representation(self, instance: AbstractConversation) -> dict[str, Any]:
        row: Any = instance
        participant = row.membership_of(self.context["request"].user)
        return {
            "conversation_id": str(row.pk),
            "kind": row.kind,
            "title": row.title,
            "topic": row.topic,
            "created_at": stamp(row.created_at),
            "created_by": cards_of(self.context).of(row.created_by) if row.created_by_id is not None else None,
            "metadata": in_order(row.metadata),
            "subject": subject_of(row),
            "closed_at": stamp(row.closed_at),
            "slow_mode_seconds": row.slow_mode_seconds,
            "participant_count": row.participant_count,
            "participants": rendered("participant", row.first_participants, context=self.context, many=True),
            "last_message": self._shown("message", row.last_message),
            "last_message_at": stamp(row.last_message_at),
            "last_seq": row.last_seq,
            "count_seq": row.count_seq,
            "event_seq": row.event_seq,
            **counts(row, participant),
            "membership": self._shown("membership", participant),
            "capabilities": sorted(row.viewer_capabilities),
        }

    def _shown(self, name: str, value: Any) -> Any:
        return None if value is None else rendered(name, value, context=self.context)


class TextField(serializers.CharField):
    """A title or topic: kept as it came, as long as its column."""

    def __init__(self, *, column: str, **kwargs: Any) -> None:
        self._column = column
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        longest = getattr(get_conversation_model()._meta.get_field(self._column), "max_length", None)
        if longest is not None and len(text) > longest:
            raise serializers.ValidationError(
                _("Ensure this field has no more than {max_length} characters.").format(max_length=longest),
                code="max_length",
            )
        return text


class ConversationChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of a conversation; what is left out stays."""

    title = TextField(column="title", required=False)
    topic = TextField(column="topic", required=False)
    metadata = MetadataField(required=False)


class ConversationUpdateSerializer(ConversationChangeSerializer):
    """What may be changed of a conversation that is there; `slow_mode_seconds` is 0 for no wait."""

    slow_mode_seconds = serializers.IntegerField(min_value=0, max_value=LARGEST_NUMBER, required=False)


class ConversationCreationSerializer(ConversationChangeSerializer):
    """With whom, what about, and perhaps the first message."""

    participants = serializers.ListField(child=UserKeyField())
    kind = serializers.ChoiceField(choices=ConversationKind.choices, required=False, allow_null=True)
    subject = SubjectSerializer(required=False, allow_null=True)
    message_body = MessageBodyField(required=False, allow_null=True)
    client_id = ClientIdField(required=False, allow_null=True)

    def validate_participants(self, keys: list[Any]) -> list[Any]:
        if len(keys) > settings.MAX_PARTICIPANTS:
            raise serializers.ValidationError(
                _("The conversation has too many participants."), code="too_many_participants"
            )
        return keys


class ConversationViewSet(ConversationScopedViewSet):
    """One's own conversations."""

    noun = "conversations"
    inputs = {"create": ConversationCreationSerializer, "partial_update": ConversationUpdateSerializer}
    outputs = dict.fromkeys(
        ("list", "create", "retrieve", "partial_update", "destroy", "close", "reopen"), "conversation"
    )
    throttle_scopes = {"create": "create"}
    throttled_within = frozenset({"create"})
    keyset_order: tuple[str, ...] = INBOX_ORDER

    def get_queryset(self) -> QuerySet[Any]:
        """Return the inbox, or the channels to join, as the filters say."""
        query, filters, words = self.query, self._filters(), self.searched("search")
        if query.flag("joined") is False:
            self.keyset_order = CHANNEL_ORDER
            channels = open_channels(self.request.user)
            channels = channels if words is None else channels.filter(is_titled(words))
            return channels if filters.kind in (None, ConversationKind.CHANNEL) else channels.none()
        conversations = inbox(self.request.user, filters=filters)
        if words is not None:
            conversations = conversations.filter(is_known_as(self.request.user, words))
        return conversations.none() if self._is_about_unknown(filters) else conversations

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List one's own conversations: pinned first, then by latest activity."""
        paginator, filters = self.paginator, self._filters()
        if isinstance(paginator, KeysetPagination) and self._is_plain_inbox(filters):
            rows = paginator.paginate(partial(inbox_page, request.user, filters=filters), request, self.keyset_order)
        else:
            rows = list(self.paginate_queryset(self.get_queryset()) or [])
        return self.get_paginated_response(self.render_conversations(rows))

    def _is_plain_inbox(self, filters: InboxFilters) -> bool:
        """Say whether the inbox is asked for as clients open it, which has statements of its own that are kept."""
        is_ours = type(self).get_queryset is ConversationViewSet.get_queryset
        is_other = any(self.query.text(name) is not None for name in ("joined", "search"))
        return is_ours and not (is_other or self._is_about_unknown(filters))

    def _is_about_unknown(self, filters: InboxFilters) -> bool:
        return self.query.text("subject_type") is not None and filters.subject_type is None

    def _filters(self) -> InboxFilters:
        query = self.query
        return InboxFilters(
            kind=query.choice("kind", ConversationKind.values),
            unread=query.flag("unread"),
            archived=query.flag("archived") or False,
            pinned=query.flag("pinned"),
            participant=query.user_key("participant"),
            subject_type=self._subject_type(),
            subject_id=query.text("subject_id"),
        )

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Create a conversation, with its first message if there is one; 200 with the direct that exists already."""
        fields = self.parse()
        direct: dict[str, Any] = {
            "actor": request.user,
            "participants": find_people(request.user, fields["participants"]),
            "kind": fields.get("kind"),
            "subject": find_subject(request.user, fields.get("subject")),
        }
        message: dict[str, Any] = {"body": fields.get("message_body"), "client_id": fields.get("client_id")}
        self._count(direct, message)
        conversation, is_new = actions.create_conversation(
            **direct,
            **message,
            title=fields.get("title", ""),
            topic=fields.get("topic", ""),
            metadata=fields.get("metadata"),
        )
        return self.render_conversation(conversation, status=201 if is_new else 200)

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Return one conversation."""
        return self.render_conversation(self.get_conversation())

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change title, topic, metadata or slow mode."""
        conversation = self.get_conversation()
        return self.render_conversation(
            actions.update_conversation(actor=request.user, conversation=conversation, **self.parse())
        )

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Delete the conversation for everyone."""
        actions.delete_conversation(actor=request.user, conversation=self.get_conversation())
        return Response(status=204)

    def close(self, request: Request, **kwargs: Any) -> Response:
        """Close: it can be read and left, but nothing is added."""
        conversation = self.get_conversation()
        return self.render_conversation(actions.close(actor=request.user, conversation=conversation))

    def reopen(self, request: Request, **kwargs: Any) -> Response:
        """Open a closed conversation again."""
        conversation = self.get_conversation()
        return self.render_conversation(actions.reopen(actor=request.user, conversation=conversation))

    def _count(self, direct: dict[str, Any], message: dict[str, Any]) -> None:
        """Count against the limit of creating and, with a first message, that of sending; raises `Throttled`.

        What is there already is for everyone: a direct is found, and a message repeated, beyond the limits too.
        """
        try:
            self.throttle()
        except Throttled:
            if actions.find_direct(**direct) is None:
                raise
        if message["body"] is None:
            return
        try:
            self.count_as("send")
        except Throttled:
            found = actions.find_direct(**direct) if message["client_id"] is not None else None
            if found is None or actions.find_repeated(actor=direct["actor"], conversation=found, **message) is None:
                raise

    def _subject_type(self) -> ContentType | None:
        """Return the type in the filter; None also where no such model is known, which nothing can be about."""
        label = self.query.text("subject_type")
        if label is None:
            if self.query.text("subject_id") is not None:
                raise self.query.required("subject_type")
            return None
        if label.count(".") != 1:
            raise self.query.invalid("subject_type")
        try:
            return ContentType.objects.get_by_natural_key(*label.lower().split("."))
        except ContentType.DoesNotExist:
            return None
