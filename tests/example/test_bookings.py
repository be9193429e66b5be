"""A booking and what is said about it are one: they commit together, and only its two people may name it."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest

from tests.example.conftest import Browser, Caller
from tests.example.site import Site

MAYA, TOMAS = "maya@lantern.example", "tomas@lantern.example"
# Runs in the example's process: confirm in a transaction that fails afterwards, then in one that does not.
CONFIRM = """
import json
from django.db import transaction
from django_convo.models import Conversation, Event, Message
from stays.bookings import confirm_booking
from stays.models import Booking
booking = Booking.objects.filter(status="requested").exclude(host__email="tomas@lantern.example").first()
def state():
    conversation = Conversation.objects.get(subject_id=str(booking.pk))
    messages = Message.objects.filter(conversation=conversation)
    return {
        "status": Booking.objects.get(pk=booking.pk).status,
        "counters": [conversation.last_seq, conversation.count_seq, conversation.event_seq],
        "messages": messages.count(),
        "events": Event.objects.filter(conversation=conversation).count(),
        "last": list(messages.order_by("-seq").values_list("kind", "sender")[0]),
    }
states = [state()]
try:
    with transaction.atomic():
        confirm_booking(booking)
        raise LookupError
except LookupError:
    states.append(state())
for _ in range(2):
    confirm_booking(booking)
    states.append(state())
print(json.dumps(states, default=str))
"""


def test_confirming_commits_or_vanishes_with_its_message(site: Site) -> None:
    before, rolled_back, confirmed, twice = json.loads(site.python(CONFIRM))
    assert before["status"] == "requested"
    assert rolled_back == before
    last_seq, count_seq, event_seq = before["counters"]
    assert confirmed == {
        "status": "confirmed",
        "counters": [last_seq + 1, count_seq, event_seq + 1],
        "messages": before["messages"] + 1,
        "events": before["events"] + 1,
        "last": ["system", None],
    }
    assert twice == confirmed


def test_confirming_on_the_page_tells_both_people(browser: Browser, caller: Caller) -> None:
    tomas = browser(TOMAS)
    booking_id = re.findall(r"/bookings/(\d+)/confirm/", tomas.get("/").text)[0]
    page = tomas.post(f"/bookings/{booking_id}/confirm/")
    assert "Confirmed, and your guest has been told." in page.text
    assert f"/bookings/{booking_id}/confirm/" not in page.text
    client = caller(TOMAS)
    about = client.get("/conversations/", params={"subject_type": "stays.booking", "subject_id": booking_id}).json()
    (conversation,) = about["results"]
    assert conversation["last_message"]["kind"] == "system"
    assert conversation["last_message"]["message_body"].startswith("Booking confirmed")
    assert conversation["participant_count"] == 2


def test_confirming_is_for_the_host(browser: Browser) -> None:
    booking_id = re.findall(r"/bookings/(\d+)/confirm/", browser(TOMAS).get("/").text)[-1]
    assert browser(MAYA).post(f"/bookings/{booking_id}/confirm/").status_code == 404


def test_requesting_makes_booking_conversation_and_first_message(browser: Browser, caller: Caller) -> None:
    arrival = date.today() + timedelta(days=300)
    answer = browser(MAYA).post(
        "/stays/12/",
        data={"check_in": arrival, "check_out": arrival + timedelta(days=2), "body": "Is the orchard in bloom then?"},
    )
    assert answer.url.path == "/"
    assert "has your request" in answer.text
    newest = caller(MAYA).get("/messages/", params={"limit": 1}).json()["results"][0]
    assert newest["message_body"] == "Is the orchard in bloom then?"
    assert newest["seq"] == 1


@pytest.mark.parametrize(("nights", "body"), [(0, "Hello"), (2, "x" * 10_001)])
def test_a_refused_request_leaves_no_booking(browser: Browser, site: Site, nights: int, body: str) -> None:
    client = browser(MAYA)
    before = site.counts()
    arrival = date.today() + timedelta(days=400)
    answer = client.post(
        "/stays/12/", data={"check_in": arrival, "check_out": arrival + timedelta(days=nights), "body": body}
    )
    assert 'class="errorlist' in answer.text
    assert site.counts() == before


def test_only_ones_own_bookings_can_be_a_subject(site: Site, caller: Caller) -> None:
    """Who is neither guest nor host is told what they would be told of a booking that does not exist."""
    client = caller(MAYA)
    ((strange, host),) = site.rows(
        "SELECT id, host_id FROM stays_booking WHERE guest_id <> (SELECT user_id FROM accounts_user WHERE email = ?) "
        "ORDER BY id LIMIT 1",
        MAYA,
    )
    subjects = [{"type": "stays.booking", "id": number} for number in (str(strange), "999999")]
    answers = [
        client.post("/conversations/", json={"participants": [host], "subject": subject}) for subject in subjects
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["code"] == "invalid_reference"
