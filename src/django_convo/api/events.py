"""The log of a conversation over REST: what a client has missed since a number."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo.conf import settings
from django_convo.models import Event
from django_convo.selectors import read_log

from .frames import FrameSerializer, render_frames
from .scoped import ConversationScopedViewSet


class LogSerializer(serializers.Serializer[Any]):
    """What follows a position. `limited`: this cannot bring the client up to date, which has to reload."""

    results = FrameSerializer(many=True)
    head = serializers.IntegerField()
    limited = serializers.BooleanField()
    epoch = serializers.CharField()


class EventViewSet(ConversationScopedViewSet):
    """The durable log of one conversation, for its members."""

    noun = "events"

    def get_serializer_class(self) -> type[LogSerializer]:
        """Return the shape of the answer."""
        return LogSerializer

    def get_queryset(self) -> QuerySet[Event]:
        """Return nothing: the log is read by number. DRF's browsable page asks, for filters that there are not."""
        return Event.objects.none()

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the events after a number, oldest first."""
        conversation = self.get_conversation()
        after = self.query.number("after") or 0
        log = read_log(request.user, conversation, after=after, limit=self.query.limit())
        frames = render_frames(
            log.events, conversations={conversation.pk: conversation}, context=self.get_serializer_context()
        )
        return Response({"results": frames, "head": log.head, "limited": log.limited, "epoch": settings.EPOCH})
