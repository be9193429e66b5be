from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from django_convo import actions
from django_convo.exceptions import NotFound
from django_convo.testing import recorded_hints
from django_convo.types import HintKind
from tests.people import log_of
from tests.replay import assert_caught_up, clients_of


def test_refresh_moves_what_hubs_and_sweeps_compare(group: Any) -> None:
    before = group.membership_version, group.changed_at, group.event_seq

    row = actions.refresh_access(group)
    group.refresh_from_db()

    assert (row.membership_version, row.changed_at) == (group.membership_version, group.changed_at)
    assert group.membership_version == before[0] + 1
    assert group.changed_at > before[1]
    assert group.event_seq == before[2]


def test_refresh_emits_no_event_and_changes_no_state(group: Any) -> None:
    before = len(log_of(group))

    clients = clients_of(group.pk)

    actions.refresh_access(group)

    assert len(log_of(group)) == before
    assert_caught_up(clients)


def test_refresh_is_told_after_the_commit_alone(group: Any, django_capture_on_commit_callbacks: Any) -> None:
    with recorded_hints() as hints:
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            actions.refresh_access(group)
            assert hints == []
        assert [(hint.kind, hint.conversation_id) for hint in hints] == [(HintKind.ACCESS, group.pk)]
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            actions.refresh_access(group)
            transaction.set_rollback(True)
        assert len(hints) == 1


def test_refresh_of_a_deleted_conversation_is_not_found(ada: Any, group: Any) -> None:
    actions.delete_conversation(actor=ada, conversation=group)

    with pytest.raises(NotFound):
        actions.refresh_access(group)
