"""What every page keeps to: nothing inline, nobody's words run, ids once, and no more queries than it may take."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from django_convo.contrib.ui.templatetags import convo
from tests.contrib.ui.conftest import Visitor
from tests.contrib.ui.html import Element, parse
from tests.contrib.ui.test_permission_table import TABLE, run, world
from tests.people import make_group, make_user

__all__ = ["world"]
pytestmark = pytest.mark.django_db

PAGES = [
    row for row in TABLE if row.method == "get" and row.name not in ("attachment", "report-list", "sanction-list")
]
HOSTILE = (
    "<script>alert(1)</script>\" onmouseover='alert(1)' {{ x }} </textarea></template> javascript:alert(1) \u202e"
)
LINKS = "https://example.com/\"><script>alert(1)</script> http://a.example/'onclick='x javascript:alert(1) https:// HTTPS://B.example/\u202ex"


def pages_of(visitor: Visitor, world: dict[str, Any]) -> dict[str, Element]:
    found = {}
    for row in PAGES:
        response = run(visitor, row, world)
        if response.status_code == 200:
            found[row.name] = parse(response.content)
    return found


def test_nothing_is_inline(world: dict[str, Any]) -> None:
    """A policy without 'unsafe-inline', and without a nonce, lets all of it through."""
    for name, page in pages_of(Visitor(world["owner"]), world).items():
        for element in page.walk(with_templates=True):
            assert element.tag != "style", name
            assert element.tag != "script" or element.attributes["src"], name
            for attribute, value in element.attributes.items():
                assert attribute != "style", (name, element.tag)
                assert not attribute.startswith("on"), (name, element.tag, attribute)
                assert not value.lower().strip().startswith(("javascript:", "data:")), (name, value)


def test_ids_are_there_once_and_what_is_named_is_there(world: dict[str, Any]) -> None:
    for name, page in pages_of(Visitor(world["owner"]), world).items():
        ids = [element.attributes["id"] for element in page.walk() if "id" in element.attributes]
        assert len(ids) == len(set(ids)), (name, sorted(item for item in ids if ids.count(item) > 1))
        for element in page.walk():
            for attribute in ("for", "form", "aria-labelledby", "aria-describedby"):
                if attribute in element.attributes:
                    assert element.attributes[attribute] in ids, (name, element)


def test_each_page_has_one_heading_and_a_language(world: dict[str, Any]) -> None:
    for name, page in pages_of(Visitor(world["owner"]), world).items():
        assert len(page.all("h1")) == 1, name
        assert page.one("html").attributes["lang"] == "en-us"


def test_clones_have_the_id_that_is_to_be_replaced(world: dict[str, Any]) -> None:
    page = Visitor(world["owner"]).page("conversation", world["c"])
    nil = "00000000-0000-0000-0000-000000000000"
    for name in ("message", "message-own"):
        (template,) = page.one("convo-thread").all("template", data_convo_template=name)
        (row,) = template.all("li", class_="convo-message", with_templates=True)
        assert row.attributes["data-message-id"] == nil
        # A quote leads to another message, which the script knows by its number.
        links = [item for item in row.all("a", data_do=None) if item.attributes["data-do"] != "quote"]
        assert all(nil in item.attributes["href"] for item in links)
        parts = {item.attributes["data-part"] for item in row.all(data_part=None)}
        assert parts >= {"quote", "attachments", "edited", "pinned", "reactions", "thread"}
    (template,) = page.one("convo-inbox").all("template", data_convo_template="conversation")
    assert nil in template.all("a", with_templates=True)[0].attributes["href"]


@pytest.fixture
def hostile_world(world: dict[str, Any]) -> dict[str, Any]:
    """Everything that people can name has a hostile name, and everything that they say is hostile."""
    for user in (world["owner"], world["member"], world["u"]):
        for column in ("first_name", "last_name"):
            if hasattr(user, column):
                setattr(user, column, HOSTILE[:60])
        user.save()
    group = world["c"]
    actions.update_conversation(actor=world["owner"], conversation=group, title=HOSTILE, topic=HOSTILE)
    file = actions.create_attachment(actor=world["member"], file=ContentFile(b"A plan.", name='"><script>x.txt'))
    asked = actions.send_message(
        actor=world["member"], conversation=group, body=f"{HOSTILE} {LINKS}", attachments=[file], mentions=[world["u"]]
    )
    own = actions.send_message(actor=world["owner"], conversation=group, body=f"needle {HOSTILE}", reply_to=asked)
    actions.edit_message(actor=world["owner"], message=own, body=f"needle! {HOSTILE}")
    actions.save_draft(actor=world["owner"], conversation=group, body=HOSTILE)
    actions.save_message(actor=world["owner"], message=own)
    actions.block_user(actor=world["owner"], user=world["u"])
    return {**world, "m": own}


def test_words_of_people_stay_words(hostile_world: dict[str, Any], site_admin: Any) -> None:
    actions.report_message(actor=hostile_world["member"], message=hostile_world["m"], reason="spam", comment=HOSTILE)
    pages = pages_of(Visitor(hostile_world["owner"]), hostile_world)
    pages |= {"found": Visitor(hostile_world["owner"]).page("search", query="?q=needle")}
    queue = Visitor(site_admin).get("report-list")
    if queue.status_code == 200:
        pages["queue"] = parse(queue.content)
    for name, page in pages.items():
        scripts = page.all("script", with_templates=True)
        assert len(scripts) == 1, name
        assert scripts[0].attributes["src"].endswith("convo.js")
        for element in page.walk(with_templates=True):
            assert not any(attribute.startswith("on") for attribute in element.attributes), (name, element)
            assert not element.attributes.get("href", "").lower().startswith("javascript:"), (name, element)
    assert HOSTILE in pages["conversation"].one("ol", data_list=None).text


def test_links_lead_where_they_say(hostile_world: dict[str, Any]) -> None:
    page = Visitor(hostile_world["owner"]).page("conversation", hostile_world["c"])
    links = page.one("ol", data_list=None).all("a", rel="nofollow noopener ugc")

    assert {link.attributes["href"] for link in links} == {
        'https://example.com/"><script>alert(1)</script',
        "http://a.example/'onclick='x",
        "HTTPS://B.example/",
    }
    assert all(link.text == link.attributes["href"] for link in links)


def queries_of(visitor: Visitor, name: str, *arguments: Any, query: str = "") -> int:
    """Return how many queries a page takes that was opened before."""
    visitor.get(name, *arguments, query=query)
    with CaptureQueriesContext(connection) as found:
        assert visitor.get(name, *arguments, query=query).status_code == 200
    return len(found)


# With the session and the user, the inbox beside it, and the read pointer. The door is 15 of these pages.
@pytest.mark.parametrize(
    ("name", "takes", "most"),
    [
        ("inbox", "", 6),
        ("new", "", 7),
        ("channels", "", 9),
        ("search", "", 6),
        ("saved", "", 8),
        ("scheduled-list", "", 11),
        ("block-list", "", 7),
        ("conversation", "c", 16),
        ("thread", "cm", 16),
        ("members", "c", 13),
        ("conversation-settings", "c", 16),
        ("message", "cm", 18),
        ("message-react", "cm", 14),
        ("message-edit", "co", 14),
        ("message-forward", "cm", 17),
        ("message-report", "co", 14),
    ],
)
def test_queries_are_few_and_do_not_grow(name: str, takes: str, most: int, world: dict[str, Any]) -> None:
    visitor = Visitor(world["member"])
    arguments = [world[letter] for letter in takes]
    _add(world, 1)
    before = queries_of(visitor, name, *arguments)
    _add(world, 6)

    after = queries_of(visitor, name, *arguments)

    assert after <= before
    assert after <= most


def _add(world: dict[str, Any], count: int) -> None:
    """Let so many people come, and each of them add one of everything."""
    for person in [make_user("person") for _ in range(count)]:
        actions.add_participant(actor=world["owner"], conversation=world["c"], user=person)
        message = actions.send_message(actor=person, conversation=world["c"], body="Hello", reply_to=world["m"])
        actions.add_reaction(actor=world["owner"], message=message, emoji="👍")
        actions.pin_message(actor=world["owner"], message=message)
        actions.save_message(actor=world["member"], message=message)
        make_group(world["member"], person, body="Hello")
        make_group(person, kind="channel", title="News", body="Hello")
        actions.block_user(actor=world["member"], user=person)
        later = timezone.now() + timedelta(days=1)
        actions.schedule_message(actor=world["member"], conversation=world["c"], send_at=later, body="Later")


def test_tags_have_docs() -> None:
    """Each of the tags and filters says what it does."""
    for function in [*convo.register.tags.values(), *convo.register.filters.values()]:
        assert function.__doc__
