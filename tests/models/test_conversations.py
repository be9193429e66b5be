from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from django_convo import actions
from django_convo.exceptions import Denied
from django_convo.models import get_conversation_model
from tests.people import make_user, row_of


def manager() -> Any:
    return get_conversation_model()._default_manager


def test_membership_is_asked_once_per_instance_and_user(
    group: Any, bob: Any, stranger: Any, django_assert_num_queries: Any
) -> None:
    fresh = manager().get(pk=group.pk)
    with django_assert_num_queries(2):
        for _ in range(3):
            assert fresh.membership_of(bob).user_id == bob.pk
            assert fresh.membership_of(stranger) is None
    assert fresh.knows_membership_of(bob)
    assert not manager().get(pk=group.pk).knows_membership_of(bob)


def test_what_is_remembered_is_void_once_members_have_changed(group: Any, ada: Any, bob: Any) -> None:
    fresh = manager().get(pk=group.pk)
    assert fresh.membership_of(bob) is not None
    actions.remove_participant(actor=ada, conversation=group, user=bob)
    fresh.refresh_from_db()
    assert not fresh.knows_membership_of(bob)
    assert fresh.membership_of(bob) is None


def test_what_is_remembered_is_taken_over_only_by_the_same_state(group: Any, ada: Any, bob: Any) -> None:
    older = manager().get(pk=group.pk)
    older.remember_membership(bob, row_of(group, bob))
    same = manager().get(pk=group.pk)
    same.inherit_memberships(older)
    assert same.knows_membership_of(bob)
    actions.send_message(actor=ada, conversation=group, body="moves changed_at")
    later = manager().get(pk=group.pk)
    later.inherit_memberships(older)
    assert not later.knows_membership_of(bob)


def test_a_membership_that_was_rolled_back_is_not_believed(group: Any, ada: Any, bob: Any) -> None:
    stranger, newcomer = make_user("stranger"), make_user("newcomer")
    with transaction.atomic():
        undone = actions.add_participant(actor=ada, conversation=group, user=stranger)
        assert undone.knows_membership_of(stranger)
        transaction.set_rollback(True)
    # The next change is given the number that the rollback took back.
    done = actions.add_participant(actor=ada, conversation=group, user=newcomer)
    assert done.membership_version == undone.membership_version
    with pytest.raises(Denied, match="permission_denied"):
        actions.send_message(actor=stranger, conversation=undone, body="let me in")


def test_live_leaves_out_tombstones_and_having_keeps_ones_own(group: Any, direct: Any, ada: Any, cyd: Any) -> None:
    assert {row.pk for row in manager().having(ada)} == {group.pk, direct.pk}
    assert {row.pk for row in manager().having(cyd)} == {group.pk}
    manager().filter(pk=group.pk).update(deleted_at=timezone.now())
    assert {row.pk for row in manager().live()} == {direct.pk}


def test_locked_is_in_key_order_and_lets_foreign_keys_in(group: Any, direct: Any) -> None:
    with transaction.atomic():
        assert [row.pk for row in manager().locked()] == sorted([group.pk, direct.pk])
    sql = str(manager().locked().query)
    assert "ORDER BY" in sql
    if connection.vendor == "postgresql":
        assert "FOR NO KEY UPDATE" in sql


@pytest.mark.parametrize(
    "values",
    [
        {"subject_id": "1"},
        {"last_seq": 1, "count_seq": 2},
        {"count_seq": -1, "last_seq": 0},
        {"event_seq": -1},
    ],
)
def test_the_database_refuses_counters_and_subjects_that_cannot_be(group: Any, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        manager().filter(pk=group.pk).update(**values)


def test_a_conversation_is_called_by_its_title_or_kind(group: Any) -> None:
    assert str(group) == f"group {group.pk}"
    group.title = "Trip"
    assert str(group) == "Trip"
    assert not group.is_direct
    assert not group.is_closed
