from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from tests.people import make_user


@pytest.fixture
def message(group: Any, ada: Any) -> Any:
    return actions.send_message(actor=ada, conversation=group, body="The lamp is lit.")


def addresses(message: Any) -> tuple[str, str]:
    tail = f"messages/{message.pk}/pin/"
    return f"/api/conversations/{message.conversation_id}/{tail}", f"/api/{tail}"


def pins(client: Any, conversation: Any, query: str = "") -> Any:
    return client.get(f"/api/conversations/{conversation.pk}/pins/{query}").json()


def numbers(page: Any) -> list[int]:
    return [row["seq"] for row in page["results"]]


def test_both_routes_pin_and_unpin(as_cyd: Any, message: Any) -> None:
    for address in addresses(message):
        pinned, again = as_cyd.put(address), as_cyd.put(address)
        assert (pinned.status_code, pinned.json()["pinned"], pinned.json()) == (200, True, again.json())
        unpinned, none = as_cyd.delete(address), as_cyd.delete(address)
        assert (unpinned.status_code, unpinned.json()["pinned"], unpinned.json()) == (200, False, none.json())


def test_list_has_the_latest_pinned_first_in_pages(as_cyd: Any, ada: Any, group: Any) -> None:
    sent = [actions.send_message(actor=ada, conversation=group, body=str(number)) for number in range(5)]
    for number in (2, 0, 4, 1):
        actions.pin_message(actor=ada, message=sent[number])
    actions.unpin_message(actor=ada, message=sent[0])
    actions.pin_message(actor=ada, message=sent[0])
    assert numbers(pins(as_cyd, group)) == [1, 2, 5, 3]
    assert all(row["pinned"] for row in pins(as_cyd, group)["results"])
    first = pins(as_cyd, group, "?limit=3")
    second = as_cyd.get(first["next"]).json()
    assert (numbers(first), numbers(second), second["next"]) == ([1, 2, 5], [3], None)
    assert as_cyd.get(second["previous"]).json()["results"] == first["results"]


def test_list_is_of_what_one_may_read(client_of: Any, ada: Any, group: Any, channel: Any, stranger: Any) -> None:
    before = actions.send_message(actor=ada, conversation=group, body="before")
    with override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none"):
        actions.add_participant(actor=ada, conversation=group, user=stranger)
    after = actions.send_message(actor=ada, conversation=group, body="after")
    for message in (before, after):
        actions.pin_message(actor=ada, message=message)
    assert numbers(pins(client_of(ada), group)) == [2, 1]
    assert numbers(pins(client_of(stranger), group)) == [2]
    assert client_of(stranger).get(f"/api/conversations/{channel.pk}/pins/").status_code == 403
    assert client_of(make_user("other")).get(f"/api/conversations/{group.pk}/pins/").status_code == 404


def test_list_leaves_out_what_was_deleted(as_cyd: Any, ada: Any, group: Any, message: Any) -> None:
    actions.pin_message(actor=ada, message=message)
    actions.delete_message(actor=ada, message=message)
    assert pins(as_cyd, group)["results"] == []
    response = as_cyd.put(addresses(message)[0])
    assert (response.status_code, response.json()["code"]) == (403, "message_deleted")


@override_settings(CONVO_MAX_PINS=1)
def test_too_many_are_refused(as_cyd: Any, ada: Any, group: Any, message: Any) -> None:
    actions.pin_message(actor=ada, message=actions.send_message(actor=ada, conversation=group, body="other"))
    response = as_cyd.put(addresses(message)[1])
    assert (response.status_code, response.json()["code"]) == (400, "too_many_pins")


def test_frames_show_the_pin(as_cyd: Any, ada: Any, group: Any, message: Any) -> None:
    actions.pin_message(actor=ada, message=message)
    actions.unpin_message(actor=ada, message=message)
    frames = as_cyd.get(f"/api/conversations/{group.pk}/events/?after=2").json()["results"]
    # As it is now: applying both in order ends with what is.
    assert [(frame["type"], frame["data"]["message"]["pinned"]) for frame in frames] == [
        ("message.pinned", False),
        ("message.unpinned", False),
    ]


@pytest.mark.parametrize("number", [2, 40])
def test_list_takes_four_queries_at_any_size(as_cyd: Any, ada: Any, bob: Any, group: Any, number: int) -> None:
    for body in range(number):
        message = actions.send_message(actor=ada, conversation=group, body=str(body), mentions=[bob])
        actions.add_reaction(actor=bob, message=message, emoji="👍")
        actions.pin_message(actor=ada, message=message)
    with CaptureQueriesContext(connection) as queries:
        rows = pins(as_cyd, group)["results"]
    assert (len(rows), rows[0]["reactions"][0]["count"]) == (number, 1)
    # The conversation, the messages, what they show, and whoever is named without having written.
    assert len(queries) == 4
