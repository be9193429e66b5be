"""Forwarding over REST."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.selectors.messages import find_conversation

from .messages import ClientIdField
from .scoped import MessageScopedViewSet


class ForwardSerializer(serializers.Serializer[Any]):
    """Where to."""

    conversation = serializers.UUIDField()
    client_id = ClientIdField(required=False, allow_null=True)


class ForwardViewSet(MessageScopedViewSet):
    """Sending on what somebody said."""

    noun = "forward"
    inputs = {"create": ForwardSerializer}
    outputs = {"create": "message"}
    throttle_scopes = {"create": "send"}
    throttled_within = frozenset({"create"})

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Send a copy to another conversation; 200 with the first one where its `client_id` was used before."""
        message, fields = self.get_message(), self.parse()
        # The copy shows what is read by power alone to others.
        actions.record_view(actor=request.user, messages=[message])
        arguments: dict[str, Any] = {
            "actor": request.user,
            "message": message,
            "conversation": find_conversation(request.user, fields["conversation"]),
            "client_id": fields.get("client_id"),
        }
        has_key = arguments["client_id"] is not None
        repeated = self.repeated_beyond_limit(lambda: actions.find_repeated_forward(**arguments) if has_key else None)
        return self.render_sent(repeated or actions.forward_message(**arguments))
