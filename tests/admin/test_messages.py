"""Bodies are shown to whom the policy lets read everything, each time with an entry in the log."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.exceptions import Denied
from django_convo.models import AuditEntry, Event
from django_convo.policy import Policy, capabilities
from tests.admin.pages import bounded_queries, url
from tests.people import make_group, make_user

pytestmark = pytest.mark.django_db

SECRET = "nobody but the two of us"


class SealedPolicy(Policy):
    """Lets nobody read over others' shoulders, and says so."""

    def can(self, actor: Any, capability: str, **about: Any) -> bool:
        if capability == capabilities.VIEW_ANY:
            raise Denied("sealed", "Not here.")
        return super().can(actor, capability, **about)


@pytest.fixture
def message() -> Any:
    owner = make_user("owner")
    conversation = make_group(owner, make_user("member"))
    return actions.send_message(
        actor=owner, conversation=conversation, body=SECRET, metadata={"card": "visible to two"}
    )


@pytest.fixture
def may_view_any(settings: Any) -> None:
    settings.CONVO_ROLES = {"admin": [capabilities.VIEW_ANY]}


def test_body_is_hidden_without_view_any(site: Client, message: Any) -> None:
    with bounded_queries() as captured:
        page = site.get(url("message", "change", message.pk)).content.decode()

    assert SECRET not in page
    assert "visible to two" not in page
    assert not any("message_body" in sql for sql in captured)
    assert not AuditEntry.objects.exists()


def test_body_is_hidden_where_the_policy_raises(site: Client, message: Any, settings: Any) -> None:
    settings.CONVO_POLICY = f"{__name__}.SealedPolicy"

    assert SECRET not in site.get(url("message", "change", message.pk)).content.decode()


@pytest.mark.usefixtures("may_view_any")
def test_body_is_shown_with_view_any_and_each_view_is_logged(site: Client, staff: Any, message: Any) -> None:
    for _ in range(2):
        page = site.get(url("message", "change", message.pk)).content.decode()
        assert SECRET in page
        assert "visible to two" in page

    entries = AuditEntry.objects.all()
    assert [(entry.action, entry.actor, entry.conversation_id, entry.message_id) for entry in entries] == [
        ("message.viewed", staff, message.conversation_id, message.pk)
    ] * 2
    assert not LogEntry.objects.exists()


@pytest.fixture
def rich(message: Any) -> Any:
    """That message edited, with a file, somebody named, and a reaction."""
    owner = message.sender
    upload = actions.create_attachment(actor=owner, file=ContentFile(b"words", "<notes>.txt"))
    told = actions.send_message(
        actor=owner, conversation=message.conversation, body="<b>earlier</b>", attachments=[upload.pk]
    )
    actions.edit_message(actor=owner, message=told, body="later", mentions=[named(told)])
    actions.add_reaction(actor=named(told), message=told, emoji="🎉")
    return told


def named(message: Any) -> Any:
    return message.conversation.participants.exclude(pk=message.sender.pk).get()


def test_what_stands_beside_a_message_and_before_it_is_shown_with_its_body(
    site: Client, staff: Any, rich: Any, settings: Any
) -> None:
    settings.CONVO_ROLES = {"admin": [capabilities.VIEW_ANY, capabilities.MESSAGE_VIEW_REVISIONS]}
    member = named(rich)
    actions.add_participant(actor=None, conversation=rich.conversation, user=staff)
    with CaptureQueriesContext(connection) as captured:
        page = site.get(url("message", "change", rich.pk)).content.decode()

    assert len([query for query in captured if "SAVEPOINT" not in query["sql"]]) <= 13
    for text in ("later", "1. &lt;b&gt;earlier&lt;/b&gt; (", "notes", "<div>🎉 1</div>", f"<div>{member}</div>"):
        assert text in page
    assert "<notes>" not in page
    actions.delete_message(actor=None, message=rich)
    page = site.get(url("message", "change", rich.pk)).content.decode()
    assert not [text for text in ("earlier", "notes", "🎉") if text in page]


@pytest.mark.usefixtures("may_view_any")
def test_what_a_message_said_before_takes_the_capability_that_the_api_asks_for(site: Client, rich: Any) -> None:
    page = site.get(url("message", "change", rich.pk)).content.decode()

    assert "later" in page
    assert "earlier" not in page


def test_what_stands_beside_a_message_is_hidden_as_its_body_is(site: Client, rich: Any) -> None:
    page = site.get(url("message", "change", rich.pk)).content.decode()

    assert not [text for text in ("earlier", "later", "notes", "🎉", str(named(rich))) if text in page]


@pytest.mark.usefixtures("may_view_any")
def test_body_of_a_deleted_conversation_is_hidden(site: Client, message: Any) -> None:
    actions.delete_conversation(actor=None, conversation=message.conversation)

    assert SECRET not in site.get(url("message", "change", message.pk)).content.decode()
    assert not AuditEntry.objects.exists()


@pytest.mark.usefixtures("may_view_any")
@pytest.mark.parametrize("page", ["history", "delete"])
def test_other_pages_of_a_message_show_no_body(site: Client, message: Any, page: str) -> None:
    assert SECRET not in site.get(url("message", page, message.pk)).content.decode()


@pytest.mark.parametrize("noun", ["message", "event"])
def test_pages_only_show(site: Client, message: Any, noun: str) -> None:
    row = message if noun == "message" else Event.objects.get(conversation=message.conversation_id, seq=1)

    assert site.get(url(noun, "change", row.pk)).status_code == 200
    assert site.get(url(noun, "add")).status_code == 403
    assert site.post(url(noun, "add")).status_code == 403
    assert site.post(url(noun, "change", row.pk), {"message_body": "changed"}).status_code == 403
    assert site.post(url(noun, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_event_shows_its_facts(site: Client, message: Any) -> None:
    event = Event.objects.get(conversation=message.conversation_id, seq=1)

    page = site.get(url("event", "change", event.pk)).content.decode()

    assert str(message.pk) in page
    assert SECRET not in page


@pytest.mark.parametrize("noun", ["message", "event"])
def test_page_costs_as_much_in_a_long_conversation(site: Client, message: Any, noun: str) -> None:
    counts = []
    for number in range(30):
        last = actions.send_message(actor=None, conversation=message.conversation, body=f"{number}")
        if number in {0, 29}:
            row = last if noun == "message" else Event.objects.latest("pk")
            # Once before: the first page of a process reads content types, which are kept.
            site.get(url(noun, "change", row.pk))
            with bounded_queries() as captured:
                site.get(url(noun, "change", row.pk))
            counts.append(len(captured))

    assert counts[0] == counts[1] <= 4
