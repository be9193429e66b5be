from __future__ import annotations

from typing import Any

import pytest

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import AbstractMessage, AuditEntry, Event, Report
from tests.people import make_user
from tests.replay import replayed


@pytest.fixture
def message(group: Any, cyd: Any) -> AbstractMessage:
    return actions.send_message(actor=cyd, conversation=group, body="You fool!")


@pytest.fixture
def report(ada: Any, message: Any) -> Report:
    return actions.report_message(actor=ada, message=message, reason="abuse", comment="rude")[0]


def entries() -> list[tuple[str, Any]]:
    return list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))


def test_report_keeps_a_copy(group: Any, ada: Any, cyd: Any, message: Any) -> None:
    with replayed(group):
        report, is_new = actions.report_message(actor=ada, message=message, reason="abuse", comment="rude")

    assert is_new
    row = Report.objects.get()
    assert row == report
    assert (row.conversation_id, row.message_id, row.reporter, row.reported_user) == (group.pk, message.pk, ada, cyd)
    assert (row.reason, row.comment, row.message_body, row.status) == ("abuse", "rude", "You fool!", "open")
    assert Event.objects.count() == 2
    assert entries() == []


def test_report_again_is_the_first_one_as_it_was(ada: Any, cyd: Any, message: Any, report: Report) -> None:
    actions.edit_message(actor=cyd, message=message, body="Dear friend")
    actions.delete_message(actor=cyd, message=message)

    again, is_new = actions.report_message(actor=ada, message=message, reason="spam")

    assert (again, is_new) == (report, False)
    assert (again.reason, again.comment, again.message_body) == ("abuse", "rude", "You fool!")


def test_each_reporter_has_one(bob: Any, message: Any, report: Report) -> None:
    assert actions.report_message(actor=bob, message=message, reason="spam")[1]
    assert Report.objects.count() == 2


def test_report_works_in_a_closed_conversation(ada: Any, bob: Any, group: Any, message: Any) -> None:
    actions.close(actor=ada, conversation=group)

    assert actions.report_message(actor=bob, message=message, reason="other")[1]


def test_report_is_refused(group: Any, ada: Any, bob: Any, cyd: Any, stranger: Any, message: Any) -> None:
    by_host = actions.send_message(actor=None, conversation=group, body="Welcome")
    gone = actions.delete_message(
        actor=bob, message=actions.send_message(actor=bob, conversation=group, body="never mind")
    )
    for actor, wrong, code in (
        (cyd, message, "own_message"),
        (cyd, by_host, "system_message"),
        (cyd, gone, "message_deleted"),
    ):
        with pytest.raises(Denied) as error:
            actions.report_message(actor=actor, message=wrong, reason="spam")
        assert error.value.code == code
    with pytest.raises(NotFound):
        actions.report_message(actor=stranger, message=message, reason="spam")
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"reason": "boredom"}, "invalid_reason"),
        ({"reason": "spam", "comment": "x" * 21}, "text_too_long"),
        ({"reason": "spam", "comment": "\x00"}, "invalid_text"),
    ],
)
def test_report_refuses_what_it_cannot_hold(
    ada: Any, message: Any, settings: Any, fields: dict[str, str], code: str
) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 20
    with pytest.raises(Invalid) as error:
        actions.report_message(actor=ada, message=message, **fields)
    assert error.value.code == code


@pytest.mark.parametrize("status", ["resolved", "dismissed"])
def test_review_is_written_down_once(site_admin: Any, cyd: Any, report: Report, message: Any, status: str) -> None:
    for _ in range(2):
        reviewed = actions.review_report(actor=site_admin, report=report, status=status, resolution="talked to them")

    assert (reviewed.status, reviewed.resolution, reviewed.reviewed_by) == (status, "talked to them", site_admin)
    assert reviewed.reviewed_at is not None
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.user) == (f"report.{status}", site_admin, cyd)
    assert (entry.conversation_id, entry.message_id) == (message.conversation_id, message.pk)
    assert entry.detail == {"report": str(report.pk), "user": entry.detail["user"]}


def test_review_can_be_opened_again(site_admin: Any, report: Report) -> None:
    actions.review_report(actor=site_admin, report=report, status="dismissed", resolution="fine")
    again = actions.review_report(actor=site_admin, report=report, status="open")

    assert (again.status, again.resolution) == ("open", "fine")
    assert [action for action, _ in entries()] == ["report.dismissed", "report.reopened"]


def test_review_deletes_the_message(group: Any, site_admin: Any, report: Report, message: Any) -> None:
    with replayed(group):
        actions.review_report(actor=site_admin, report=report, status="resolved", delete_message=True)
    report.refresh_from_db()

    assert report.message is not None
    assert report.message.is_deleted
    assert report.message_body == "You fool!"
    # Two acts: a deletion and a review.
    assert [action for action, _ in entries()] == ["message.deleted", "report.resolved"]
    actions.review_report(actor=site_admin, report=report, status="resolved", delete_message=True)
    assert len(entries()) == 2


def test_review_of_a_message_that_is_pruned(site_admin: Any, report: Report, message: Any) -> None:
    type(message)._default_manager.filter(pk=message.pk).delete()
    report.refresh_from_db()

    reviewed = actions.review_report(actor=site_admin, report=report, status="resolved", delete_message=True)

    assert (reviewed.message_id, reviewed.status) == (None, "resolved")
    assert [action for action, _ in entries()] == ["report.resolved"]


def test_review_takes_the_capability_and_deleting_its_own(
    report: Report, ada: Any, stranger: Any, settings: Any
) -> None:
    with pytest.raises(Denied):
        actions.review_report(actor=ada, report=report, status="resolved")
    settings.CONVO_ROLES = {"guest": ["report.review"], "member": ["report.review"]}
    with pytest.raises(NotFound):
        actions.review_report(actor=stranger, report=report, status="resolved", delete_message=True)
    report.refresh_from_db()
    assert (report.status, entries()) == ("open", [])


def test_review_refuses_an_unknown_status(site_admin: Any, report: Report) -> None:
    with pytest.raises(Invalid) as error:
        actions.review_report(actor=site_admin, report=report, status="shredded")
    assert error.value.code == "invalid_status"


def test_host_itself_reviews_without_an_entry(report: Report) -> None:
    assert actions.review_report(actor=None, report=report, status="resolved").reviewed_by is None
    assert entries() == []


def test_report_outlives_its_people(report: Report, ada: Any, cyd: Any) -> None:
    for user in (ada, cyd):
        actions.delete_user(actor=None, user=user)
    report.refresh_from_db()

    assert (report.reporter, report.reported_user, report.message_body) == (None, None, "You fool!")
    assert actions.review_report(actor=make_user("judge", is_admin=True), report=report, status="resolved")
