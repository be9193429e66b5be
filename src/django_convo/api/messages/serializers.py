"""A message as JSON."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from rest_framework import serializers

from django_convo.api.attachments import AttachmentSerializer
from django_convo.api.base import rendered, stamp
from django_convo.api.users import Cards, UserCardSerializer, card, cards_of
from django_convo.conf import settings
from django_convo.models import AbstractMessage, MessageRevision
from django_convo.selectors.extras import extras_of
from django_convo.types import MessageKind


class QuoteSerializer(serializers.Serializer[Any]):
    """The message that is answered: nothing but a null id where the viewer may not read it, no words once deleted."""

    message_id = serializers.UUIDField(allow_null=True)
    seq = serializers.IntegerField(required=False)
    sender = UserCardSerializer(required=False, allow_null=True)
    excerpt = serializers.CharField(required=False)


class MentionSerializer(UserCardSerializer):
    """Somebody named in a message; everyone has no id."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        fields["user_id"].allow_null = True
        return fields


class ReactionSerializer(serializers.Serializer[Any]):
    """How many have reacted with an emoji; `me` is not in frames, which are the same for everyone."""

    emoji = serializers.CharField()
    count = serializers.IntegerField()
    me = serializers.BooleanField(required=False)


class MessageSerializer(serializers.Serializer[Any]):
    """A message as JSON, after `selectors.decorate_messages`; `client_id` is shown to its sender alone.

    The dictionary is built by hand: DRF's own walk over the fields costs several times what the rows do.
    """

    message_id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    seq = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    sender = UserCardSerializer(allow_null=True)
    message_body = serializers.CharField(allow_blank=True)
    sent_at = serializers.DateTimeField()
    edited_at = serializers.DateTimeField(allow_null=True)
    deleted_at = serializers.DateTimeField(allow_null=True)
    client_id = serializers.CharField(required=False, allow_null=True)
    reply_to = QuoteSerializer(allow_null=True)
    thread_root = serializers.UUIDField(allow_null=True)
    reply_count = serializers.IntegerField()
    attachments = AttachmentSerializer(many=True)
    mentions = MentionSerializer(many=True)
    reactions = ReactionSerializer(many=True)
    metadata = serializers.DictField()
    pinned = serializers.BooleanField()
    editable_until = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: AbstractMessage) -> dict[str, Any]:
        message: Any = instance
        extras, cards = extras_of(message), self._cards
        data = {
            "message_id": str(message.pk),
            "conversation": str(message.conversation_id),
            "seq": message.seq,
            "kind": message.kind,
            "sender": cards.of(message.sender) if message.sender_id is not None else None,
            "message_body": message.message_body,
            "sent_at": stamp(message.sent_at),
            "edited_at": stamp(message.edited_at),
            "deleted_at": stamp(message.deleted_at),
            "reply_to": quote(message, cards),
            "thread_root": str(message.thread_root_id) if message.thread_root_id is not None else None,
            "reply_count": message.reply_count,
            "attachments": rendered("attachment", extras.attachments, context=self.context, many=True),
            "mentions": [mention(user, cards) for user in extras.mentions],
            "reactions": [{"emoji": item.emoji, "count": item.count, "me": item.me} for item in extras.reactions],
            "metadata": in_order(message.metadata),
            "pinned": message.is_pinned,
            "editable_until": stamp(editable_until(message, self._edit_window)),
        }
        if message.sender_id is not None and message.sender_id == self._viewer:
            data["client_id"] = message.client_id
        return data

    @cached_property
    def _viewer(self) -> Any:
        return self.context["request"].user.pk

    @cached_property
    def _edit_window(self) -> timedelta | None:
        return settings.EDIT_WINDOW

    @cached_property
    def _cards(self) -> Cards:
        return cards_of(self.context)


class RevisionSerializer(serializers.Serializer[Any]):
    """What a message said before it was edited."""

    number = serializers.IntegerField()
    message_body = serializers.CharField(allow_blank=True)
    metadata = serializers.DictField()
    replaced_by = UserCardSerializer(allow_null=True)
    replaced_at = serializers.DateTimeField()

    def to_representation(self, instance: MessageRevision) -> dict[str, Any]:
        return {
            "number": instance.number,
            "message_body": instance.message_body,
            "metadata": in_order(instance.metadata),
            "replaced_by": card(instance.replaced_by) if instance.replaced_by_id is not None else None,
            "replaced_at": stamp(instance.replaced_at),
        }


def mention(user: Any | None, cards: Cards) -> dict[str, Any]:
    """Return somebody who is named as JSON has it; None is everyone."""
    return cards.of(user) or {"user_id": None, "name": "everyone", "avatar": None}


def editable_until(message: AbstractMessage, edit_window: timedelta | None) -> datetime | None:
    """Return until when its sender may edit the message; None where there is no end, or nothing to edit."""
    if edit_window is None or message.is_deleted or message.kind != MessageKind.USER:
        return None
    return message.sent_at + edit_window


def quote(message: Any, cards: Cards) -> dict[str, Any] | None:
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
        "sender": cards.of(quoted.sender) if quoted.sender_id is not None else None,
        "excerpt": quoted.excerpt,
    }


def in_order(value: Any) -> Any:
    """Return JSON with sorted keys: PostgreSQL keeps no order, and a retry answers with the same bytes."""
    if isinstance(value, dict):
        return {key: in_order(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [in_order(item) for item in value]
    return value
