"""`GET /unread/`: the badge."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import selectors

from .base import ConvoViewSet


class UnreadTotalSerializer(serializers.Serializer[Any]):
    """What waits, over all conversations; muted ones count for their mentions only, archived ones not at all."""

    conversations = serializers.IntegerField()
    messages = serializers.IntegerField()
    mentions = serializers.IntegerField()


class UnreadViewSet(ConvoViewSet):
    """What waits for the caller."""

    noun = "unread"

    def get_serializer_class(self) -> type[UnreadTotalSerializer]:
        """Return the shape of the answer."""
        return UnreadTotalSerializer

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Return how much is unread."""
        return Response(asdict(selectors.unread(request.user)))
