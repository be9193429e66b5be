from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.models import Departure, Event, Participant, get_conversation_model
from django_convo.selectors import Changes, Position, changes, decorate, read_log, visible
from django_convo.selectors.sync import OVERLAP
from tests.people import make_group


def sync(actor: Any, position: Position | None = None, heads: Any = None, *, limit: int = 50) -> Changes:
    return changes(actor, position=position, heads=heads or {}, limit=limit)


def keys(found: Changes) -> list[Any]:
    return [row.pk for row in found.conversations]


def turn_back(conversation: Any, by: timedelta) -> None:
    """Make everything that has happened so far lie that much further back."""
    rows = get_conversation_model()._default_manager.filter(pk=conversation.pk)
    rows.update(changed_at=rows.get().changed_at - by)
    for participant in Participant.objects.filter(conversation=conversation.pk):
        Participant.objects.filter(pk=participant.pk).update(updated_at=participant.updated_at - by)


HOUR = timedelta(hours=1)


def test_first_pass_holds_everything_in_pages(ada: Any, bob: Any) -> None:
    made = {make_group(ada, bob).pk for _ in range(5)}
    seen: list[Any] = []
    found = sync(ada, limit=2)
    while True:
        seen += keys(found)
        if not found.more:
            break
        found = sync(ada, found.position, limit=2)

    assert sorted(seen) == sorted(made)
    assert found.removed == []


def test_next_pass_holds_what_changed_since(ada: Any, bob: Any) -> None:
    still, sent, read = (make_group(ada, bob) for _ in range(3))
    for conversation in (still, sent, read):
        turn_back(conversation, HOUR)
    position = sync(ada).position
    assert keys(sync(ada, position)) == []

    actions.send_message(actor=bob, conversation=sent, body="news")
    actions.update_membership(actor=ada, conversation=read, pinned=True)

    assert set(keys(sync(ada, position))) == {sent.pk, read.pk}


