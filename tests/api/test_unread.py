from __future__ import annotations

from typing import Any

import pytest

from django_convo import actions
from tests.people import make_group

EMPTY = {"conversations": 0, "messages": 0, "mentions": 0}


def test_unread_counts_for_the_caller(as_ada: Any, as_bob: Any, ada: Any, bob: Any) -> None:
    assert as_ada.get("/api/unread/").json() == EMPTY
    conversation = make_group(ada, bob)
    for body in ("one", "two"):
        actions.send_message(actor=bob, conversation=conversation, body=body)

    assert as_ada.get("/api/unread/").json() == {"conversations": 1, "messages": 2, "mentions": 0}
    assert as_bob.get("/api/unread/").json() == EMPTY


def test_unread_agrees_with_the_inbox(as_ada: Any, ada: Any, bob: Any) -> None:
    for times in (0, 1, 3):
        conversation = make_group(ada, bob)
        for number in range(times):
            actions.send_message(actor=bob, conversation=conversation, body=str(number))

    rows = as_ada.get("/api/conversations/").json()["results"]
    badge = as_ada.get("/api/unread/").json()

    assert badge["messages"] == sum(row["unread_count"] for row in rows) == 4
    assert badge["conversations"] == sum(row["unread_count"] > 0 for row in rows) == 2


def test_unread_is_never_cached_and_never_public(as_ada: Any, client_of: Any) -> None:
    assert as_ada.get("/api/unread/")["Cache-Control"] == "private, no-store"
    assert client_of(None).get("/api/unread/").status_code in (401, 403)


@pytest.mark.parametrize("size", [2, 12])
def test_unread_is_one_query_at_any_size(
    as_ada: Any, ada: Any, bob: Any, size: int, django_assert_num_queries: Any
) -> None:
    for _ in range(size):
        actions.send_message(actor=bob, conversation=make_group(ada, bob), body="news")

    with django_assert_num_queries(1):
        assert as_ada.get("/api/unread/").json()["messages"] == size
