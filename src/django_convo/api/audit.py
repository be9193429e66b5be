"""The audit log over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo.models import AuditEntry
from django_convo.selectors.audit import AUDIT_ORDER, AuditFilters, audit_entries
from django_convo.types import AuditAction

from .base import ConvoViewSet, stamp
from .users import UserCardSerializer, card


class AuditEntrySerializer(serializers.Serializer[Any]):
    """Who used which power over whom or what; `detail` holds ids and small facts."""

    entry_id = serializers.UUIDField()
    action = serializers.ChoiceField(choices=AuditAction.choices)
    actor = UserCardSerializer(allow_null=True)
    user = UserCardSerializer(allow_null=True)
    conversation_id = serializers.UUIDField(allow_null=True)
    message_id = serializers.UUIDField(allow_null=True)
    detail = serializers.DictField()
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: AuditEntry) -> dict[str, Any]:
        return {
            "entry_id": str(instance.pk),
            "action": instance.action,
            "actor": card(instance.actor),
            "user": card(instance.user),
            "conversation_id": None if instance.conversation_id is None else str(instance.conversation_id),
            "message_id": None if instance.message_id is None else str(instance.message_id),
            "detail": instance.detail,
            "created_at": stamp(instance.created_at),
        }


class AuditViewSet(ConvoViewSet):
    """The acts of power, for those who may look over the shoulders of the powerful."""

    noun = "audit"
    outputs = {"list": "audit_entry"}
    keyset_order = AUDIT_ORDER

    def get_queryset(self) -> QuerySet[AuditEntry]:
        """Return what the filters keep."""
        query = self.query
        filters = AuditFilters(
            action=query.choice("action", AuditAction.values),
            actor=query.user_key("actor"),
            user=query.user_key("user"),
            conversation_id=query.uuid("conversation_id"),
        )
        return audit_entries(self.request.user, filters)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the audit log, the latest first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))
