from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.models import Participant, get_conversation_model
from django_convo.selectors import connections
from tests.people import make_group, make_user, row_of

Queries = Callable[[int], Any]


def test_memberships_are_those_that_one_sees(ada: Any, bob: Any, group: Any, direct: Any, channel: Any) -> None:
    gone = make_group(ada, bob)
    actions.delete_conversation(actor=ada, conversation=gone)

    found = {item.sight.conversation_id: item for item in connections.memberships(bob)}

    # Not the channel, which Bob sees and takes no part in.
    assert found.keys() == {group.pk, direct.pk}
    row = row_of(group, bob)
    group.refresh_from_db()
    assert (found[group.pk].event_seq, found[group.pk].membership_version) == (
        group.event_seq,
        group.membership_version,
    )
    sight = found[group.pk].sight
    assert (sight.user_id, sight.visible_from_seq, sight.joined_event_seq, sight.updated_at) == (
        bob.pk,
        row.visible_from_seq,
        row.joined_event_seq,
        row.updated_at,
    )


def test_memberships_of_the_banned_are_none(bob: Any, group: Any) -> None:
    actions.impose_sanction(actor=None, user=bob, kind="ban")

    assert connections.memberships(bob) == []


@pytest.mark.parametrize("number", [1, 9])
def test_memberships_are_one_query(ada: Any, bob: Any, number: int, django_assert_num_queries: Queries) -> None:
    for _ in range(number):
        make_group(ada, bob)

    with django_assert_num_queries(1):
        assert len(connections.memberships(bob)) == number


def test_sights_are_of_those_asked_about(ada: Any, bob: Any, cyd: Any, group: Any, stranger: Any) -> None:
    other = make_group(ada, stranger)

    found = connections.sights([group.pk], [bob.pk, stranger.pk])

    assert [(sight.conversation_id, sight.user_id) for sight in found] == [(group.pk, bob.pk)]
    assert {sight.user_id for sight in connections.sights([group.pk, other.pk], [ada.pk])} == {ada.pk}


def test_sights_of_many_are_asked_in_parts(
    ada: Any, bob: Any, cyd: Any, group: Any, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Queries
) -> None:
    monkeypatch.setattr(connections, "_AT_ONCE", 2)

    with django_assert_num_queries(2):
        found = connections.sights([group.pk], [ada.pk, bob.pk, cyd.pk])

    assert {sight.user_id for sight in found} == {ada.pk, bob.pk, cyd.pk}


def test_changed_conversations_are_those_since_a_moment_deleted_or_not(ada: Any, bob: Any) -> None:
    old, new, deleted = (make_group(ada, bob) for _ in range(3))
    moment = timezone.now() - timedelta(minutes=1)
    get_conversation_model()._default_manager.filter(pk=old.pk).update(changed_at=moment - timedelta(seconds=1))
    actions.delete_conversation(actor=ada, conversation=deleted)

    found = {item.conversation_id: item for item in connections.changed_conversations(moment)}

    assert found.keys() == {new.pk, deleted.pk}
    new.refresh_from_db()
    assert (found[new.pk].event_seq, found[new.pk].membership_version) == (new.event_seq, new.membership_version)


def test_changed_sights_are_those_since_a_moment(ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    moment = timezone.now() - timedelta(minutes=1)
    Participant.objects.filter(user=ada).update(updated_at=moment - timedelta(seconds=1))

    found = connections.changed_sights([ada.pk, bob.pk], moment)

    assert {sight.user_id for sight in found} == {bob.pk}


def test_own_rows_come_with_conversation_and_draft(
    ada: Any, bob: Any, group: Any, direct: Any, django_assert_num_queries: Queries
) -> None:
    actions.save_draft(actor=bob, conversation=group, body="hm")
    wanted = {(group.pk, bob.pk), (direct.pk, ada.pk), (direct.pk, make_user("nobody").pk)}

    with django_assert_num_queries(2):
        rows = {(row.conversation_id, row.user_id): row for row in connections.own_rows(wanted)}
        # Not Ada's in the group, nor Bob's in the direct.
        assert rows.keys() == {(group.pk, bob.pk), (direct.pk, ada.pk)}
        assert rows[(group.pk, bob.pk)].own_draft.message_body == "hm"
        assert rows[(direct.pk, ada.pk)].own_draft is None
        assert rows[(group.pk, bob.pk)].conversation.event_seq


def test_kept_apart_are_both_sides_of_a_block(ada: Any, bob: Any, cyd: Any, stranger: Any) -> None:
    actions.block_user(actor=ada, user=bob)
    actions.block_user(actor=cyd, user=ada)
    actions.block_user(actor=bob, user=stranger)

    assert connections.kept_apart(ada.pk, [bob.pk, cyd.pk, stranger.pk]) == {bob.pk, cyd.pk}
    assert connections.kept_apart(ada.pk, [cyd.pk]) == {cyd.pk}
    assert connections.kept_apart(ada.pk, []) == set()
    assert connections.all_kept_apart([ada.pk, stranger.pk]) == {ada.pk: {bob.pk, cyd.pk}, stranger.pk: {bob.pk}}
    assert connections.all_kept_apart([bob.pk, ada.pk])[bob.pk] == {ada.pk, stranger.pk}


def test_companions_are_the_others_where_one_takes_part(ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    assert connections.companions(ada, group.pk, most=3) == {bob.pk: bob, cyd.pk: cyd}
    assert connections.companions(ada, group.pk, most=2) == {}


def test_companions_of_a_stranger_are_none(stranger: Any, group: Any) -> None:
    assert connections.companions(stranger, group.pk, most=99) == {}


def test_companions_in_a_deleted_conversation_are_none(ada: Any, group: Any) -> None:
    actions.delete_conversation(actor=ada, conversation=group)

    assert connections.companions(ada, group.pk, most=99) == {}


def test_small_conversations_are_those_of_at_most_so_many(
    ada: Any, bob: Any, direct: Any, group: Any, stranger: Any
) -> None:
    def small(most: int) -> dict[Any, set[Any]]:
        found = connections.small_conversations([ada.pk, stranger.pk], most=most)
        return {key: set(places) for key, places in found.items()}

    assert small(3) == {ada.pk: {direct.pk, group.pk}, stranger.pk: set()}
    assert small(2) == {ada.pk: {direct.pk}, stranger.pk: set()}
    actions.delete_conversation(actor=ada, conversation=group)
    assert small(3) == {ada.pk: {direct.pk}, stranger.pk: set()}


def test_participants_of_conversations_are_those_of_now(ada: Any, bob: Any, cyd: Any, direct: Any, group: Any) -> None:
    actions.remove_participant(actor=ada, conversation=group, user=bob)

    assert connections.participants_of([direct.pk, group.pk]) == {
        direct.pk: {ada.pk, bob.pk},
        group.pk: {ada.pk, cyd.pk},
    }
