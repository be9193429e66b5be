"""The host's own filter over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from django_convo.api import ConversationViewSet


class ListedConversationViewSet(ConversationViewSet):
    """Conversations with one filter more: `?listing=7`."""

    def get_queryset(self) -> QuerySet[Any]:
        rows = super().get_queryset()
        listing = self.query.number("listing")
        return rows if listing is None else rows.filter(listing=listing)
