"""Search, what is scheduled, reports and files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from django_convo.models import AuditEntry, Report, ScheduledMessage
from tests.contrib.ui.conftest import Visitor, address
from tests.contrib.ui.html import parse
from tests.people import bodies_of, make_group
from tests.pictures import picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def scheduled(ada: Any, group: Any) -> ScheduledMessage:
    later = timezone.now() + timedelta(days=1)
    return actions.schedule_message(actor=ada, conversation=group, send_at=later, body="Later")


def test_search_marks_the_words(as_bob: Visitor, ada: Any, group: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="The <i>round</i> window")
    actions.send_message(actor=ada, conversation=group, body="Nothing of it")

    page = as_bob.page("search", query="?q=round")

    assert [mark.text for mark in page.all("mark")] == ["round"]
    (card,) = page.one("ol", class_="convo-cards convo-found").all("li")
    assert "The <i>round</i> window" in card.text
    assert card.one("a").attributes["href"].endswith(f"/c/{group.pk}/?around=1#convo-m-1")


def test_search_shows_what_is_around_the_word(as_bob: Visitor, ada: Any, group: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="x " * 500 + "needle" + " y" * 500)

    (card,) = as_bob.page("search", query="?q=needle").one("ol", class_="convo-cards convo-found").all("li")

    assert "needle" in card.text
    assert len(card.text) < 500


def test_search_in_one_conversation(as_ada: Visitor, as_stranger: Visitor, ada: Any, bob: Any, group: Any) -> None:
    other = make_group(ada, bob)
    for conversation in (group, other):
        actions.send_message(actor=ada, conversation=conversation, body="Needle")

    assert len(as_ada.page("search", query="?q=needle").all("mark")) == 2
    assert len(as_ada.page("search", query=f"?q=needle&conversation={group.pk}").all("mark")) == 1
    assert as_stranger.get("search", query=f"?q=needle&conversation={group.pk}").status_code == 404
    assert not as_stranger.page("search", query="?q=needle").all("mark")


def test_search_pages_lead_to_the_end(as_ada: Visitor, ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PAGE_SIZE = 2
    for number in range(5):
        actions.send_message(actor=ada, conversation=group, body=f"Needle {number}")

    found, query = [], "?q=needle"
    while query:
        page = as_ada.page("search", query=query)
        found += [
            card.one("a").attributes["href"].rpartition("-")[2]
            for card in page.one("ol", class_="convo-cards convo-found").all("li")
        ]
        more = page.one("main").by_class("convo-more")
        query = more[0].one("a").attributes["href"] if more else ""

    assert found == ["5", "4", "3", "2", "1"]


def test_search_is_limited(as_ada: Visitor, group: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = settings.CONVO_THROTTLE_RATES | {"search": "1/min"}

    assert [as_ada.get("search", query="?q=one").status_code for _ in range(2)] == [200, 429]


def test_scheduled_is_listed_changed_and_cancelled(as_ada: Visitor, scheduled: Any) -> None:
    assert "Later" in as_ada.page("scheduled-list").one("main").text
    moment = as_ada.page("scheduled-edit", scheduled).one("input", name="send_at").attributes["value"]

    as_ada.post("scheduled-edit", scheduled, body="Sooner", send_at=moment)
    scheduled.refresh_from_db()
    assert scheduled.message_body == "Sooner"
    as_ada.post("scheduled-cancel", scheduled)

    assert not ScheduledMessage.objects.exists()


def test_a_time_that_is_over_keeps_what_was_written(as_ada: Visitor, scheduled: Any) -> None:
    response = as_ada.post("scheduled-edit", scheduled, body="Sooner", send_at="2001-01-01T10:00")

    assert response.status_code == 400
    assert parse(response.content).one("textarea", name="body").text.strip() == "Sooner"


def test_queue_of_reports(as_admin: Visitor, ada: Any, bob: Any, group: Any) -> None:
    message = actions.send_message(actor=bob, conversation=group, body="Buy <b>this</b>")
    report, _ = actions.report_message(actor=ada, message=message, reason="spam", comment="Again")
    page = as_admin.page("report-list")
    assert "Buy <b>this</b>" in page.text
    assert "Reported by Ada Tester" in page.text

    as_admin.post("report-review", report, decision="resolved", resolution="Gone", delete_message="on")

    report = Report.objects.get()
    assert (report.status, report.resolution) == ("resolved", "Gone")
    assert bodies_of(group) == [""]
    assert "Buy" not in as_admin.page("report-list").text
    assert "Gone" in as_admin.page("report-list", query="?status=resolved").text
    assert as_admin.post("report-review", report, decision="nonsense", resolution="Kept").status_code == 400


def links_of(visitor: Visitor) -> list[str]:
    """Return where the queue leads to for what is reported."""
    links = visitor.page("report-list").one("main").all("a")
    return [link.attributes["href"] for link in links if link.text == "Show in the conversation"]


def test_a_report_leads_to_its_message_for_those_who_may_read_it(
    as_admin: Visitor, site_admin: Any, ada: Any, bob: Any, group: Any, settings: Any
) -> None:
    actions.send_message(actor=ada, conversation=group, body="Before")
    message = actions.send_message(actor=bob, conversation=group, body="Buy this")
    actions.report_message(actor=ada, message=message, reason="spam")
    assert links_of(as_admin) == []
    settings.CONVO_ROLES = {"admin": ["conversation.view_any"]}

    (link,) = links_of(as_admin)

    assert link == f"{address('conversation', group)}?around=2#convo-m-2"
    # The queue has shown nothing of it; the conversation does, and that is written down.
    assert not AuditEntry.objects.filter(actor=site_admin, conversation_id=group.pk).exists()
    assert "Before" in as_admin.page("conversation", group, query="?around=2").text
    assert AuditEntry.objects.filter(actor=site_admin, conversation_id=group.pk).count() == 1


def test_a_report_leads_to_its_message_for_those_who_are_there(
    as_admin: Visitor, site_admin: Any, ada: Any, bob: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    before = actions.send_message(actor=bob, conversation=group, body="Before the moderator came")
    actions.add_participant(actor=ada, conversation=group, user=site_admin)
    after = actions.send_message(actor=bob, conversation=group, body="And after")
    for message in (before, after):
        actions.report_message(actor=ada, message=message, reason="spam")

    assert links_of(as_admin) == [f"{address('conversation', group)}?around={after.seq}#convo-m-{after.seq}"]


def test_a_report_leads_nowhere_when_its_conversation_is_gone(
    as_admin: Visitor, ada: Any, bob: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_ROLES = {"admin": ["conversation.view_any"]}
    message = actions.send_message(actor=bob, conversation=group, body="Buy this")
    actions.report_message(actor=ada, message=message, reason="spam")
    actions.delete_message(actor=bob, message=message)
    # What is left of a deleted message still has its place.
    assert len(links_of(as_admin)) == 1
    actions.delete_conversation(actor=ada, conversation=group)

    assert links_of(as_admin) == []
    assert "Buy this" in as_admin.page("report-list").text


def test_queue_takes_no_more_queries_for_more_reports(as_admin: Visitor, ada: Any, bob: Any, settings: Any) -> None:
    settings.CONVO_ROLES = {"admin": ["conversation.view_any"]}
    counts = []
    for number in (1, 6):
        for _ in range(number):
            message = actions.send_message(actor=bob, conversation=make_group(ada, bob), body="Buy this")
            actions.report_message(actor=ada, message=message, reason="spam")
        as_admin.get("report-list")
        with CaptureQueriesContext(connection) as queries:
            assert len(links_of(as_admin)) == number + len(counts)
        counts.append(len(queries))

    assert counts[1] <= counts[0] <= 12


def test_a_file_is_for_those_who_read_its_message(
    as_ada: Visitor, as_bob: Visitor, as_stranger: Visitor, ada: Any, group: Any
) -> None:
    file = actions.create_attachment(actor=ada, file=ContentFile(picture("PNG"), name="x.png"))
    assert (as_ada.get("attachment", file).status_code, as_bob.get("attachment", file).status_code) == (200, 404)
    message = actions.send_message(actor=ada, conversation=group, attachments=[file])

    response = as_bob.get("attachment", file)
    assert response.status_code == 200
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert as_bob.get("attachment", file, query="?thumbnail=1").headers["Content-Type"] == "image/webp"
    assert as_stranger.get("attachment", file).status_code == 404
    actions.delete_message(actor=ada, message=message)

    assert as_bob.get("attachment", file).status_code == 404


def test_a_file_without_a_thumbnail_has_none(as_ada: Visitor, ada: Any) -> None:
    file = actions.create_attachment(actor=ada, file=ContentFile(b"Words", name="x.txt"))

    assert as_ada.get("attachment", file, query="?thumbnail=1").status_code == 404


@pytest.mark.parametrize("name", ["message", "thread", "members", "search", "attachment"])
def test_every_way_of_reading_as_a_stranger_is_written_down(
    name: str, as_admin: Visitor, site_admin: Any, ada: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_ROLES = {"admin": ["conversation.view_any"]}
    file = actions.create_attachment(actor=ada, file=ContentFile(b"Words", name="x.txt"))
    message = actions.send_message(actor=ada, conversation=group, body="Private", attachments=[file])
    arguments = {"search": [], "attachment": [file], "members": [group]}.get(name, [group, message])

    assert as_admin.get(name, *arguments, query="?q=private").status_code == 200

    assert AuditEntry.objects.filter(actor=site_admin, conversation_id=group.pk).count() == 1


def test_reading_as_a_stranger_is_written_down(
    as_admin: Visitor, site_admin: Any, ada: Any, group: Any, settings: Any
) -> None:
    settings.CONVO_ROLES = {"admin": ["conversation.view_any"]}
    actions.send_message(actor=ada, conversation=group, body="Private")

    assert "Private" in as_admin.page("conversation", group).text

    assert AuditEntry.objects.filter(actor=site_admin, conversation_id=group.pk).count() == 1


def test_the_banned_are_told(as_bob: Visitor, site_admin: Any, bob: Any, group: Any) -> None:
    actions.impose_sanction(actor=None, user=bob, kind="ban")

    assert as_bob.get("conversation", group).status_code == 404
    response = as_bob.post("conversation", group, body="Hello")
    assert response.status_code == 403
    assert "You are banned." in parse(response.content).text
