from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import Participant, get_conversation_model
from tests.actions.test_messages import send, statements
from tests.people import log_of, make_user, row_of, unread_of
from tests.recount import assert_counts
from tests.replay import replayed


@pytest.fixture
def talk(group: Any, ada: Any, bob: Any) -> Any:
    """ada 1, bob 2, system 3, ada 4, bob 5, ada 6: cyd has read nothing."""
    for actor, body in ((ada, "1"), (bob, "2"), (None, "3"), (ada, "4"), (bob, "5"), (ada, "6")):
        send(actor, group, body)
    return group


def read(user: Any, conversation: Any, seq: int | None = None) -> tuple[int, int]:
    row = actions.mark_read(actor=user, conversation=conversation, seq=seq)
    stored = row_of(conversation, user)
    assert (row.last_read_seq, row.read_count_seq) == (stored.last_read_seq, stored.read_count_seq)
    assert_counts(conversation.pk)
    return row.last_read_seq, unread_of(conversation, user)


def test_mark_read_moves_to_the_end(talk: Any, cyd: Any) -> None:
    assert unread_of(talk, cyd) == 5
    with replayed(talk):
        assert read(cyd, talk) == (6, 0)
    assert row_of(talk, cyd).last_delivered_seq == 6


def test_mark_read_moves_to_the_middle(talk: Any, cyd: Any) -> None:
    assert [read(cyd, talk, seq) for seq in (1, 2, 3, 5)] == [(1, 4), (2, 3), (3, 3), (5, 1)]


def test_mark_read_counts_none_of_ones_own(talk: Any, bob: Any) -> None:
    # Sending 5 had moved Bob's pointer there; making all unread brings back Ada's three only.
    actions.mark_unread(actor=bob, conversation=talk, seq=1)
    assert unread_of(talk, bob) == 3
    assert read(bob, talk, 1) == (1, 2)
    assert read(bob, talk, 4) == (4, 1)


def test_mark_read_beyond_the_end_is_the_end(talk: Any, cyd: Any) -> None:
    assert read(cyd, talk, 10**30) == (6, 0)
    send(None, talk, "system")
    assert read(cyd, talk) == (7, 0)


@pytest.mark.parametrize("seq", [3, 0, -1, -(10**30)])
def test_mark_read_never_moves_back(talk: Any, cyd: Any, seq: int) -> None:
    read(cyd, talk, 4)
    assert read(cyd, talk, seq) == (4, 2)


def test_mark_read_again_writes_and_emits_nothing(talk: Any, cyd: Any) -> None:
    read(cyd, talk)
    before = row_of(talk, cyd).updated_at
    for seq in (None, 6, 2):
        with CaptureQueriesContext(connection) as queries:
            actions.mark_read(actor=cyd, conversation=talk, seq=seq)
        assert not [query["sql"] for query in queries if query["sql"].startswith("UPDATE")]
    assert row_of(talk, cyd).updated_at == before
    assert len(log_of(talk)) == 7


def test_mark_read_to_the_end_takes_the_same_statements_at_any_distance(talk: Any, ada: Any, cyd: Any) -> None:
    counts = []
    for more in (0, 50):
        for number in range(more):
            send(ada, talk, str(number))
        with CaptureQueriesContext(connection) as queries:
            actions.mark_read(actor=cyd, conversation=talk)
        counts.append(len(statements(queries)))
    assert counts == [3, 3]


def test_own_state_moves_updated_at_from_which_sync_tells(talk: Any, cyd: Any) -> None:
    moments = [row_of(talk, cyd).updated_at]
    for step in (
        lambda: actions.mark_read(actor=cyd, conversation=talk, seq=2),
        lambda: actions.mark_read(actor=cyd, conversation=talk),
        lambda: actions.mark_unread(actor=cyd, conversation=talk, seq=1),
        lambda: actions.update_membership(actor=cyd, conversation=talk, pinned=True),
        lambda: send(cyd, talk),
    ):
        step()
        moments.append(row_of(talk, cyd).updated_at)
    assert moments == sorted(set(moments))


def test_mark_unread_brings_back_what_follows(talk: Any, cyd: Any) -> None:
    read(cyd, talk)
    with replayed(talk):
        row = actions.mark_unread(actor=cyd, conversation=talk, seq=4)
    assert (row.last_read_seq, unread_of(talk, cyd)) == (3, 3)
    assert len(log_of(talk)) == 7
    assert row_of(talk, cyd).last_delivered_seq == 6


