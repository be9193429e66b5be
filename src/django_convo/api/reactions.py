"""Reactions over REST: adding and taking back one's own."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions

from .scoped import MessageScopedViewSet


class ReactionViewSet(MessageScopedViewSet):
    """One's own reactions to a message."""

    noun = "reactions"
    outputs = dict.fromkeys(("update", "destroy"), "message")
    throttle_scopes = dict.fromkeys(("update", "destroy"), "react")

    def update(self, request: Request, emoji: str, **kwargs: Any) -> Response:
        """React with an emoji; nothing changes where one has done so already."""
        message = self.get_message()
        return self.render_changed(actions.add_reaction(actor=request.user, message=message, emoji=emoji))

    def destroy(self, request: Request, emoji: str, **kwargs: Any) -> Response:
        """Take a reaction back; nothing changes where there is none."""
        message = self.get_message()
        return self.render_changed(actions.remove_reaction(actor=request.user, message=message, emoji=emoji))