def test_another_members_own_state_is_no_change(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    turn_back(conversation, HOUR)
    position = sync(ada).position
    actions.update_membership(actor=bob, conversation=conversation, pinned=True)

    assert keys(sync(ada, position)) == []
    assert keys(sync(bob, position)) == [conversation.pk]


def test_a_row_committed_late_is_not_missed(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    position = sync(ada).position
    assert position.since is not None
    # Written before the pass began, seen only after it.
    get_conversation_model()._default_manager.filter(pk=conversation.pk).update(
        changed_at=position.since - OVERLAP / 2
    )
    Participant.objects.filter(conversation=conversation.pk).update(updated_at=position.since - HOUR)

    assert keys(sync(ada, position)) == [conversation.pk]


def test_what_changes_during_a_pass_is_shown_again(ada: Any, bob: Any) -> None:
    first, *_others = [make_group(ada, bob) for _ in range(4)]
    page = sync(ada, limit=2)
    assert first.pk in keys(page)
    actions.send_message(actor=bob, conversation=first, body="news")

    rest = sync(ada, page.position, limit=10)

    assert first.pk in keys(rest)
    assert len(keys(rest)) == 3


def test_what_one_left_or_lost_is_removed(ada: Any, bob: Any) -> None:
    left, deleted, kept = (make_group(bob, ada) for _ in range(3))
    position = sync(ada).position
    actions.leave(actor=ada, conversation=left)
    actions.delete_conversation(actor=bob, conversation=deleted)

    found = sync(ada, position)

    assert set(found.removed) == {left.pk, deleted.pk}
    assert keys(found) == [kept.pk]


def test_an_old_departure_is_not_told_again_and_again(ada: Any, bob: Any) -> None:
    conversation = make_group(bob, ada)
    actions.leave(actor=ada, conversation=conversation)
    Departure.objects.update(left_at=timezone.now() - HOUR)

    assert sync(ada, sync(ada).position).removed == []


def test_a_departure_is_void_for_one_who_is_back(ada: Any, bob: Any) -> None:
    conversation = make_group(bob, ada)
    position = sync(ada).position
    actions.leave(actor=ada, conversation=conversation)
    actions.add_participant(actor=bob, conversation=conversation, user=ada)

    found = sync(ada, position)

    assert found.removed == []
    assert keys(found) == [conversation.pk]


def test_heads_bring_the_events_that_follow(ada: Any, bob: Any) -> None:
    behind, level = make_group(ada, bob), make_group(ada, bob)
    for body in ("one", "two", "three"):
        actions.send_message(actor=bob, conversation=behind, body=body)

    found = sync(ada, heads={behind.pk: 2, level.pk: 1})

    assert [event.event_seq for event in found.logs[behind.pk].events] == [3, 4]
    assert level.pk not in found.logs
    assert found.limited == []


def test_heads_too_far_behind_are_limited(ada: Any, bob: Any, settings: Any) -> None:
    settings.CONVO_SYNC_MAX_EVENTS = 2
    conversation = make_group(ada, bob)
    for body in ("one", "two"):
        actions.send_message(actor=bob, conversation=conversation, body=body)

    assert sync(ada, heads={conversation.pk: 1}).limited == []
    found = sync(ada, heads={conversation.pk: 0})
    assert found.limited == [conversation.pk]
    assert found.logs == {}


def test_all_events_of_one_answer_are_bounded(ada: Any, bob: Any, settings: Any) -> None:
    settings.CONVO_SYNC_MAX_EVENTS = 1
    made = [make_group(ada, bob) for _ in range(12)]

    found = sync(ada, heads={conversation.pk: 0 for conversation in made})

    assert len(found.logs) == 10
    assert len(found.limited) == 2


def test_a_head_beyond_the_log_is_limited(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)

    assert sync(ada, heads={conversation.pk: 7}).limited == [conversation.pk]


def test_a_head_before_the_members_log_or_the_kept_log_is_limited(ada: Any, bob: Any, cyd: Any) -> None:
    conversation = make_group(ada, bob)
    actions.add_participant(actor=ada, conversation=conversation, user=cyd)
    assert sync(cyd, heads={conversation.pk: 0}).limited == [conversation.pk]
    assert sync(cyd, heads={conversation.pk: 1}).limited == []

    actions.send_message(actor=ada, conversation=conversation, body="kept")
    Event.objects.filter(conversation=conversation.pk, event_seq__lt=3).delete()
    assert sync(ada, heads={conversation.pk: 1}).limited == [conversation.pk]
    assert sync(ada, heads={conversation.pk: 2}).limited == []


def test_heads_of_what_one_cannot_see_are_removed_alike(ada: Any, bob: Any, stranger: Any, channel: Any) -> None:
    left, deleted, others = make_group(bob, ada), make_group(ada, bob), make_group(bob, stranger)
    actions.leave(actor=ada, conversation=left)
    actions.delete_conversation(actor=ada, conversation=deleted)
    never = uuid4()

    found = sync(ada, heads={left.pk: 1, deleted.pk: 1, others.pk: 1, never: 1, channel.pk: 1})
    assert set(found.removed) == {left.pk, deleted.pk, others.pk, never}
    # An open channel is visible to all, but its log is its members'.
    assert sync(bob, heads={channel.pk: 1}).removed == [channel.pk]


@pytest.mark.parametrize("size", [2, 12])
def test_sync_is_bounded_in_queries(ada: Any, bob: Any, size: int, django_assert_num_queries: Any) -> None:
    made = [make_group(ada, bob) for _ in range(size)]
    position = sync(ada).position
    for conversation in made:
        actions.send_message(actor=bob, conversation=conversation, body="news")

    with django_assert_num_queries(4):
        found = sync(ada, position, heads={conversation.pk: 1 for conversation in made})
    assert len(found.logs) == size
    with django_assert_num_queries(2):
        decorate(ada, found.conversations)


def log(user: Any, conversation: Any, after: int, limit: int = 50) -> tuple[list[int], int, bool]:
    found = read_log(user, visible(user).get(pk=conversation.pk), after=after, limit=limit)
    return [event.event_seq for event in found.events], found.head, found.limited


def test_log_goes_on_from_a_number(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    for body in ("one", "two", "three"):
        actions.send_message(actor=bob, conversation=conversation, body=body)

    assert log(ada, conversation, 0) == ([1, 2, 3, 4], 4, False)
    assert log(ada, conversation, 1, limit=2) == ([2, 3], 4, False)
    assert log(ada, conversation, 4) == ([], 4, False)
    assert log(ada, conversation, 5) == ([], 4, True)


def test_log_begins_where_one_joined(ada: Any, bob: Any, cyd: Any) -> None:
    conversation = make_group(ada, bob)
    actions.send_message(actor=bob, conversation=conversation, body="before")
    actions.add_participant(actor=ada, conversation=conversation, user=cyd)

    assert log(cyd, conversation, 0) == ([3], 3, True)
    assert log(cyd, conversation, 1) == ([3], 3, True)
    assert log(cyd, conversation, 2) == ([3], 3, False)
    assert log(cyd, conversation, 3) == ([], 3, False)


def test_log_says_what_was_pruned(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    for body in ("one", "two"):
        actions.send_message(actor=bob, conversation=conversation, body=body)
    Event.objects.filter(conversation=conversation.pk, event_seq=1).delete()

    assert log(ada, conversation, 0) == ([2, 3], 3, True)
    assert log(ada, conversation, 1) == ([2, 3], 3, False)
    Event.objects.filter(conversation=conversation.pk).delete()
    assert log(ada, conversation, 2) == ([], 3, True)
    assert log(ada, conversation, 3) == ([], 3, False)