def test_mark_unread_beyond_the_end_is_the_end(talk: Any, cyd: Any) -> None:
    assert actions.mark_unread(actor=cyd, conversation=talk, seq=10**30).last_read_seq == 6
    assert_counts(talk.pk)


@pytest.mark.parametrize("seq", [0, -1])
def test_mark_unread_refuses_numbers_below_one(talk: Any, cyd: Any, seq: int) -> None:
    with pytest.raises(Invalid) as raised:
        actions.mark_unread(actor=cyd, conversation=talk, seq=seq)
    assert (raised.value.code, raised.value.field) == ("invalid_seq", "seq")


def test_unread_of_a_newcomer_without_history_begins_with_their_coming(talk: Any, ada: Any) -> None:
    newcomer = make_user("newcomer")
    with override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none"):
        actions.add_participant(actor=ada, conversation=talk, user=newcomer)
    send(ada, talk, "7")
    actions.mark_unread(actor=newcomer, conversation=talk, seq=1)
    assert (row_of(talk, newcomer).last_read_seq, unread_of(talk, newcomer)) == (0, 1)
    assert read(newcomer, talk, 3) == (3, 1)
    assert read(newcomer, talk, 7) == (7, 0)


def test_own_state_is_refused_to_strangers(talk: Any, stranger: Any, site_admin: Any) -> None:
    for actor in (stranger, site_admin):
        for refused in (
            lambda actor=actor: actions.mark_read(actor=actor, conversation=talk),
            lambda actor=actor: actions.mark_read(actor=actor, conversation=talk, seq=1),
            lambda actor=actor: actions.mark_unread(actor=actor, conversation=talk, seq=1),
            lambda actor=actor: actions.update_membership(actor=actor, conversation=talk, pinned=True),
        ):
            with pytest.raises(Denied, match="permission_denied"):
                refused()


def test_update_membership_keeps_what_is_not_given(talk: Any, cyd: Any) -> None:
    until = timezone.now() + timedelta(hours=1)
    with replayed(talk):
        row = actions.update_membership(actor=cyd, conversation=talk, pinned=True, muted_until=until, notify="none")
        row = actions.update_membership(actor=cyd, conversation=talk, archived=True)
    assert row.pinned_at is not None
    assert (row.muted_until, row.notify, row.is_muted()) == (until, "none", True)
    pinned_at = row.pinned_at
    row = actions.update_membership(actor=cyd, conversation=talk, pinned=True, archived=False, muted_until=None)
    assert (row.pinned_at, row.archived_at, row.muted_until) == (pinned_at, None, None)
    assert actions.update_membership(actor=cyd, conversation=talk, pinned=False).pinned_at is None
    assert len(log_of(talk)) == 7


def test_update_membership_with_nothing_new_writes_nothing(talk: Any, cyd: Any) -> None:
    actions.update_membership(actor=cyd, conversation=talk, pinned=True, notify="mentions")
    before = row_of(talk, cyd).updated_at
    actions.update_membership(actor=cyd, conversation=talk, pinned=True, archived=False, notify="mentions")
    actions.update_membership(actor=cyd, conversation=talk)
    assert row_of(talk, cyd).updated_at == before


def test_update_membership_refuses_a_level_that_does_not_exist(talk: Any, cyd: Any) -> None:
    with pytest.raises(Invalid, match="invalid_notify"):
        actions.update_membership(actor=cyd, conversation=talk, notify="loud")


def is_archived(conversation: Any, user: Any) -> bool:
    stored = get_conversation_model()._default_manager.get(pk=conversation.pk)
    return row_of(conversation, user).is_archived(stored.last_message_at)


def test_an_archived_conversation_is_back_with_the_next_message_unless_muted(talk: Any, ada: Any, cyd: Any) -> None:
    actions.update_membership(actor=cyd, conversation=talk, archived=True)
    assert is_archived(talk, cyd)
    send(ada, talk, "7")
    assert not is_archived(talk, cyd)
    until = timezone.now() + timedelta(hours=1)
    actions.update_membership(actor=cyd, conversation=talk, archived=True, muted_until=until)
    send(ada, talk, "8")
    assert is_archived(talk, cyd)
    actions.update_membership(actor=cyd, conversation=talk, muted_until=timezone.now() - timedelta(seconds=1))
    assert not is_archived(talk, cyd)


