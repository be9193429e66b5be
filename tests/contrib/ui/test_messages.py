"""What one does to a message with buttons and forms."""

from __future__ import annotations

from typing import Any

import pytest

from django_convo import actions
from django_convo.models import PinnedMessage, Reaction, Report, SavedMessage, get_message_model
from tests.contrib.ui.conftest import Visitor
from tests.contrib.ui.html import parse
from tests.people import bodies_of, unread_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(ada: Any, group: Any) -> Any:
    return actions.send_message(actor=ada, conversation=group, body="Hello")


def things_to_do(visitor: Visitor, group: Any, message: Any) -> set[str]:
    """Return what the page of a message offers."""
    (menu,) = [
        item
        for item in visitor.page("message", group, message).by_class("convo-menu")
        if "convo-popup" not in item.attributes["class"]
    ]
    return {element.attributes["data-do"] for element in menu.all(data_do=None)}


def test_menu_offers_what_one_may(as_ada: Visitor, as_bob: Visitor, as_cyd: Visitor, group: Any, message: Any) -> None:
    everybody = {"reply", "thread", "react", "pin", "save", "forward", "unread"}

    assert things_to_do(as_ada, group, message) == everybody | {"edit", "delete"}
    assert things_to_do(as_bob, group, message) == everybody | {"report", "delete"}
    assert things_to_do(as_cyd, group, message) == everybody | {"report"}


def test_menu_for_a_script_has_everything(as_cyd: Visitor, group: Any, message: Any) -> None:
    thread = as_cyd.page("conversation", group).one("convo-thread")
    (menu,) = thread.all("template", data_convo_template="menu")

    offered = {element.attributes["data-do"] for element in menu.all(data_do=None, with_templates=True)}

    assert offered >= {
        "reply",
        "thread",
        "react",
        "copy",
        "edit",
        "pin",
        "unpin",
        "save",
        "forward",
        "unread",
        "report",
        "delete",
        "details",
    }


def test_each_button_leads_back_to_the_message(as_ada: Visitor, group: Any, message: Any) -> None:
    for name in ("message-pin", "message-unpin", "message-save", "message-delete", "message-restore"):
        response = as_ada.post(name, group, message)
        assert response.headers["Location"].endswith(f"/c/{group.pk}/?around=1#convo-m-1"), name


def test_pins_and_unpins(as_bob: Visitor, group: Any, message: Any) -> None:
    as_bob.post("message-pin", group, message)
    assert PinnedMessage.objects.filter(message=message.pk).exists()
    assert as_bob.page("conversation-settings", group).by_class("convo-message")

    as_bob.post("message-unpin", group, message)
    assert not PinnedMessage.objects.exists()


def test_saves_and_forgets(as_bob: Visitor, group: Any, message: Any) -> None:
    as_bob.post("message-save", group, message)
    assert [row.attributes["data-message-id"] for row in as_bob.page("saved").by_class("convo-message")] == [
        str(message.pk)
    ]

    response = as_bob.post("message-unsave", group, message)
    assert response.headers["Location"].endswith("/saved/")
    assert not SavedMessage.objects.exists()


def test_reacts_and_takes_it_back(as_bob: Visitor, group: Any, message: Any) -> None:
    as_bob.post("message-react", group, message, emoji="👍")
    button = as_bob.page("conversation", group).one("button", data_do="toggle-reaction")
    assert (button.attributes["value"], button.attributes["aria-pressed"]) == ("👍", "true")

    as_bob.post("message-react", group, message, emoji=button.attributes["value"])
    assert not Reaction.objects.exists()


def test_what_is_no_emoji_is_refused_in_words(as_bob: Visitor, group: Any, message: Any) -> None:
    response = as_bob.post("message-react", group, message, emoji="<b>")

    assert response.status_code == 400
    assert parse(response.content).one(role="alert", class_="convo-error").text.strip()


def test_edits(as_ada: Visitor, group: Any, message: Any) -> None:
    assert as_ada.page("message-edit", group, message).one("textarea", name="body").text.strip() == "Hello"

    as_ada.post("message-edit", group, message, body="Hello, all")

    (row,) = as_ada.page("conversation", group).by_class("convo-message")
    assert row.one(data_slot="body").text == "Hello, all"
    assert "data-edited" in row.attributes
    assert "Hello" in as_ada.page("message", group, message).text


def test_an_edit_that_is_refused_is_kept(as_ada: Visitor, group: Any, message: Any, settings: Any) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 5

    response = as_ada.post("message-edit", group, message, body="Too long")

    assert response.status_code == 400
    assert parse(response.content).one("textarea", name="body").text.strip() == "Too long"


def test_deletes_and_undoes(as_ada: Visitor, as_bob: Visitor, group: Any, message: Any) -> None:
    as_ada.post("message-delete", group, message)
    assert as_ada.page("conversation", group).all("button", data_do="restore")
    assert not as_bob.page("conversation", group).all("button", data_do="restore")

    as_ada.post("message-restore", group, message)
    assert bodies_of(group) == ["Hello"]


def test_marks_as_unread(as_bob: Visitor, bob: Any, group: Any, message: Any) -> None:
    as_bob.get("conversation", group)

    response = as_bob.post("message-unread", group, message)

    assert response.headers["Location"].endswith("/chat/")
    assert unread_of(group, bob) == 1


def test_reports(as_bob: Visitor, group: Any, message: Any) -> None:
    response = as_bob.post("message-report", group, message, reason="abuse", comment="Look")

    report = Report.objects.get()
    assert (report.reason, report.comment) == ("abuse", "Look")
    assert as_bob.client.get(response.headers["Location"]).status_code == 200


def test_a_report_without_a_reason_keeps_the_comment(as_bob: Visitor, group: Any, message: Any) -> None:
    response = as_bob.post("message-report", group, message, comment="Look")

    assert response.status_code == 400
    assert parse(response.content).one("textarea", name="comment").text.strip() == "Look"


def test_forwards_once(as_bob: Visitor, bob: Any, group: Any, direct: Any, message: Any) -> None:
    page = as_bob.page("message-forward", group, message)
    offered = {radio.attributes["value"] for radio in page.all("input", name="conversation")}
    assert offered == {str(group.pk), str(direct.pk)}
    client_id = page.one("input", name="client_id").attributes["value"]

    for _ in range(2):
        response = as_bob.post("message-forward", group, message, conversation=str(direct.pk), client_id=client_id)

    assert response.headers["Location"].endswith(f"/c/{direct.pk}/#convo-m-1")
    assert bodies_of(direct) == ["Hello"]


def test_forwarding_to_nowhere_is_a_404(as_bob: Visitor, group: Any, message: Any, channel: Any) -> None:
    missing = "00000000-0000-0000-0000-000000000000"

    assert as_bob.post("message-forward", group, message, conversation=missing).status_code == 404
    assert as_bob.post("message-forward", group, message).status_code == 400
    assert get_message_model()._default_manager.count() == 1


def test_shows_who_has_read_it(as_ada: Visitor, bob: Any, group: Any, message: Any) -> None:
    actions.mark_read(actor=bob, conversation=group)

    assert "Bob Tester" in as_ada.page("message", group, message).one("main").text
