from __future__ import annotations

from typing import Any
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.api.users import card
from tests.people import make_user


@pytest.fixture
def message(group: Any, ada: Any) -> Any:
    return actions.send_message(actor=ada, conversation=group, body="The lamp is lit.")


def addresses(message: Any, emoji: str) -> tuple[str, str]:
    tail = f"messages/{message.pk}/reactions/{quote(emoji)}/"
    return f"/api/conversations/{message.conversation_id}/{tail}", f"/api/{tail}"


def test_both_routes_add_and_take_back(as_bob: Any, message: Any) -> None:
    for address in addresses(message, "👍🏽"):
        added, again = as_bob.put(address), as_bob.put(address)
        assert (added.status_code, added.json()) == (200, again.json())
        assert added.json()["reactions"] == [{"emoji": "👍🏽", "count": 1, "me": True}]
        removed, none = as_bob.delete(address), as_bob.delete(address)
        assert (removed.status_code, removed.json()) == (200, none.json())
        assert removed.json()["reactions"] == []


def test_reactions_are_counted_for_the_viewer_in_the_order_of_the_first(
    as_bob: Any, as_cyd: Any, message: Any, ada: Any, bob: Any, cyd: Any
) -> None:
    for user, emoji in ((bob, "🎉"), (ada, "👍"), (cyd, "👍"), (bob, "❤")):
        actions.add_reaction(actor=user, message=message, emoji=emoji)
    own = as_cyd.get(f"/api/messages/{message.pk}/").json()["reactions"]
    assert [(item["emoji"], item["count"], item["me"]) for item in own] == [
        ("🎉", 1, False),
        ("👍", 2, True),
        ("❤️", 1, False),
    ]
    listed = as_bob.get("/api/messages/").json()["results"][0]["reactions"]
    assert [item["me"] for item in listed] == [True, False, True]


def test_a_frame_states_all_counts_and_who(as_cyd: Any, message: Any, bob: Any, cyd: Any) -> None:
    for user in (bob, cyd):
        actions.add_reaction(actor=user, message=message, emoji="👍")
    actions.remove_reaction(actor=bob, message=message, emoji="👍")
    frames = as_cyd.get(f"/api/conversations/{message.conversation_id}/events/?after=2").json()["results"]
    assert [(frame["type"], frame["seq"], frame["data"]) for frame in frames] == [
        (
            type_,
            1,
            {
                "message_id": str(message.pk),
                "emoji": "👍",
                "user": card(user),
                "reactions": [{"emoji": "👍", "count": 1}],
            },
        )
        for type_, user in (("reaction.added", bob), ("reaction.added", cyd), ("reaction.removed", bob))
    ]


@pytest.mark.parametrize("emoji", ["yes", "👍👍", " ", "%", "\n", "x" * 200])
def test_what_is_no_emoji_is_refused(as_bob: Any, message: Any, emoji: str) -> None:
    for address in addresses(message, emoji):
        response = as_bob.put(address)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_emoji")


@override_settings(CONVO_MAX_REACTIONS=1)
def test_too_many_are_refused(as_bob: Any, message: Any, ada: Any) -> None:
    actions.add_reaction(actor=ada, message=message, emoji="👍")
    response = as_bob.put(addresses(message, "🎉")[0])
    assert (response.status_code, response.json()["code"]) == (400, "too_many_reactions")


@override_settings(CONVO_REACTIONS=[":lamp:"])
def test_a_host_names_its_own_set(as_bob: Any, message: Any) -> None:
    assert as_bob.put(addresses(message, ":lamp:")[0]).json()["reactions"][0]["emoji"] == ":lamp:"
    assert as_bob.put(addresses(message, "👍")[0]).status_code == 400


def test_a_deleted_message_shows_and_takes_none(as_bob: Any, message: Any, ada: Any, bob: Any) -> None:
    actions.add_reaction(actor=bob, message=message, emoji="👍")
    actions.delete_message(actor=ada, message=message)
    assert as_bob.get(f"/api/messages/{message.pk}/").json()["reactions"] == []
    for send in (as_bob.put, as_bob.delete):
        response = send(addresses(message, "👍")[0])
        assert (response.status_code, response.json()["code"]) == (403, "message_deleted")


def test_what_is_not_seen_is_not_there_whatever_the_emoji(as_stranger: Any, message: Any) -> None:
    for emoji in ("👍", "yes"):
        unseen = [as_stranger.put(address) for address in addresses(message, emoji)]
        unknown = as_stranger.put(f"/api/messages/{uuid4()}/reactions/{quote(emoji)}/")
        assert {response.content for response in [*unseen, unknown]} == {unknown.content}
        assert unknown.status_code == 404


@pytest.mark.parametrize("number", [5, 50])
def test_a_page_counts_all_reactions_in_one_query(as_bob: Any, group: Any, ada: Any, cyd: Any, number: int) -> None:
    others = [make_user("other") for _ in range(3)]
    for user in others:
        actions.add_participant(actor=ada, conversation=group, user=user)
    for body in range(number):
        message = actions.send_message(actor=ada, conversation=group, body=str(body))
        for emoji in ("👍", "🎉"):
            for user in (cyd, *others[: body % 4]):
                actions.add_reaction(actor=user, message=message, emoji=emoji)
    with CaptureQueriesContext(connection) as queries:
        rows = as_bob.get("/api/messages/").json()["results"]
    assert len(rows) == number
    assert all(len(row["reactions"]) == 2 for row in rows)
    assert len(queries) == 2
