"""Pinned messages over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.selectors.pins import PIN_ORDER, pinned

from .scoped import MessageScopedViewSet


class PinViewSet(MessageScopedViewSet):
    """What a conversation keeps in view for everyone."""

    noun = "pins"
    outputs = dict.fromkeys(("list", "update", "destroy"), "message")
    keyset_order = PIN_ORDER
    throttle_scopes = dict.fromkeys(("update", "destroy"), "react")

    def get_queryset(self) -> QuerySet[Any]:
        """Return the pinned messages of the conversation of the path."""
        return pinned(self.request.user, self.get_readable_conversation())

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the pinned messages of a conversation, the latest pinned first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_messages(rows))

    def update(self, request: Request, **kwargs: Any) -> Response:
        """Pin a message; nothing changes where it is pinned already."""
        return self.render_changed(actions.pin_message(actor=request.user, message=self.get_message()))

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Take the pin off; nothing changes where there is none."""
        return self.render_changed(actions.unpin_message(actor=request.user, message=self.get_message()))
