"""Sanctions over REST: muting and banning, in one conversation or on the whole site."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.models import Sanction
from django_convo.selectors.messages import find_conversation
from django_convo.selectors.sanctions import SANCTION_ORDER, find_sanction, find_target, sanctions
from django_convo.types import SanctionKind

from .base import ConvoViewSet, MomentField, UserKeyField, path_id, stamp
from .reports import NoteField
from .users import UserCardSerializer, card


class SanctionSerializer(serializers.Serializer[Any]):
    """A sanction; without a `conversation` it is of the whole site."""

    sanction_id = serializers.UUIDField()
    user = UserCardSerializer()
    kind = serializers.ChoiceField(choices=SanctionKind.choices)
    conversation = serializers.UUIDField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    created_by = UserCardSerializer(allow_null=True)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    lifted_at = serializers.DateTimeField(allow_null=True)
    lifted_by = UserCardSerializer(allow_null=True)

    def to_representation(self, instance: Sanction) -> dict[str, Any]:
        return {
            "sanction_id": str(instance.pk),
            "user": card(instance.user),
            "kind": instance.kind,
            "conversation": None if instance.conversation_id is None else str(instance.conversation_id),
            "reason": instance.reason,
            "created_by": card(instance.created_by),
            "created_at": stamp(instance.created_at),
            "expires_at": stamp(instance.expires_at),
            "lifted_at": stamp(instance.lifted_at),
            "lifted_by": card(instance.lifted_by),
        }


class ImposeSerializer(serializers.Serializer[Any]):
    """Who is sanctioned how, where and until when."""

    user_id = UserKeyField()
    kind = serializers.ChoiceField(choices=SanctionKind.choices)
    conversation = serializers.UUIDField(required=False, allow_null=True)
    reason = NoteField(required=False)
    expires_at = MomentField(required=False, allow_null=True)


class SanctionViewSet(ConvoViewSet):
    """What moderators forbid users."""

    noun = "sanctions"
    inputs = {"create": ImposeSerializer}
    outputs = dict.fromkeys(("list", "create", "destroy"), "sanction")
    keyset_order = SANCTION_ORDER

    def get_queryset(self) -> QuerySet[Sanction]:
        """Return what the caller may administer of what the filters keep."""
        query = self.query
        key, user, is_active = query.uuid("conversation_id"), query.user_key("user"), query.flag("active")
        conversation = None if key is None else find_conversation(self.request.user, key)
        return sanctions(self.request.user, conversation=conversation, user=user, is_active=is_active)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the sanctions of a conversation (`conversation_id`), else those of the site, the latest first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Mute or ban a user; 200 where such a sanction is in force, which takes the new reason and end."""
        fields = self.parse()
        key = fields.pop("conversation", None)
        conversation = None if key is None else find_conversation(request.user, key)
        user = find_target(request.user, conversation, fields.pop("user_id"))
        sanction, is_new = actions.impose_sanction(actor=request.user, user=user, conversation=conversation, **fields)
        return self.render(sanction, status=201 if is_new else 200)

    def destroy(self, request: Request, sanction_id: str, **kwargs: Any) -> Response:
        """Lift a sanction; nothing changes where it is over."""
        actions.lift_sanction(actor=request.user, sanction=find_sanction(request.user, path_id(sanction_id)))
        return Response(status=204)