def test_archiving_works_although_the_last_message_came_from_a_machine_whose_clock_is_ahead(
    talk: Any, cyd: Any
) -> None:
    ahead = timezone.now() + timedelta(seconds=30)
    get_conversation_model()._default_manager.filter(pk=talk.pk).update(last_message_at=ahead, changed_at=ahead)
    actions.update_membership(actor=cyd, conversation=talk, archived=True)
    assert is_archived(talk, cyd)
    assert Participant.objects.get(conversation=talk.pk, user=cyd).archived_at >= ahead


def test_times_never_go_back_although_a_machines_clock_was_ahead(talk: Any, ada: Any) -> None:
    ahead = timezone.now() + timedelta(seconds=30)
    get_conversation_model()._default_manager.filter(pk=talk.pk).update(last_message_at=ahead, changed_at=ahead)
    message = send(ada, talk, "7")
    assert message.sent_at >= ahead
    assert actions.close(actor=ada, conversation=talk).changed_at >= ahead


def test_mark_delivered_moves_forward_only(talk: Any, cyd: Any) -> None:
    found = []
    with replayed(talk):
        for seq in (2, 4, 3, 0, -1, 10**30):
            row = actions.mark_delivered(actor=cyd, conversation=talk, seq=seq)
            assert row.last_delivered_seq == row_of(talk, cyd).last_delivered_seq
            found.append(row.last_delivered_seq)
    assert found == [2, 4, 4, 4, 4, 6]
    assert (row_of(talk, cyd).last_read_seq, unread_of(talk, cyd)) == (0, 5)
    assert len(log_of(talk)) == 7


def test_mark_delivered_again_writes_nothing(talk: Any, cyd: Any) -> None:
    actions.mark_delivered(actor=cyd, conversation=talk, seq=4)
    before = row_of(talk, cyd).updated_at
    for seq in (4, 1):
        actions.mark_delivered(actor=cyd, conversation=talk, seq=seq)
    assert row_of(talk, cyd).updated_at == before


def test_mark_delivered_is_refused_to_strangers(talk: Any, stranger: Any, site_admin: Any) -> None:
    for actor in (stranger, site_admin):
        with pytest.raises(Denied, match="permission_denied"):
            actions.mark_delivered(actor=actor, conversation=talk, seq=1)
    actions.delete_conversation(actor=None, conversation=talk)
    with pytest.raises(NotFound):
        actions.mark_delivered(actor=stranger, conversation=talk, seq=1)


def test_what_is_read_has_been_delivered(talk: Any, cyd: Any) -> None:
    read(cyd, talk, 3)
    assert row_of(talk, cyd).last_delivered_seq == 3
    actions.mark_delivered(actor=cyd, conversation=talk, seq=5)
    read(cyd, talk, 4)
    assert (row_of(talk, cyd).last_read_seq, row_of(talk, cyd).last_delivered_seq) == (4, 5)


def test_settings_of_one_member_are_nobody_elses(talk: Any, bob: Any, cyd: Any) -> None:
    until = timezone.now() + timedelta(hours=1)
    actions.update_membership(
        actor=cyd, conversation=talk, archived=True, pinned=True, muted_until=until, notify="none"
    )
    other = row_of(talk, bob)
    assert (other.archived_at, other.pinned_at, other.muted_until, other.notify) == (None, None, None, "all")
    actions.leave(actor=cyd, conversation=talk)
    actions.add_participant(actor=None, conversation=talk, user=cyd)
    again = row_of(talk, cyd)
    assert (again.archived_at, again.pinned_at, again.muted_until, again.notify) == (None, None, None, "all")


def test_coming_back_from_the_archive_writes_no_row_of_a_member(talk: Any, ada: Any, cyd: Any) -> None:
    actions.update_membership(actor=cyd, conversation=talk, archived=True)
    before = row_of(talk, cyd)
    send(ada, talk, "7")
    after = row_of(talk, cyd)
    assert not is_archived(talk, cyd)
    assert (after.archived_at, after.updated_at) == (before.archived_at, before.updated_at)
