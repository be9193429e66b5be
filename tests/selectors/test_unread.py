from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.models import Participant
from django_convo.selectors import unread
from tests.people import make_group


def totals(user: Any) -> tuple[int, int, int]:
    found = unread(user)
    return found.conversations, found.messages, found.mentions


def send(actor: Any, conversation: Any, *, times: int) -> None:
    for number in range(times):
        actions.send_message(actor=actor, conversation=conversation, body=str(number))


def mention(user: Any, conversation: Any, count: int) -> None:
    Participant.objects.filter(user=user, conversation=conversation.pk).update(mention_count=count)


def test_nothing_waits_for_a_newcomer(ada: Any) -> None:
    assert totals(ada) == (0, 0, 0)


def test_unread_adds_up_over_conversations(ada: Any, bob: Any) -> None:
    one, two, read = (make_group(ada, bob) for _ in range(3))
    for conversation, times in ((one, 3), (two, 2), (read, 4)):
        send(bob, conversation, times=times)
    actions.mark_read(actor=ada, conversation=read)

    assert totals(ada) == (2, 5, 0)
    assert totals(bob) == (0, 0, 0)


def test_muted_counts_for_its_mentions_only(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    send(bob, conversation, times=3)
    mention(ada, conversation, 2)
    actions.update_membership(actor=ada, conversation=conversation, muted_until=timezone.now() + timedelta(hours=1))
    assert totals(ada) == (0, 0, 2)

    actions.update_membership(actor=ada, conversation=conversation, muted_until=timezone.now() - timedelta(hours=1))
    assert totals(ada) == (1, 3, 2)


def test_archived_does_not_count_until_it_is_back(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    send(bob, conversation, times=3)
    mention(ada, conversation, 1)
    actions.update_membership(actor=ada, conversation=conversation, archived=True)
    assert totals(ada) == (0, 0, 0)

    send(bob, conversation, times=1)
    assert totals(ada) == (1, 4, 1)


def test_deleted_and_left_conversations_do_not_count(ada: Any, bob: Any) -> None:
    deleted, left = make_group(bob, ada), make_group(bob, ada)
    for conversation in (deleted, left):
        send(bob, conversation, times=1)
    actions.delete_conversation(actor=bob, conversation=deleted)
    actions.leave(actor=ada, conversation=left)

    assert totals(ada) == (0, 0, 0)


@pytest.mark.parametrize("size", [2, 20])
def test_unread_is_one_query_at_any_size(ada: Any, bob: Any, size: int, django_assert_num_queries: Any) -> None:
    for _ in range(size):
        send(bob, make_group(ada, bob), times=2)

    with django_assert_num_queries(1):
        assert totals(ada) == (size, 2 * size, 0)
