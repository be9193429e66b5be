"""Reporting messages, and what the moderators make of it."""

from __future__ import annotations

from typing import Any

from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import AbstractMessage, Report
from django_convo.policy import authorize, capabilities
from django_convo.types import AuditAction, MessageKind, ReportReason, ReportStatus

from .audit import record
from .base import UNSET, Unset, action, clean_note
from .messages import delete_message
from .messages.changing import lock_message
from .messages.editing import message_deleted

_ENTRIES = {
    ReportStatus.RESOLVED: AuditAction.REPORT_RESOLVED,
    ReportStatus.DISMISSED: AuditAction.REPORT_DISMISSED,
    ReportStatus.OPEN: AuditAction.REPORT_REOPENED,
}


@action
def report_message(*, actor: Any, message: AbstractMessage, reason: str, comment: str = "") -> tuple[Report, bool]:
    """Ask the moderators to look at a message; returns the report and whether it is new. Locks the conversation.

    The report keeps a copy of what the message said. One for each reporter and message: again, it is the first one as
    it was, whatever has become of the message since. Works in closed conversations and across a block.

    Raises Denied (`own_message`, `system_message`, `message_deleted`), Invalid (`invalid_reason`, `invalid_text`,
    `text_too_long`), NotFound. Emits nothing: nobody is told.
    """
    if reason not in ReportReason.values:
        raise Invalid("invalid_reason", _("There is no such reason."), field="reason")
    comment = clean_note("comment", comment)
    row, found = lock_message(actor, message)
    # Locking, because a snapshot taken earlier would not show what another request of theirs has written.
    mine = Report.objects.select_for_update().filter(message=found.pk, reporter=actor, conversation=row.pk)
    if (earlier := mine.first()) is not None:
        return earlier, False
    _refuse_report(actor, found)
    report = Report(
        reporter=actor,
        reported_user_id=found.sender_id,
        reason=reason,
        comment=comment,
        message_body=found.message_body,
    )
    report.conversation, report.message = row, found
    report.save(force_insert=True)
    return report, True


@action
def review_report(
    *, actor: Any | None, report: Report, status: str, resolution: str | Unset = UNSET, delete_message: bool = False
) -> Report:
    """Resolve, dismiss or reopen a report, and delete its message if asked; returns the report as it is now.

    Locks the conversation where the message is deleted, then the report. Deleting is a moderator's act of its own,
    with what it takes and emits; a message that is gone or deleted already stays so. What is equal changes nothing.

    Raises Denied, Invalid (`invalid_status`, `invalid_text`, `text_too_long`), NotFound. Emits `message.deleted` where
    it deletes; the review is in the audit log.
    """
    if status not in ReportStatus.values:
        raise Invalid("invalid_status", _("There is no such status."), field="status")
    authorize(actor, capabilities.REPORT_REVIEW)
    if delete_message:
        _delete_reported(actor, report)
    found = _lock_report(report)
    if actor is not None and found.reported_user_id == actor.pk:
        raise _own_message()
    text = found.resolution if isinstance(resolution, Unset) else clean_note("resolution", resolution)
    if (found.status, found.resolution) == (status, text):
        return found
    found.status, found.resolution = status, text
    found.reviewed_by, found.reviewed_at = actor, timezone.now()
    found.save(update_fields=["status", "resolution", "reviewed_by", "reviewed_at"])
    if actor is not None:
        record(
            actor,
            _ENTRIES[ReportStatus(status)],
            user_id=found.reported_user_id,
            conversation=found.conversation,
            message=found.message,
            report=str(found.pk),
        )
    return found


def _refuse_report(actor: Any, message: AbstractMessage) -> None:
    if message.kind == MessageKind.SYSTEM:
        raise Denied("system_message", _("This is a message of the site."))
    if message.sender_id == actor.pk:
        raise _own_message()
    if message.is_deleted:
        raise message_deleted()


def _lock_report(report: Report) -> Report:
    rows = Report.objects.filter(pk=report.pk)
    found = rows.select_for_update(no_key=connections[rows.db].vendor == "postgresql").first()
    if found is None:
        raise NotFound
    return found


def _delete_reported(actor: Any | None, report: Report) -> None:
    message = report.message
    # Whatever is gone with its conversation stays so.
    if message is not None and not message.is_deleted and report.conversation.deleted_at is None:
        delete_message(actor=actor, message=message)


def _own_message() -> Denied:
    return Denied("own_message", _("This is your own message."))
