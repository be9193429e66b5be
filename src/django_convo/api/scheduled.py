"""Scheduled messages over REST: what one has waiting, changed and cancelled; scheduling is a send with `send_at`."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.models import ScheduledMessage
from django_convo.selectors import scheduled as selectors
from django_convo.types import ScheduledStatus

from .base import ConvoViewSet, MomentField, path_id, stamp
from .messages import MessageBodyField, MetadataField, in_order
from .messages.fields import MentionsField


class ScheduledSerializer(serializers.Serializer[Any]):
    """What one has scheduled, in ids; empty once it is sent, since what it says is the message's then."""

    scheduled_id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    message_body = serializers.CharField(allow_blank=True)
    reply_to = serializers.UUIDField(allow_null=True)
    thread_root = serializers.UUIDField(allow_null=True)
    attachments = serializers.ListField(child=serializers.UUIDField())
    mentions = serializers.ListField(child=serializers.CharField())
    metadata = serializers.DictField()
    client_id = serializers.CharField(allow_null=True)
    send_at = serializers.DateTimeField()
    status = serializers.ChoiceField(choices=ScheduledStatus.choices)
    code = serializers.CharField(allow_null=True)
    message_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: ScheduledMessage) -> dict[str, Any]:
        return {
            "scheduled_id": str(instance.pk),
            "conversation": str(instance.conversation_id),
            "message_body": instance.message_body,
            "reply_to": _text(instance.reply_to_id),
            "thread_root": _text(instance.thread_root_id),
            "attachments": instance.attachment_ids,
            "mentions": instance.mentioned,
            "metadata": in_order(instance.metadata),
            "client_id": instance.client_id,
            "send_at": stamp(instance.send_at),
            "status": instance.status,
            "code": instance.code or None,
            "message_id": _text(instance.message_id),
            "created_at": stamp(instance.created_at),
        }


class ScheduledChangeSerializer(serializers.Serializer[Any]):
    """What may be changed of it; what is left out stays."""

    message_body = MessageBodyField(required=False, allow_blank=True)
    send_at = MomentField(required=False)
    mentions = MentionsField(required=False)
    metadata = MetadataField(required=False)


class ScheduledViewSet(ConvoViewSet):
    """What one has scheduled."""

    noun = "scheduled"
    inputs = {"partial_update": ScheduledChangeSerializer}
    outputs = dict.fromkeys(("list", "retrieve", "partial_update", "destroy"), "scheduled")
    keyset_order = selectors.SCHEDULED_ORDER

    def get_queryset(self) -> QuerySet[ScheduledMessage]:
        """Return one's own, of one status if that is asked for."""
        return selectors.scheduled_of(self.request.user, status=self.query.choice("status", ScheduledStatus.values))

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List what one has scheduled, the latest time first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Return one of them."""
        return self.render(self._find())

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Change what is to be sent, or when; with a new time, what has failed waits again."""
        scheduled, fields = self._find(), self.parse()
        if "message_body" in fields:
            fields["body"] = fields.pop("message_body")
        return self.render(actions.update_scheduled(actor=request.user, scheduled=scheduled, **fields))

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Cancel it."""
        actions.cancel_scheduled(actor=request.user, scheduled=self._find())
        return Response(status=204)

    def _find(self) -> ScheduledMessage:
        return selectors.find_scheduled(self.request.user, path_id(self.kwargs["scheduled_id"]))


def _text(key: Any) -> str | None:
    return None if key is None else str(key)
