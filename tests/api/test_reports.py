from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.api.base import stamp
from django_convo.api.users import card
from django_convo.models import AbstractMessage, Report
from tests.people import make_user


@pytest.fixture
def message(group: Any, cyd: Any) -> AbstractMessage:
    return actions.send_message(actor=cyd, conversation=group, body="You fool!")


@pytest.fixture
def report(ada: Any, message: Any) -> Report:
    return actions.report_message(actor=ada, message=message, reason="abuse", comment="rude")[0]


def report_url(message: Any, *, is_flat: bool = False) -> str:
    own = f"messages/{message.pk}/report/"
    return f"/api/{own}" if is_flat else f"/api/conversations/{message.conversation_id}/{own}"


@pytest.mark.parametrize("is_flat", [False, True])
def test_report_answers_as_its_reporter_sees_it(as_ada: Any, message: Any, is_flat: bool) -> None:
    body = {"reason": "abuse", "comment": " rude\n"}
    first = as_ada.post(report_url(message, is_flat=is_flat), body)
    again = as_ada.post(report_url(message, is_flat=not is_flat), {"reason": "spam"})

    row = Report.objects.get()
    assert (first.status_code, again.status_code) == (201, 200)
    assert (
        first.json()
        == again.json()
        == {
            "report_id": str(row.pk),
            "conversation": str(message.conversation_id),
            "message_id": str(message.pk),
            "reason": "abuse",
            "comment": " rude\n",
            "status": "open",
            "created_at": stamp(row.created_at),
        }
    )


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": "boredom"}, {"reason": None}],
    ids=["nothing", "unknown", "null"],
)
def test_report_needs_a_reason(as_ada: Any, message: Any, body: dict[str, Any]) -> None:
    response = as_ada.post(report_url(message), body)

    assert (response.status_code, list(response.json())) == (400, ["reason"])


def test_report_holds_the_limit_of_its_comment(as_ada: Any, message: Any, settings: Any) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 10
    response = as_ada.post(report_url(message), {"reason": "spam", "comment": "x" * 11})

    assert (response.status_code, list(response.json())) == (400, ["comment"])
    assert as_ada.post(report_url(message), {"reason": "spam", "comment": "x" * 10}).status_code == 201


def test_report_is_refused(as_cyd: Any, group: Any, message: Any) -> None:
    by_host = actions.send_message(actor=None, conversation=group, body="Welcome")
    for wrong, code in ((message, "own_message"), (by_host, "system_message")):
        response = as_cyd.post(report_url(wrong), {"reason": "spam"})
        assert (response.status_code, response.json()["code"]) == (403, code)


def test_banned_reviewers_read_no_report(as_admin: Any, site_admin: Any, report: Report) -> None:
    address = f"/api/reports/{report.pk}/"
    assert as_admin.get(address).status_code == 200
    actions.impose_sanction(actor=None, user=site_admin, kind="ban")

    for method, path, status in (("get", address, 404), ("patch", address, 403), ("get", "/api/reports/", 403)):
        response = getattr(as_admin, method)(path, {"status": "resolved"})
        assert (response.status_code, b"You fool" in response.content) == (status, False), (method, path)


