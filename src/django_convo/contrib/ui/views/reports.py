"""The moderators' queue."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase

from django_convo.conf import settings
from django_convo.contrib.ui.forms import ReviewForm
from django_convo.contrib.ui.pages import page_of
from django_convo.contrib.ui.shapes import person_of
from django_convo.exceptions import NotFound
from django_convo.policy import allows, capabilities
from django_convo.selectors.reports import REPORT_ORDER, find_report, places_of, reports
from django_convo.selectors.sanctions import sanctionable
from django_convo.types import ReportStatus

from .base import ChatView


class ReportsView(ChatView):
    """Reports, for those who review them; to others there is no such page."""

    template_name = "convo_ui/reports.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show those of one status, who has waited longest first."""
        return self.show_queue()

    def show_queue(self, *, status: int = 200, **more: Any) -> HttpResponseBase:
        """Return the page; `more` is the form that was refused, and the report that it is about."""
        if not allows(self.request.user, capabilities.REPORT_REVIEW):
            raise NotFound
        chosen = self.request.GET.get("status", "")
        wanted = chosen if chosen in ReportStatus.values else ReportStatus.OPEN.value
        page = page_of(reports(self.request.user, status=wanted), REPORT_ORDER, self.request, limit=settings.PAGE_SIZE)
        places = places_of(self.request.user, page.rows)
        listed = [
            (row, person_of(row.reported_user), person_of(row.reporter), places.get(row.message_id))
            for row in page.rows
        ]
        context = {
            "reports": listed,
            "page": page,
            "wanted": wanted,
            "statuses": ReportStatus.choices,
            "sanctionable": sanctionable(self.request.user, {row.conversation_id for row in page.rows}),
        }
        return self.show({**context, **more}, status=status)


class ReviewView(ReportsView):
    """Deciding about a report."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, report_id: UUID) -> HttpResponseBase:
        """Review it, or show the queue with what was refused."""
        report, form = find_report(request.user, report_id), ReviewForm(request.POST)
        if form.is_valid() and form.review(request.user, report):
            return self.go("report-list")
        return self.show_queue(refused=form, refused_id=report.pk, status=form.status)
