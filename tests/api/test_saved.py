from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from tests.people import make_direct, make_group


@pytest.fixture
def message(group: Any, ada: Any) -> Any:
    return actions.send_message(actor=ada, conversation=group, body="The lamp is lit.")


def addresses(message: Any) -> tuple[str, str]:
    tail = f"messages/{message.pk}/save/"
    return f"/api/conversations/{message.conversation_id}/{tail}", f"/api/{tail}"


def found(client: Any, **query: Any) -> list[str]:
    return [row["message_id"] for row in client.get("/api/messages/", query).json()["results"]]


def keys(*messages: Any) -> list[str]:
    return [str(message.pk) for message in messages]


def send(actor: Any, conversation: Any, **options: Any) -> Any:
    return actions.send_message(actor=actor, conversation=conversation, body="hello", **options)


def test_both_routes_save_and_unsave(as_cyd: Any, as_bob: Any, message: Any) -> None:
    for address in addresses(message):
        saved, again = as_cyd.put(address), as_cyd.put(address)
        assert (saved.status_code, saved.json()) == (200, again.json())
        assert (found(as_cyd, saved="true"), found(as_bob, saved="true")) == (keys(message), [])
        removed, none = as_cyd.delete(address), as_cyd.delete(address)
        assert (removed.status_code, removed.json()) == (200, none.json())
        assert found(as_cyd, saved="true") == []


def test_what_is_gone_or_out_of_sight_is_not_listed(
    as_cyd: Any, ada: Any, cyd: Any, group: Any, direct: Any, message: Any
) -> None:
    deleted = send(ada, group)
    for item in (message, deleted):
        actions.save_message(actor=cyd, message=item)
    actions.delete_message(actor=ada, message=deleted)
    assert found(as_cyd, saved="true") == keys(message)
    actions.leave(actor=cyd, conversation=group)
    assert found(as_cyd, saved="true") == []
    assert as_cyd.delete(addresses(message)[1]).status_code == 404
    actions.add_participant(actor=ada, conversation=group, user=cyd)
    assert found(as_cyd, saved="true") == keys(message)


def test_saved_in_the_order_of_the_list_and_its_opposite(as_bob: Any, ada: Any, bob: Any, group: Any) -> None:
    direct = make_direct(ada, bob)
    sent = [send(ada, conversation) for _ in range(2) for conversation in (group, direct)]
    for number in (3, 0, 2):
        actions.save_message(actor=bob, message=sent[number])
    assert found(as_bob, saved="true") == keys(sent[3], sent[2], sent[0])
    assert found(as_bob, saved="false") == keys(sent[1])
    assert found(as_bob, saved="true", conversation_id=group.pk) == keys(sent[2], sent[0])


def test_mentions_of_oneself_by_name_and_as_one_of_all(
    as_cyd: Any, as_bob: Any, ada: Any, bob: Any, cyd: Any, group: Any
) -> None:
    other = make_group(ada, bob)
    named, plain, to_all = send(ada, group, mentions=[cyd]), send(ada, group), send(ada, group, mentions=["everyone"])
    elsewhere = send(ada, other, mentions=["everyone"])
    own = send(cyd, group, mentions=[cyd])
    deleted = send(ada, group, mentions=[cyd])
    actions.delete_message(actor=ada, message=deleted)
    assert found(as_cyd, mentions_me="true") == keys(to_all, named)
    assert found(as_cyd, mentions_me="false") == keys(deleted, own, plain)
    assert found(as_bob, mentions_me="true") == keys(elsewhere, to_all)
    actions.leave(actor=cyd, conversation=group)
    assert found(as_cyd, mentions_me="true") == []


def test_mentions_of_someone_gone_do_not_become_mentions_of_all(as_bob: Any, ada: Any, cyd: Any, group: Any) -> None:
    send(ada, group, mentions=[cyd])
    cyd.delete()
    assert found(as_bob, mentions_me="true") == []


def test_threads_by_their_root_or_none(as_cyd: Any, ada: Any, bob: Any, group: Any) -> None:
    root, other = send(ada, group), send(ada, group)
    first, second = send(bob, group, thread_root=root), send(ada, group, thread_root=root)
    elsewhere = send(bob, group, thread_root=other)
    assert found(as_cyd, thread_root=root.pk) == keys(second, first)
    assert found(as_cyd, thread_root=other.pk) == keys(elsewhere)
    assert found(as_cyd, thread_root=first.pk) == []
    assert found(as_cyd, thread_root="none") == keys(other, root)
    assert found(as_cyd, thread_root="none", conversation_id=group.pk, limit=1) == keys(other)


def test_a_thread_out_of_sight_is_empty(as_stranger: Any, ada: Any, bob: Any, group: Any) -> None:
    root = send(ada, group)
    send(bob, group, thread_root=root)
    assert found(as_stranger, thread_root=root.pk) == []


def test_pages_of_a_thread_lead_through_it(as_cyd: Any, ada: Any, group: Any) -> None:
    root = send(ada, group)
    answers = [send(ada, group, thread_root=root) for _ in range(5)]
    page = as_cyd.get("/api/messages/", {"thread_root": root.pk, "limit": 2}).json()
    seen = []
    while True:
        seen += [row["message_id"] for row in page["results"]]
        if page["next"] is None:
            break
        page = as_cyd.get(page["next"]).json()
    assert seen == keys(*reversed(answers))


def test_filters_are_asked_together(as_cyd: Any, ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    root = send(ada, group)
    wanted = send(ada, group, thread_root=root, mentions=[cyd])
    others = [
        send(ada, group, thread_root=root),
        send(ada, group, mentions=[cyd]),
        send(bob, group, thread_root=root, mentions=[cyd]),
    ]
    for message in (wanted, *others[:2]):
        actions.save_message(actor=cyd, message=message)
    query = {"saved": "true", "mentions_me": "true", "thread_root": root.pk, "sender": ada.pk, "kind": "user"}
    assert found(as_cyd, **query) == keys(wanted)


@pytest.mark.parametrize("query", ["saved=perhaps", "mentions_me=2", "thread_root=None", "thread_root=x"])
def test_filters_refuse_what_they_cannot_mean(as_cyd: Any, query: str) -> None:
    response = as_cyd.get(f"/api/messages/?{query}")
    assert (response.status_code, response.json()["code"]) == (400, f"{query.partition('=')[0]}_invalid")


FILTERS = ["saved=true", "saved=false", "mentions_me=true", "mentions_me=false", "thread_root=none"]


@pytest.mark.parametrize("number", [3, 30])
@pytest.mark.parametrize("query", [*FILTERS, "saved=true&mentions_me=true&thread_root=none"])
def test_filters_take_no_query_more(
    as_cyd: Any, ada: Any, cyd: Any, group: Any, direct: Any, number: int, query: str
) -> None:
    for _ in range(number):
        for mentions in ([], [cyd]):
            message = send(ada, group, mentions=mentions)
            if mentions:
                actions.save_message(actor=cyd, message=message)
    with CaptureQueriesContext(connection) as queries:
        rows = as_cyd.get(f"/api/messages/?{query}").json()["results"]
    # The messages, and what they show.
    assert len(rows) >= number
    assert len(queries) == (2 if any(row["mentions"] for row in rows) else 1)
