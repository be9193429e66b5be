"""Saved messages over REST; they are listed by `GET /messages/?saved=true`."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions

from .scoped import MessageScopedViewSet


class SavedViewSet(MessageScopedViewSet):
    """What one keeps for oneself."""

    noun = "saved"
    outputs = dict.fromkeys(("update", "destroy"), "message")

    def update(self, request: Request, **kwargs: Any) -> Response:
        """Save a message; nothing changes where it is saved already."""
        return self.render_changed(actions.save_message(actor=request.user, message=self.get_message()))

    def destroy(self, request: Request, **kwargs: Any) -> Response:
        """Save it no longer; nothing changes where it is not saved."""
        message = self.get_message()
        actions.unsave_message(actor=request.user, message=message)
        return self.render_changed(message)
