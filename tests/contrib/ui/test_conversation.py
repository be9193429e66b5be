"""The page of a conversation, without a script: reading, writing, and nothing lost by a refusal."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from django_convo import actions
from django_convo.models import Attachment, ScheduledMessage, get_message_model
from tests.contrib.ui.conftest import Visitor
from tests.contrib.ui.html import Element, parse
from tests.people import bodies_of, make_direct, row_of, unread_of

pytestmark = pytest.mark.django_db


def rows_of(page: Element) -> list[Element]:
    return page.by_class("convo-message")


def said(page: Element) -> list[str]:
    return [row.one(data_slot="body").text.strip() for row in rows_of(page)]


def test_shows_what_was_said_in_order(as_ada: Visitor, ada: Any, bob: Any, group: Any) -> None:
    for actor, body in ((ada, "One"), (bob, "Two"), (None, "Three")):
        actions.send_message(actor=actor, conversation=group, body=body)

    rows = rows_of(as_ada.page("conversation", group))

    assert [row.attributes["data-seq"] for row in rows] == ["1", "2", "3"]
    assert ["data-own" in row.attributes for row in rows] == [True, False, False]
    assert [row.attributes["data-kind"] for row in rows] == ["user", "user", "system"]
    assert rows[1].one(data_slot="sender").text == "Bob Tester"


def test_says_what_a_script_needs(as_ada: Visitor, ada: Any, group: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="One")

    thread = as_ada.page("conversation", group).one("convo-thread")

    group.refresh_from_db()
    assert thread.attributes["data-api"] == "/some/where/api/"
    assert thread.attributes["data-user"] == str(ada.pk)
    assert thread.attributes["data-conversation"] == str(group.pk)
    assert thread.attributes["data-event-seq"] == str(group.event_seq)
    assert "message.send" in thread.attributes["data-capabilities"].split()
    log = thread.one(role="log")
    assert log.attributes["aria-live"] == "polite"


def test_without_the_api_nothing_is_live(as_ada: Visitor, group: Any, settings: Any) -> None:
    settings.ROOT_URLCONF = "tests.contrib.ui.urls_without_api"

    assert as_ada.page("conversation", group).one("convo-thread").attributes["data-api"] == ""


def test_rows_of_one_person_are_grouped_unless_time_is_between(as_bob: Visitor, bob: Any, group: Any) -> None:
    for body in ("One", "Two", "Three"):
        actions.send_message(actor=bob, conversation=group, body=body)
    get_message_model()._default_manager.filter(seq=3).update(sent_at=timezone.now() + timedelta(minutes=6))

    rows = rows_of(as_bob.page("conversation", group))

    assert ["data-grouped" in row.attributes for row in rows] == [False, True, False]


def test_opens_at_what_is_unread_and_marks_it(as_ada: Visitor, ada: Any, bob: Any, group: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="Mine")
    actions.send_message(actor=bob, conversation=group, body="Yours")

    thread = as_ada.page("conversation", group).one("convo-thread")

    assert thread.attributes["data-anchor-seq"] == "2"
    order = [
        item.attributes.get("data-seq", item.attributes["class"])
        for item in thread.one("ol").children
        if isinstance(item, Element)
    ]
    assert order == ["convo-day", "1", "convo-unread-line", "2"]
    assert unread_of(group, ada) == 0
    assert not as_ada.page("conversation", group).by_class("convo-unread-line")


def test_looking_ahead_marks_nothing(as_ada: Visitor, ada: Any, bob: Any, group: Any) -> None:
    actions.send_message(actor=bob, conversation=group, body="Yours")

    as_ada.client.get(f"/some/where/chat/c/{group.pk}/", headers={"Sec-Purpose": "prefetch;prerender"})

    assert unread_of(group, ada) == 1


def test_pages_lead_to_older_and_newer(as_ada: Visitor, ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PAGE_SIZE = 2
    for number in range(1, 6):
        actions.send_message(actor=ada, conversation=group, body=str(number))

    newest = as_ada.page("conversation", group)
    older = newest.one("a", data_do="older").attributes["href"]
    middle = as_ada.page("conversation", group, query=older)

    assert (said(newest), older, said(middle)) == (["4", "5"], "?before=4", ["2", "3"])
    assert not newest.all("a", data_do="newer")
    newer = as_ada.page("conversation", group, query="?around=1").one("a", data_do="newer").attributes["href"]
    assert said(as_ada.page("conversation", group, query=newer)) == ["3", "4"]


def test_leads_to_what_is_unread_elsewhere(as_ada: Visitor, ada: Any, bob: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PAGE_SIZE = 2
    for number in range(1, 6):
        actions.send_message(actor=bob, conversation=group, body=str(number))
    actions.mark_read(actor=ada, conversation=group, seq=4)

    def link(query: str) -> Element:
        (jump,) = as_ada.page("conversation", group, query=query).by_class("convo-jump")
        return jump.one("a", data_do="unread")

    away = link("?around=1")
    assert "hidden" not in away.attributes
    assert "hidden" in link(away.attributes["href"].partition(f"/c/{group.pk}/")[2]).attributes


def test_goes_to_a_day(as_ada: Visitor, ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PAGE_SIZE = 2
    for number in range(1, 6):
        actions.send_message(actor=ada, conversation=group, body=str(number))
    get_message_model()._default_manager.filter(seq__lt=3).update(sent_at=timezone.now() - timedelta(days=3))
    yesterday = timezone.localdate() - timedelta(days=1)

    assert "3" in said(as_ada.page("conversation", group, query=f"?date={yesterday}"))
    for nonsense in ("0001-01-01", "9999-12-31", "2026-02-31", "yesterday"):
        assert as_ada.get("conversation", group, query=f"?date={nonsense}").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "?before=x",
        "?around=99999999999999999999",
        "?before=0",
        "?after=9223372036854775807",
        "?around=0",
        "?before=-1",
    ],
)
def test_strange_addresses_show_something(as_ada: Visitor, ada: Any, group: Any, query: str) -> None:
    actions.send_message(actor=ada, conversation=group, body="One")

    assert as_ada.get("conversation", group, query=query).status_code == 200


def test_sends_and_leads_to_the_message(as_ada: Visitor, ada: Any, group: Any) -> None:
    response = as_ada.post("conversation", group, body="Two\r\nlines")

    assert response.headers["Location"].endswith(f"/c/{group.pk}/#convo-m-1")
    assert bodies_of(group) == ["Two\nlines"]
    assert row_of(group, ada).last_read_seq == 1


def test_a_form_that_is_sent_twice_sends_once(as_ada: Visitor, group: Any) -> None:
    form = as_ada.page("conversation", group).one("form", data_composer=None)
    client_id = form.one("input", name="client_id").attributes["value"]

    for _ in range(2):
        as_ada.post("conversation", group, body="Once", client_id=client_id)

    assert bodies_of(group) == ["Once"]


def test_answers_with_a_quote(as_bob: Visitor, ada: Any, group: Any) -> None:
    asked = actions.send_message(actor=ada, conversation=group, body="Who comes?")

    form = as_bob.page("conversation", group, query=f"?reply_to={asked.pk}").one("form", data_composer=None)
    as_bob.post("conversation", group, body="Me", reply_to=form.one("input", name="reply_to").attributes["value"])

    assert "Who comes?" in form.one(data_reply_bar=None).text
    quote = rows_of(as_bob.page("conversation", group))[1].one("a", data_part="quote")
    assert quote.one(data_slot="quote-excerpt").text == "Who comes?"


@pytest.mark.parametrize("key", ["nonsense", "00000000-0000-0000-0000-000000000000"])
def test_a_quote_of_nothing_is_no_quote(as_bob: Visitor, group: Any, key: str) -> None:
    form = as_bob.page("conversation", group, query=f"?reply_to={key}").one("form", data_composer=None)

    assert form.one("input", name="reply_to").attributes["value"] == ""


def test_what_is_refused_is_kept(as_ada: Visitor, ada: Any, group: Any, settings: Any) -> None:
    asked = actions.send_message(actor=ada, conversation=group, body="Who comes?")
    settings.CONVO_MESSAGE_MAX_LENGTH = 5

    response = as_ada.post("conversation", group, body="Too <long>", reply_to=str(asked.pk))

    assert response.status_code == 400
    form = parse(response.content).one("form", data_composer=None)
    assert form.one("textarea").text.strip() == "Too <long>"
    assert form.one("input", name="reply_to").attributes["value"] == str(asked.pk)
    assert "Who comes?" in form.one(data_reply_bar=None).text
    assert form.one(data_slot="error").text.strip() == "The message is too long."


def test_an_empty_message_is_refused(as_ada: Visitor, group: Any) -> None:
    assert as_ada.post("conversation", group, body=" ").status_code == 400


def test_what_is_refused_in_a_hurry_is_kept(as_cyd: Visitor, ada: Any, group: Any) -> None:
    actions.update_conversation(actor=ada, conversation=group, slow_mode_seconds=60)
    as_cyd.post("conversation", group, body="One")

    response = as_cyd.post("conversation", group, body="Two")

    assert response.status_code == 429
    assert parse(response.content).one("textarea", name="body").text.strip() == "Two"


def test_limits_count_here_too(as_ada: Visitor, group: Any, settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = settings.CONVO_THROTTLE_RATES | {"send": "1/min"}
    as_ada.post("conversation", group, body="One")

    response = as_ada.post("conversation", group, body="Two")

    assert (response.status_code, bodies_of(group)) == (429, ["One"])
    assert parse(response.content).one("textarea", name="body").text.strip() == "Two"


def test_a_closed_conversation_has_no_field(as_ada: Visitor, ada: Any, group: Any) -> None:
    actions.close(actor=ada, conversation=group)

    page = as_ada.page("conversation", group)

    assert not page.all("form", data_composer=None)
    (locked,) = page.by_class("convo-locked")
    assert "closed" in locked.text
    assert as_ada.post("conversation", group, body="Still").status_code == 403


def test_files_are_sent_with_it(as_ada: Visitor, ada: Any, group: Any) -> None:
    as_ada.post(
        "conversation",
        group,
        body="",
        files=[SimpleUploadedFile("plan.txt", b"A plan."), SimpleUploadedFile("b.txt", b"B")],
    )

    (row,) = rows_of(as_ada.page("conversation", group))

    assert [item.one(data_slot="name").text for item in row.by_class("convo-file")] == ["plan.txt", "b.txt"]
    assert as_ada.client.get(row.all("a", download=None)[0].attributes["href"]).getvalue() == b"A plan."


def test_files_outlive_a_refusal(as_ada: Visitor, group: Any, settings: Any) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 5
    response = as_ada.post("conversation", group, body="Too long", files=[SimpleUploadedFile("plan.txt", b"A plan.")])
    kept = [box.attributes["value"] for box in parse(response.content).all("input", name="attachments")]

    as_ada.post("conversation", group, body="Plan", attachments=kept)

    assert list(Attachment.objects.exclude(message=None).values_list("name", flat=True)) == ["plan.txt"]


def test_a_file_that_is_refused_says_so(as_ada: Visitor, group: Any) -> None:
    response = as_ada.post("conversation", group, body="Look", files=[SimpleUploadedFile("x.exe", b"MZ\x00\x01")])

    form = parse(response.content).one("form", data_composer=None)
    assert response.status_code == 400
    assert form.one("textarea").text.strip() == "Look"
    assert form.one(data_slot="error").text.strip()
    assert bodies_of(group) == []


def test_schedules(as_ada: Visitor, group: Any) -> None:
    response = as_ada.post(
        "conversation", group, body="Later", send_at=f"{timezone.localdate() + timedelta(days=2)}T10:00"
    )

    assert response.headers["Location"].endswith("/scheduled/")
    assert ScheduledMessage.objects.get().message_body == "Later"
    assert bodies_of(group) == []


def test_draft_is_there_and_goes_with_the_message(as_ada: Visitor, ada: Any, group: Any) -> None:
    actions.save_draft(actor=ada, conversation=group, body="Half a sen")

    assert as_ada.page("conversation", group).one("textarea", name="body").text.strip() == "Half a sen"
    as_ada.post("conversation", group, body="A sentence")

    assert as_ada.page("conversation", group).one("textarea", name="body").text.strip() == ""


def test_a_body_that_begins_with_a_line_break_keeps_it(as_ada: Visitor, ada: Any, group: Any) -> None:
    """HTML drops the first line break after <textarea>; ours is the template's own."""
    actions.save_draft(actor=ada, conversation=group, body="\nSecond line")

    assert as_ada.page("conversation", group).one("textarea", name="body").text == "\n\nSecond line"


