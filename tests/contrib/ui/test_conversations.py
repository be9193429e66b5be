"""Opening conversations, their members, and what one makes of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from django_convo import actions
from django_convo.models import Block, get_conversation_model, get_message_model
from django_convo.policy import Policy
from tests.contrib.ui.conftest import Visitor
from tests.contrib.ui.html import Element, parse
from tests.people import bodies_of, make_direct, make_group, make_user, row_of
from tests.projects.bookings.models import Booking

pytestmark = pytest.mark.django_db


class ShowingBookings(Policy):
    """Everybody may talk about every booking."""

    def visible_subjects(self, actor: Any, model: Any) -> Any:
        return model._default_manager.all()


def titles(page: Element) -> list[str]:
    return [row.one(data_slot="title").text for row in page.by_class("convo-row")]


def test_inbox_lists_by_latest_activity(as_ada: Visitor, ada: Any, bob: Any, cyd: Any) -> None:
    make_group(ada, bob, title="Old")
    direct = make_direct(ada, cyd)
    make_group(ada, bob, cyd)
    actions.send_message(actor=cyd, conversation=direct, body="Hello")

    page = as_ada.page("inbox")

    assert titles(page) == ["Cyd Tester", "Bob Tester, Cyd Tester", "Old"]
    row = page.by_class("convo-row")[0]
    assert (row.attributes["data-unread"], row.attributes["data-other"]) == ("1", str(cyd.pk))
    assert row.one(data_slot="excerpt").text == "Hello"


def test_inbox_is_narrowed(as_ada: Visitor, ada: Any, bob: Any, cyd: Any) -> None:
    quiet, loud = make_group(ada, bob, title="Quiet"), make_group(ada, cyd, title="Loud")
    away = make_group(ada, bob, title="Away")
    actions.send_message(actor=cyd, conversation=loud, body="Hello")
    actions.update_membership(actor=ada, conversation=away, archived=True)

    assert set(titles(as_ada.page("inbox"))) == {quiet.title, "Loud"}
    assert titles(as_ada.page("inbox", query="?filter=unread")) == ["Loud"]
    assert titles(as_ada.page("inbox", query="?filter=archived")) == ["Away"]
    assert titles(as_ada.page("inbox", query="?q=bob")) == ["Quiet"]
    assert titles(as_ada.page("inbox", query="?filter=nonsense&page=nonsense&q=%00")) == titles(as_ada.page("inbox"))


def test_inbox_pages_lead_to_the_end(as_ada: Visitor, ada: Any, bob: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django_convo.contrib.ui.elements.inbox._ROWS", 2)
    for number in range(5):
        make_group(ada, bob, title=str(number))

    found, query = [], ""
    while True:
        page = as_ada.page("inbox", query=query)
        found += titles(page)
        more = page.one("convo-inbox").all("a", data_do="older")
        if not more:
            break
        query = more[0].attributes["href"].partition("/chat/")[2]

    assert found == ["4", "3", "2", "1", "0"]


def test_draft_stands_in_place_of_the_last_message(as_ada: Visitor, ada: Any, group: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="Sent")
    actions.save_draft(actor=ada, conversation=group, body="Begun")

    (row,) = as_ada.page("inbox").by_class("convo-row")

    assert row.one(data_slot="draft").text == "Begun"
    assert not row.all(data_slot="excerpt")


def test_welcomes_whoever_has_no_conversation(as_ada: Visitor, as_stranger: Visitor, group: Any) -> None:
    first = "Begin a conversation, and it is the first."
    assert first in as_stranger.page("inbox").one("main").text
    assert first not in as_ada.page("inbox").one("main").text
    # To find none, or to have none in the archive, is something else.
    assert first not in as_ada.page("inbox", query="?q=nothing").one("main").text
    assert first not in as_ada.page("inbox", query="?filter=archived").one("main").text


def test_shows_what_it_is_about_to_whoever_may_see_that(as_ada: Visitor, ada: Any, bob: Any, settings: Any) -> None:
    booking = Booking.objects.create(guest=ada, host=bob)
    conversation = make_direct(ada, bob, subject=booking)
    actions.send_message(actor=bob, conversation=conversation, body="Needle")
    assert f"booking {booking.pk}" not in as_ada.page("inbox").text

    settings.CONVO_POLICY = f"{__name__}.ShowingBookings"

    assert as_ada.page("inbox").one(data_slot="about").text == f"booking {booking.pk}"
    assert f"booking {booking.pk}" in as_ada.page("conversation", conversation).one("header", class_="convo-head").text
    # Of two with the same person, this tells them apart.
    (found,) = as_ada.page("search", query="?q=needle").one("ol", class_="convo-cards convo-found").all("small")
    assert found.text.startswith(f"booking {booking.pk} · ")
    message = get_message_model()._default_manager.get()
    (target,) = as_ada.page("message-forward", conversation, message).by_class("convo-choice")
    assert f"booking {booking.pk}" in target.text


def test_opens_a_direct_with_a_message(as_ada: Visitor, ada: Any, bob: Any, group: Any) -> None:
    response = as_ada.post("new", people=[str(bob.pk)], body="Hello")

    conversation = get_conversation_model()._default_manager.get(kind="direct")
    assert response.headers["Location"].endswith(f"/c/{conversation.pk}/")
    assert bodies_of(conversation) == ["Hello"]


def test_opens_a_channel(as_ada: Visitor, ada: Any) -> None:
    as_ada.post("new", kind="channel", title="News", topic="What happens")

    conversation = get_conversation_model()._default_manager.get()
    assert (conversation.kind, conversation.title, conversation.topic) == ("channel", "News", "What happens")


def test_looking_for_people_keeps_what_was_written(as_ada: Visitor, bob: Any, cyd: Any, group: Any) -> None:
    response = as_ada.post("new", people=[str(bob.pk)], q="cyd", body="Half a", title="Trip", find="1")

    form = parse(response.content).one("form", class_="convo-form")
    boxes = {box.attributes["value"]: "checked" in box.attributes for box in form.all("input", name="people")}
    assert boxes == {str(bob.pk): True, str(cyd.pk): False}
    assert form.one("textarea", name="body").text.strip() == "Half a"
    assert form.one("input", name="title").attributes["value"] == "Trip"
    assert get_conversation_model()._default_manager.count() == 1


def test_nobody_can_be_found_whom_one_may_not_know(as_stranger: Visitor, group: Any) -> None:
    assert not as_stranger.page("new", query="?q=bob").all("input", name="people")


def test_what_cannot_be_opened_says_why(as_stranger: Visitor, bob: Any, group: Any) -> None:
    response = as_stranger.post("new", people=[str(bob.pk), "nonsense"], body="Hello")

    assert response.status_code == 400
    form = parse(response.content).one("form", class_="convo-form")
    assert form.one(role="alert").text.strip()
    assert form.one("textarea", name="body").text.strip() == "Hello"


def test_direct_button_finds_the_same_one_again(as_ada: Visitor, bob: Any, group: Any) -> None:
    first, second = (as_ada.post("direct", user=str(bob.pk)) for _ in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert as_ada.post("direct", user="nonsense").status_code == 400


def test_direct_button_about_something(as_ada: Visitor, ada: Any, bob: Any, group: Any, settings: Any) -> None:
    booking = Booking.objects.create(guest=ada, host=bob)
    label = ".".join(ContentType.objects.get_for_model(Booking).natural_key())
    fields = {"user": str(bob.pk), "subject_type": label, "subject_id": str(booking.pk)}
    assert as_ada.post("direct", **fields).status_code == 400

    settings.CONVO_SUBJECT_MODELS = [label]
    settings.CONVO_POLICY = f"{__name__}.ShowingBookings"
    as_ada.post("direct", **fields)

    assert get_conversation_model()._default_manager.get(kind="direct").subject == booking


def test_members_are_added_changed_and_removed(as_ada: Visitor, ada: Any, bob: Any, group: Any) -> None:
    dan = make_user("dan")
    make_group(ada, dan)
    page = as_ada.page("members", group)
    assert [str(dan.pk)] == [
        box.attributes["value"] for box in page.all("input", name="people") if box.attributes["value"] == str(dan.pk)
    ]

    as_ada.post("members", group, people=[str(dan.pk)])
    assert row_of(group, dan).role == "member"
    as_ada.post("member-role", group, dan, role="observer")
    assert row_of(group, dan).role == "observer"
    as_ada.post("member-remove", group, dan)

    assert "Dan Tester" not in as_ada.page("members", group).one("main").by_class("convo-cards")[0].text


def test_buttons_for_members_are_for_those_who_may(as_ada: Visitor, as_cyd: Visitor, group: Any) -> None:
    assert as_ada.page("members", group).all("select", name="role")
    assert not as_cyd.page("members", group).all("select", name="role")
    assert as_ada.post("member-role", group, "nonsense", role="member").status_code == 404


def test_settings_for_oneself(as_bob: Visitor, bob: Any, group: Any) -> None:
    as_bob.post("membership", group, notify="mentions", muted="day")
    row = row_of(group, bob)
    assert row.notify == "mentions"
    assert timedelta(hours=23) < row.muted_until - timezone.now() < timedelta(hours=25)

    as_bob.post("membership", group, notify="all", muted="keep")
    assert row_of(group, bob).is_muted()
    as_bob.post("membership", group, notify="all", muted="")
    assert not row_of(group, bob).is_muted()
    assert as_bob.post("membership", group, notify="all", muted="ever").status_code == 302
    assert as_bob.post("membership", group, notify="nonsense").status_code == 400


def test_settings_say_how_long_it_is_muted(as_bob: Visitor, group: Any) -> None:
    def shown() -> tuple[str, list[str]]:
        form = as_bob.page("conversation-settings", group).by_class("convo-form")[0]
        (chosen,) = form.one("select", name="muted").all("option", selected=None)
        return chosen.text, [line.text for line in form.all("small")]

    assert shown() == ("Not muted", [])
    as_bob.post("membership", group, notify="all", muted="day")
    chosen, (line,) = shown()
    assert chosen == "As it is"
    assert line.startswith("Muted until ")
    # A hundred years are for good.
    as_bob.post("membership", group, notify="all", muted="ever")
    assert shown() == ("As it is", ["Muted"])


def test_archives_and_pins(as_bob: Visitor, bob: Any, group: Any) -> None:
    as_bob.post("conversation-state", group, pinned="true")
    as_bob.post("conversation-state", group, archived="true")
    row = row_of(group, bob)
    assert row.pinned_at is not None
    assert row.archived_at is not None

    as_bob.post("conversation-state", group, pinned="false")
    assert row_of(group, bob).pinned_at is None


def test_settings_for_everyone(as_ada: Visitor, group: Any) -> None:
    as_ada.post("conversation-settings", group, title="Trip", topic="When?", slow_mode_seconds="5")

    group.refresh_from_db()
    assert (group.title, group.topic, group.slow_mode_seconds) == ("Trip", "When?", 5)
    refused = as_ada.post("conversation-settings", group, title="x" * 500, topic="Kept", slow_mode_seconds="5")
    assert refused.status_code == 400
    assert parse(refused.content).one("textarea", name="topic").text.strip() == "Kept"


def test_topic_of_a_direct_keeps_its_title(as_ada: Visitor, direct: Any) -> None:
    assert not as_ada.page("conversation-settings", direct).all("input", name="title")


def test_leaves_closes_reopens_and_deletes(as_ada: Visitor, as_bob: Visitor, ada: Any, group: Any) -> None:
    as_ada.post("conversation-close", group)
    group.refresh_from_db()
    assert group.is_closed
    as_ada.post("conversation-reopen", group)
    group.refresh_from_db()
    assert not group.is_closed
    assert as_bob.post("conversation-leave", group).headers["Location"].endswith("/chat/")
    as_ada.post("conversation-delete", group)

    assert as_ada.get("conversation", group).status_code == 404


def test_a_direct_cannot_be_left(as_ada: Visitor, direct: Any) -> None:
    response = as_ada.post("conversation-leave", direct)

    assert response.status_code == 403
    assert "archive it" in parse(response.content).text


def test_blocks_and_unblocks(as_ada: Visitor, bob: Any, direct: Any) -> None:
    as_ada.post("block", bob)
    assert Block.objects.count() == 1
    assert "Bob Tester" in as_ada.page("block-list").one("main").text
    assert "Unblock Bob Tester" in as_ada.page("conversation-settings", direct).text

    as_ada.post("unblock", bob)
    assert not Block.objects.exists()
    assert as_ada.post("block", "nonsense").status_code == 404


def test_channels_to_join(as_bob: Visitor, ada: Any) -> None:
    make_group(ada, kind="channel", title="News")
    make_group(ada, kind="channel", title="Sports")

    assert "News" in as_bob.page("channels").one("main").text
    assert "News" not in as_bob.page("channels", query="?q=sports").one("main").text
