"""The queue of reports, for those who review them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db.models import QuerySet

from django_convo.exceptions import NotFound
from django_convo.models import Report
from django_convo.policy import allows, authorize, capabilities, get_policy, load_memberships, may

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


def places_of(actor: Any, rows: Iterable[Report]) -> dict[UUID, int]:
    """Return, by the key of the message, at which number the reported messages stand that the actor may go to.

    That takes a message that the policy shows, in a conversation that they read: as a participant, or by
    `conversation.view_any`. Nothing of it is shown here; whoever opens it is written down there. Two queries.
    """
    keys = {row.message_id: row.conversation_id for row in rows if row.message_id is not None}
    if not keys:
        return {}
    shown = get_policy().visible_messages(actor).filter(pk__in=keys, conversation__in=set(keys.values()))
    messages = list(shown.select_related("conversation").defer("message_body"))
    load_memberships(actor, [message.conversation for message in messages])
    return {
        message.pk: message.seq
        for message in messages
        if message.conversation.membership_of(actor) is not None
        or allows(actor, capabilities.VIEW_ANY, conversation=message.conversation)
    }


def _with_people() -> QuerySet[Report]:
    return Report.objects.select_related("reporter", "reported_user", "reviewed_by")