def test_ticks_say_how_far_it_has_come(as_ada: Visitor, ada: Any, bob: Any, direct: Any) -> None:
    for body in ("One", "Two", "Three"):
        actions.send_message(actor=ada, conversation=direct, body=body)
    actions.mark_delivered(actor=bob, conversation=direct, seq=2)
    actions.mark_read(actor=bob, conversation=direct, seq=1)

    rows = rows_of(as_ada.page("conversation", direct))

    assert [row.one(data_slot="status").attributes["data-ticks"] for row in rows] == ["read", "delivered", "sent"]


def test_nothing_is_said_in_a_thread_that_is_not_there(as_ada: Visitor, ada: Any, bob: Any, group: Any) -> None:
    elsewhere = actions.send_message(actor=ada, conversation=make_direct(ada, bob), body="Elsewhere")

    for key in (elsewhere.pk, uuid4()):
        assert as_ada.post("thread", group, key, body="Hello").status_code == 404

    assert bodies_of(group) == []


def test_a_thread_has_a_page(as_bob: Visitor, ada: Any, group: Any) -> None:
    root = actions.send_message(actor=ada, conversation=group, body="Root")
    actions.send_message(actor=ada, conversation=group, body="Elsewhere")

    response = as_bob.post("thread", group, root, body="Branch", thread_root=str(root.pk))

    page = as_bob.page("thread", group, root)
    assert response.headers["Location"].endswith(f"/thread/{root.pk}/#convo-m-3")
    assert said(page) == ["Root", "Branch"]
    assert page.one("convo-thread").attributes["data-thread-root"] == str(root.pk)
    link = rows_of(as_bob.page("conversation", group))[0].one("a", data_part="thread")
    assert link.one(data_slot="thread-count").text == "1"


def test_door_of_a_channel(as_bob: Visitor, ada: Any, channel: Any) -> None:
    actions.send_message(actor=ada, conversation=channel, body="Inside")

    page = as_bob.page("conversation", channel)
    assert "Inside" not in page.text
    as_bob.post("conversation-join", channel)

    assert said(as_bob.page("conversation", channel)) == ["Inside"]