def test_reports_are_limited(as_ada: Any, message: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = {"report": "1/hour"}
    assert as_ada.post(report_url(message), {"reason": "spam"}).status_code == 201
    limited = as_ada.post(report_url(message), {"reason": "spam"})

    assert (limited.status_code, limited.json()["code"]) == (429, "throttled")
    assert limited.has_header("Retry-After")


def test_queue_shows_everything_the_oldest_first(
    as_admin: Any, ada: Any, bob: Any, cyd: Any, message: Any, report: Report
) -> None:
    second, _ = actions.report_message(actor=bob, message=message, reason="spam")

    first = as_admin.get("/api/reports/", {"limit": 1}).json()

    assert first["results"] == [
        {
            "report_id": str(report.pk),
            "conversation": str(message.conversation_id),
            "message_id": str(message.pk),
            "reason": "abuse",
            "comment": "rude",
            "status": "open",
            "created_at": stamp(report.created_at),
            "reporter": card(ada),
            "reported_user": card(cyd),
            "message_body": "You fool!",
            "resolution": "",
            "reviewed_by": None,
            "reviewed_at": None,
        }
    ]
    assert [row["report_id"] for row in as_admin.get(first["next"]).json()["results"]] == [str(second.pk)]
    assert as_admin.get(f"/api/reports/{report.pk}/").json() == first["results"][0]


def test_queue_can_be_filtered(as_admin: Any, bob: Any, message: Any, report: Report) -> None:
    second, _ = actions.report_message(actor=bob, message=message, reason="spam")
    actions.review_report(actor=None, report=second, status="dismissed")

    found = {
        status: [row["report_id"] for row in as_admin.get("/api/reports/", {"status": status}).json()["results"]]
        for status in ("open", "dismissed", "resolved")
    }

    assert found == {"open": [str(report.pk)], "dismissed": [str(second.pk)], "resolved": []}
    response = as_admin.get("/api/reports/", {"status": "lost"})
    assert (response.status_code, response.json()["code"]) == (400, "status_invalid")


def test_queue_takes_one_query(as_admin: Any, site_admin: Any, group: Any, cyd: Any) -> None:
    counts = []
    for number in range(10):
        message = actions.send_message(actor=cyd, conversation=group, body=f"{number}")
        reporter = make_user("reporter")
        actions.add_participant(actor=None, conversation=group, user=reporter)
        report, _ = actions.report_message(actor=reporter, message=message, reason="spam")
        actions.review_report(actor=site_admin, report=report, status="resolved")
        if number in (1, 9):
            with CaptureQueriesContext(connection) as queries:
                assert len(as_admin.get("/api/reports/").json()["results"]) == number + 1
            counts.append(len(queries))

    # One lookup of sanctions, as everywhere that the policy is asked.
    assert counts == [2, 2]


def test_review_answers_the_report(as_admin: Any, site_admin: Any, report: Report) -> None:
    body = {"status": "resolved", "resolution": "talked", "delete_message": True}
    response = as_admin.patch(f"/api/reports/{report.pk}/", body)

    shown = response.json()
    assert response.status_code == 200
    assert (shown["status"], shown["resolution"], shown["reviewed_by"]) == ("resolved", "talked", card(site_admin))
    assert shown["reviewed_at"] is not None
    report.refresh_from_db()
    assert report.message is not None
    assert report.message.is_deleted


def test_review_by_others_finds_nothing(as_ada: Any, as_cyd: Any, report: Report) -> None:
    for client in (as_ada, as_cyd):
        for response in (
            client.get(f"/api/reports/{report.pk}/"),
            client.patch(f"/api/reports/{report.pk}/", {"status": "resolved"}),
        ):
            assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert client.get("/api/reports/").json()["code"] == "permission_denied"
    report.refresh_from_db()
    assert report.status == "open"


def test_reviewer_needs_no_sight_of_the_conversation(as_admin: Any, report: Report, message: Any) -> None:
    """The copy is for the queue; what else was said is not."""
    assert as_admin.get(f"/api/reports/{report.pk}/").json()["message_body"] == "You fool!"
    assert as_admin.get(f"/api/messages/{message.pk}/").status_code == 404


def test_review_of_what_is_gone_with_its_conversation(group: Any, ada: Any, bob: Any, site_admin: Any) -> None:
    message = actions.send_message(actor=bob, conversation=group, body="rude")
    report, _ = actions.report_message(actor=ada, message=message, reason="abuse")
    actions.delete_conversation(actor=ada, conversation=group)
    report.refresh_from_db()

    reviewed = actions.review_report(actor=site_admin, report=report, status="resolved", delete_message=True)

    assert reviewed.status == "resolved"
