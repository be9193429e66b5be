from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from django_convo import actions
from django_convo.models import Departure, Participant, get_conversation_model
from tests.people import make_user, row_of


def test_change_moves_updated_at(group: Any, ada: Any, bob: Any) -> None:
    before, other = row_of(group, ada).updated_at, row_of(group, bob).updated_at
    assert Participant.objects.filter(conversation=group.pk, user=ada).change(notify="none") == 1
    assert row_of(group, ada).updated_at > before
    assert row_of(group, bob).updated_at == other


def test_newcomer_is_of_the_moment_and_not_of_the_first_in_this_process(group: Any) -> None:
    before = timezone.now()
    row = Participant.objects.create(conversation=group, user=make_user("late"))
    many = Participant.objects.bulk_create([Participant(conversation=group, user=make_user("later"))])

    assert before <= row.updated_at <= many[0].updated_at <= timezone.now()
    assert row_of(group, row.user).updated_at == row.updated_at


def test_behind_are_those_who_may_see_and_have_not_read(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    for body in ("1", "2", "3"):
        actions.send_message(actor=ada, conversation=group, body=body)
    actions.mark_read(actor=bob, conversation=group, seq=2)
    Participant.objects.filter(user=cyd).update(visible_from_seq=3)
    rows = Participant.objects.filter(conversation=group.pk)
    assert {row.user_id for row in rows.behind(2)} == set()
    assert {row.user_id for row in rows.behind(3)} == {bob.pk, cyd.pk}


def test_with_unread_is_the_difference_of_two_counters(group: Any, ada: Any) -> None:
    for body in ("1", "2"):
        actions.send_message(actor=ada, conversation=group, body=body)
    counts = {row.user_id: row.unread_count for row in Participant.objects.with_unread()}
    assert sorted(counts.values()) == [0, 2, 2]
    assert counts[ada.pk] == 0


def test_the_database_keeps_one_row_for_each_member_and_departure(group: Any, ada: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.create(conversation_id=group.pk, user=ada)
    Departure.objects.create(conversation_id=group.pk, user=ada)
    with pytest.raises(IntegrityError), transaction.atomic():
        Departure.objects.create(conversation_id=group.pk, user=ada)


@pytest.mark.parametrize("values", [{"last_read_seq": -1}, {"visible_from_seq": 0}, {"joined_event_seq": 0}])
def test_the_database_refuses_pointers_that_cannot_be(group: Any, values: dict[str, int]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Participant.objects.filter(conversation=group.pk).update(**values)


# archived before (-1), at (0) or after (1) the last message; muted; is archived
ARCHIVED = [
    (None, False, False),
    (None, True, False),
    (-1, False, False),
    (-1, True, True),
    (0, False, True),
    (1, False, True),
    (1, True, True),
]


@pytest.mark.parametrize(("offset", "is_muted", "expected"), ARCHIVED)
def test_archived_until_the_next_message_unless_muted(
    group: Any, ada: Any, offset: int | None, is_muted: bool, expected: bool
) -> None:
    now = timezone.now()
    last = get_conversation_model()._default_manager.get(pk=group.pk).last_message_at
    row = row_of(group, ada)
    row.archived_at = None if offset is None else last + timedelta(seconds=offset)
    row.muted_until = now + timedelta(hours=1) if is_muted else now - timedelta(hours=1)
    assert row.is_archived(last, now) is expected
    assert row.is_muted(now) is is_muted
