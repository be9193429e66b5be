"""The queue of reports, for those who review them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from django_convo.exceptions import NotFound
from django_convo.models import Report
from django_convo.policy import authorize, capabilities, may

# Ids grow with time: who has waited longest comes first.
REPORT_ORDER: Final = ("pk",)


def reports(actor: Any, *, status: str | None = None) -> QuerySet[Report]:
    """Return the reports with the people in them, of one status or of all; page them by `REPORT_ORDER`.

    Raises Denied without `report.review`.
    """
    authorize(actor, capabilities.REPORT_REVIEW)
    rows = _with_people()
    return rows if status is None else rows.filter(status=status)


def find_report(actor: Any, report_id: UUID) -> Report:
    """Return one report; NotFound for those who do not review, whether it is there or not."""
    if not may(actor, capabilities.REPORT_REVIEW):
        raise NotFound
    report = _with_people().filter(pk=report_id).first()
    if report is None:
        raise NotFound
    return report


def _with_people() -> QuerySet[Report]:
    return Report.objects.select_related("reporter", "reported_user", "reviewed_by")
