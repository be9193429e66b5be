"""Limits on creating and sending, and what is there for everyone beyond them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.people import bodies_of, make_direct

LIMITS = {"create": "1/hour", "send": "2/hour"}


@pytest.fixture
def limited(settings: Any) -> None:
    settings.CONVO_THROTTLE_RATES = LIMITS


@pytest.fixture
def direct_of_two(ada: Any, bob: Any) -> Any:
    return make_direct(ada, bob)


def ask(client: Any, other: Any, **fields: Any) -> Any:
    return client.post("/api/conversations/", {"participants": [str(other.pk)], **fields})


@pytest.mark.usefixtures("limited", "direct_of_two")
def test_direct_is_found_beyond_the_limit_of_creating(as_ada: Any, bob: Any) -> None:
    assert [ask(as_ada, bob).status_code for _ in range(3)] == [200, 200, 200]
    assert ask(as_ada, bob, kind="group").status_code == 429


@pytest.mark.usefixtures("limited")
def test_first_messages_count_as_sent(as_ada: Any, bob: Any, direct_of_two: Any) -> None:
    answers = [ask(as_ada, bob, message_body=str(number)).status_code for number in range(3)]

    assert answers == [200, 200, 429]
    assert bodies_of(direct_of_two) == ["0", "1"]


@pytest.mark.usefixtures("limited")
def test_first_message_is_repeated_beyond_both_limits(as_ada: Any, bob: Any, direct_of_two: Any) -> None:
    answers = [ask(as_ada, bob, message_body="once", client_id="1").status_code for _ in range(5)]

    assert answers == [200] * 5
    assert bodies_of(direct_of_two) == ["once"]
    refused = ask(as_ada, bob, message_body="other", client_id="2")
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
