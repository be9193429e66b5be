"""A conversation that points at rows of the host's by real foreign keys."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Count, ProtectedError
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from django_convo import actions
from django_convo.models import Event, Participant
from django_convo.selectors import inbox
from tests.people import make_direct, make_user
from tests.projects.swapped.models import Conversation, Enquiry, Listing, Message

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Any:
    return make_user("ada")


@pytest.fixture
def bob() -> Any:
    return make_user("bob")


@pytest.fixture
def listing() -> Listing:
    return Listing.objects.create(name="Lighthouse")


def ask(guest: Any, host: Any, listing: Listing) -> Enquiry:
    """Open an enquiry with its conversation: all of it, or nothing."""
    with transaction.atomic():
        enquiry = Enquiry.objects.create(listing=listing)
        conversation, _ = actions.create_conversation(actor=guest, participants=[host], subject=enquiry)
        Conversation.objects.filter(pk=conversation.pk).update(listing=listing, enquiry=enquiry)
        actions.send_message(actor=guest, conversation=conversation, body="Is it free?")
    return enquiry


def test_joins_go_both_ways(ada: Any, bob: Any, listing: Listing) -> None:
    enquiry = ask(ada, bob, listing)
    assert enquiry.conversations.get().subject == enquiry
    assert list(Listing.objects.filter(conversations__participants=ada)) == [listing]
    assert list(Message.objects.filter(conversation__listing__name="Lighthouse")) == list(Message.objects.all())
    counted = Listing.objects.annotate(talks=Count("conversations")).get()
    assert counted.talks == 1


def test_what_is_talked_about_is_protected(ada: Any, bob: Any, listing: Listing) -> None:
    enquiry = ask(ada, bob, listing)
    with pytest.raises(ProtectedError):
        listing.delete()
    # A deleted conversation is a tombstone until it is pruned, and still points there.
    actions.delete_conversation(actor=None, conversation=group_about(ada, bob, listing))
    Conversation.objects.filter(pk=enquiry.conversations.get().pk).update(listing=None)
    with pytest.raises(ProtectedError):
        listing.delete()


def group_about(ada: Any, bob: Any, listing: Listing) -> Conversation:
    conversation, _ = actions.create_conversation(actor=ada, participants=[bob], kind="group", title="About it")
    Conversation.objects.filter(pk=conversation.pk).update(listing=listing)
    return Conversation.objects.get(pk=conversation.pk)


def test_what_was_said_goes_with_what_it_was_about(ada: Any, bob: Any, listing: Listing) -> None:
    other, enquiry = make_direct(ada, bob), ask(ada, bob, listing)
    actions.send_message(
        actor=bob, conversation=enquiry.conversations.get(), body="Yes", reply_to=Message.objects.get()
    )
    actions.send_message(actor=ada, conversation=other, body="elsewhere")
    enquiry.delete()
    assert list(Conversation.objects.all()) == [other]
    assert [message.message_body for message in Message.objects.all()] == ["elsewhere"]
    for child in (Participant, Event):
        assert set(child.objects.values_list("conversation", flat=True)) == {other.pk}
    assert [row.pk for row in inbox(ada)] == [other.pk]


@pytest.mark.django_db(transaction=True)
def test_the_database_holds_it_too(ada: Any, bob: Any, listing: Listing) -> None:
    conversation = group_about(ada, bob, listing)
    with pytest.raises(IntegrityError):
        Conversation.objects.filter(pk=conversation.pk).update(listing=listing.pk + 1)
    with pytest.raises(IntegrityError):
        Listing.objects.filter(pk=listing.pk)._raw_delete("default")


def test_rolled_back_nothing_is_left(ada: Any, bob: Any, listing: Listing) -> None:
    with transaction.atomic():
        ask(ada, bob, listing)
        transaction.set_rollback(True)
    assert not Enquiry.objects.exists()
    assert not Conversation.objects.exists()


@pytest.mark.urls("tests.projects.swapped.urls")
@pytest.mark.parametrize("size", [2, 8])
def test_filter_over_rest(ada: Any, bob: Any, listing: Listing, size: int) -> None:
    about = {str(ask(ada, bob, listing).conversations.get().pk) for _ in range(size)}
    ask(ada, bob, Listing.objects.create(name="Harbour"))
    client = APIClient()
    client.force_authenticate(ada)
    with CaptureQueriesContext(connection) as queries:
        found = client.get("/api/conversations/", {"listing": listing.pk}).json()["results"]
    assert {row["conversation_id"] for row in found} == about
    assert len(queries) == 3
    assert client.get("/api/conversations/", {"listing": listing.pk + 100}).json()["results"] == []
    refused = client.get("/api/conversations/", {"listing": "nonsense"})
    assert (refused.status_code, refused.json()["code"]) == (400, "listing_invalid")
    client.force_authenticate(make_user("stranger"))
    assert client.get("/api/conversations/", {"listing": listing.pk}).json()["results"] == []


@pytest.mark.urls("tests.projects.swapped.urls")
def test_pages_keep_the_filter(ada: Any, bob: Any, listing: Listing) -> None:
    about = [str(ask(ada, bob, listing).conversations.get().pk) for _ in range(3)]
    ask(ada, bob, Listing.objects.create(name="Harbour"))
    client = APIClient()
    client.force_authenticate(ada)
    first = client.get("/api/conversations/", {"listing": listing.pk, "limit": 2}).json()
    rest = client.get(first["next"]).json()
    assert [row["conversation_id"] for row in first["results"] + rest["results"]] == about[::-1]
    assert rest["next"] is None
