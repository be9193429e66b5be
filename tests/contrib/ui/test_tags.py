"""`{% load convo %}` on pages of the host's own, and templates of the host's in place of ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings

from django_convo import actions
from tests.contrib.ui.conftest import Visitor
from tests.contrib.ui.html import Element, parse

pytestmark = pytest.mark.django_db


def host_page(visitor: Visitor, template: str, conversation: Any = None) -> Element:
    query = {"template": template} | ({} if conversation is None else {"conversation": str(conversation.pk)})
    response = visitor.client.get(f"/host/?{urlencode(query)}")
    assert response.status_code == 200
    return parse(response.content)


def test_assets_are_two_files(as_ada: Visitor) -> None:
    page = host_page(as_ada, "{% convo_assets %}")

    assert page.one("link").attributes["href"] == "/static/convo_ui/convo.css"
    script = page.one("script")
    assert (script.attributes["type"], script.attributes["src"]) == ("module", "/static/convo_ui/convo.js")
    assert script.text == ""


def test_inbox(as_ada: Visitor, group: Any) -> None:
    page = host_page(as_ada, "{% convo_inbox %}")

    assert [row.attributes["data-conversation-id"] for row in page.by_class("convo-row")] == [str(group.pk)]
    assert not host_page(as_ada, "{% convo_inbox 'archived' %}").by_class("convo-row")


def test_thread_can_be_written_in(as_ada: Visitor, ada: Any, group: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="Hello")

    page = host_page(as_ada, "{% convo_thread conversation %}", group)

    assert [row.one(data_slot="body").text for row in page.by_class("convo-message")] == ["Hello"]
    assert page.one("form", data_composer=None).attributes["action"].startswith("/some/where/chat/c/")
    assert not page.all("h1")


def test_thread_leads_to_older_messages_on_its_own_page(as_ada: Visitor, ada: Any, group: Any, settings: Any) -> None:
    settings.CONVO_PAGE_SIZE = 1
    for body in ("One", "Two"):
        actions.send_message(actor=ada, conversation=group, body=body)

    link = host_page(as_ada, "{% convo_thread conversation %}", group).one("a", data_do="older")

    assert link.attributes["href"] == f"/some/where/chat/c/{group.pk}/?before=2"


@pytest.mark.parametrize(
    "template",
    ["{% convo_inbox %}", "{% convo_thread conversation %}", "{% convo_unread_badge %}", "{% convo_button other %}"],
)
def test_nothing_is_shown_to_whoever_is_not_logged_in(template: str, group: Any) -> None:
    assert not list(host_page(Visitor(None), template, group).walk())


def test_thread_shows_nothing_to_whoever_may_not_read_it(as_stranger: Visitor, group: Any) -> None:
    assert not list(host_page(as_stranger, "{% convo_thread conversation %}", group).walk())
    assert not list(host_page(as_stranger, "{% convo_thread nothing %}").walk())


def test_badge_counts(as_ada: Visitor, bob: Any, group: Any) -> None:
    count = host_page(as_ada, "{% convo_unread_badge %}").one(data_slot="count")
    assert (count.text, "hidden" in count.attributes) == ("0", True)

    actions.send_message(actor=bob, conversation=group, body="Hello")

    badge = host_page(as_ada, "{% convo_unread_badge %}")
    assert badge.one("convo-badge").attributes["data-unread"] == "1"
    assert badge.one(data_slot="count").text == "1"
    assert badge.one(data_slot="label").text == "Unread messages: 1"


def test_button_opens_a_direct(as_ada: Visitor, direct: Any) -> None:
    form = host_page(as_ada, "{% convo_button other %}", direct).one("form")
    fields = {item.attributes["name"]: item.attributes["value"] for item in form.all("input")}

    response = as_ada.client.post(form.attributes["action"], fields)

    assert response.headers["Location"].endswith(f"/c/{direct.pk}/")
    assert "Message Bob Tester" in form.text
    assert "Ask" in host_page(as_ada, "{% convo_button other label='Ask' %}", direct).text


def test_button_names_what_it_is_about(as_ada: Visitor, direct: Any) -> None:
    form = host_page(as_ada, "{% convo_button other conversation %}", direct).one("form")

    assert form.one("input", name="subject_id").attributes["value"] == str(direct.pk)
    assert form.one("input", name="subject_type").attributes["value"] == direct._meta.label_lower


def test_no_button_for_oneself(as_ada: Visitor) -> None:
    assert not list(host_page(as_ada, "{% convo_button request.user %}").walk())


@pytest.fixture
def overridden(tmp_path: Path, settings: Any) -> Path:
    """Return the folder of a host's templates."""
    (tmp_path / "convo_ui").mkdir()
    engine = {**django_settings.TEMPLATES[0], "DIRS": [tmp_path]}
    settings.TEMPLATES = [engine]
    return tmp_path / "convo_ui"


def test_a_row_of_the_hosts_holds_for_the_script_too(as_ada: Visitor, ada: Any, group: Any, overridden: Path) -> None:
    (overridden / "message.html").write_text("<li class='of-the-host'>{{ message.body }}</li>")
    actions.send_message(actor=ada, conversation=group, body="Hello")

    thread = as_ada.page("conversation", group).one("convo-thread")

    assert [row.text for row in thread.one("ol").all("li", class_="of-the-host")] == ["Hello"]
    for name in ("message", "message-own", "message-system", "message-deleted"):
        (template,) = thread.all("template", data_convo_template=name)
        assert template.all("li", class_="of-the-host", with_templates=True), name


def test_a_page_of_the_hosts_is_around_ours(as_ada: Visitor, overridden: Path) -> None:
    (overridden / "base.html").write_text(
        "<html><head><title>{% block title %}{% block convo_title %}{% endblock %} · Host{% endblock %}</title>"
        "</head>"
        "<body><header>Host</header>{% block content %}{% block convo_page %}{% endblock %}{% endblock %}</body>"
        "</html>"
    )

    page = as_ada.page("inbox")

    assert page.one("title").text == "Messages · Host"
    assert page.all("header")[0].text == "Host"
    assert page.all("convo-inbox")
