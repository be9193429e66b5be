"""What one has saved for oneself."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponseBase

from django_convo import actions
from django_convo.conf import settings
from django_convo.contrib.ui.pages import page_of
from django_convo.contrib.ui.shapes import message_rows
from django_convo.selectors import decorate_messages
from django_convo.selectors.messages import ALL_ORDER, MessageFilters, messages

from .base import ChatView
from .messages import MessageButton


class SavedView(ChatView):
    """Saved messages."""

    template_name = "convo_ui/saved.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show them, the latest sent first."""
        rows = messages(request.user, MessageFilters(saved=True))
        page = page_of(rows, ALL_ORDER, request, limit=settings.PAGE_SIZE)
        decorate_messages(request.user, page.rows)
        actions.record_view(actor=request.user, messages=page.rows)
        return self.show({"messages_shown": message_rows(request.user, page.rows), "page": page})


class UnsaveView(MessageButton):
    """Saving no longer."""

    run = staticmethod(actions.unsave_message)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Forget it, and lead back to the list."""
        super().post(request, **kwargs)
        return self.go("saved")
