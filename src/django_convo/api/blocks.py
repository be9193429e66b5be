"""Blocking over REST: whom one keeps away."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.models import Block
from django_convo.selectors.blocks import BLOCK_ORDER, blocks, find_blockable

from .base import ConvoViewSet, path_user_key, stamp
from .users import UserCardSerializer, card


class BlockSerializer(serializers.Serializer[Any]):
    """Whom one keeps away, and since when."""

    user = UserCardSerializer()
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Block) -> dict[str, Any]:
        return {"user": card(instance.blocked), "created_at": stamp(instance.created_at)}


class BlockViewSet(ConvoViewSet):
    """One's own blocks; nobody else sees them."""

    noun = "blocks"
    outputs = dict.fromkeys(("list", "update", "destroy"), "block")
    keyset_order = BLOCK_ORDER

    def get_queryset(self) -> QuerySet[Any]:
        """Return one's own blocks."""
        return blocks(self.request.user)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List whom one has blocked, the latest first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))

    def update(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        """Block a user; nothing changes where they are blocked already."""
        actions.block_user(actor=request.user, user=find_blockable(request.user, path_user_key(user_id)))
        return Response(status=204)

    def destroy(self, request: Request, user_id: str, **kwargs: Any) -> Response:
        """Take the block back; nothing changes where there is none."""
        actions.unblock_user(actor=request.user, user=find_blockable(request.user, path_user_key(user_id)))
        return Response(status=204)
