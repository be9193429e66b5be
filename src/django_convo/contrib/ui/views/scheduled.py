"""What one has scheduled."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponseBase

from django_convo import actions
from django_convo.conf import settings
from django_convo.contrib.ui.elements.inbox import shown
from django_convo.contrib.ui.forms import ScheduledForm
from django_convo.contrib.ui.pages import page_of
from django_convo.selectors.inbox import visible
from django_convo.selectors.scheduled import SCHEDULED_ORDER, find_scheduled, scheduled_of

from .base import ChatView


class ScheduledView(ChatView):
    """The list."""

    template_name = "convo_ui/scheduled.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show what waits, what has failed and what was sent, the latest first."""
        page = page_of(scheduled_of(request.user), SCHEDULED_ORDER, request, limit=settings.PAGE_SIZE)
        keys = {row.conversation_id for row in page.rows}
        rows = shown(request.user, list(visible(request.user).filter(pk__in=keys))) if keys else []
        titles = {row.conversation_id: row.title for row in rows}
        listed = [(row, titles.get(str(row.conversation_id), "")) for row in page.rows]
        return self.show({"scheduled": listed, "page": page})


class ScheduledEditView(ChatView):
    """Changing one of them."""

    template_name = "convo_ui/scheduled_edit.html"

    def get(self, request: HttpRequest, scheduled_id: UUID) -> HttpResponseBase:
        """Show the form."""
        row = find_scheduled(request.user, scheduled_id)
        form = ScheduledForm(initial={"body": row.message_body, "send_at": row.send_at})
        return self.show({"scheduled": row, "form": form})

    def post(self, request: HttpRequest, scheduled_id: UUID) -> HttpResponseBase:
        """Change it, or show the form again with what was refused."""
        row, form = find_scheduled(request.user, scheduled_id), ScheduledForm(request.POST)
        if form.is_valid() and form.change(request.user, row):
            return self.go("scheduled-list")
        return self.show({"scheduled": row, "form": form}, status=form.status)


class CancelView(ChatView):
    """Cancelling one of them."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, scheduled_id: UUID) -> HttpResponseBase:
        """Cancel it."""
        actions.cancel_scheduled(actor=request.user, scheduled=find_scheduled(request.user, scheduled_id))
        return self.go("scheduled-list")
