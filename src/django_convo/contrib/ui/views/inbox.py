"""The inbox, and the channels that one may join."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from django_convo.conf import settings
from django_convo.contrib.ui.elements import inbox_context
from django_convo.contrib.ui.elements.inbox import FILTERS, shown
from django_convo.contrib.ui.pages import page_of
from django_convo.contrib.ui.queries import text_of
from django_convo.selectors import CHANNEL_ORDER, open_channels
from django_convo.selectors.search import is_titled, words_of

from .base import ChatView


class InboxView(ChatView):
    """One's own conversations."""

    template_name = "convo_ui/inbox.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show the inbox, what of it is unread, or what was put away."""
        chosen = request.GET.get("filter", "")
        filters = chosen if chosen in FILTERS else "inbox"
        side = inbox_context(request, filters=filters, query=text_of(request.GET, "q"))
        return self.show({"side": side})


class ChannelsView(ChatView):
    """Channels that are open to join."""

    template_name = "convo_ui/channels.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        """Show them, the latest in use first."""
        query = text_of(request.GET, "q")
        rows = open_channels(request.user)
        rows = rows.filter(is_titled(words_of(query))) if query else rows
        page = page_of(rows, CHANNEL_ORDER, request, limit=settings.PAGE_SIZE)
        return self.show({"channels": shown(request.user, page.rows), "page": page, "query": query})
