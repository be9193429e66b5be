from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.exceptions import Denied, NotFound
from django_convo.models import AbstractMessage, AuditEntry, get_message_model
from tests.people import log_of, make_direct, make_user, row_of, unread_of
from tests.replay import replayed


@pytest.fixture
def message(group: Any, cyd: Any, ada: Any) -> AbstractMessage:
    return actions.send_message(actor=cyd, conversation=group, body="secret", metadata={"a": 1}, mentions=[ada])


def stored(message: Any) -> Any:
    return get_message_model()._default_manager.get(pk=message.pk)


def test_delete_leaves_a_tombstone(group: Any, cyd: Any, message: Any) -> None:
    with replayed(group):
        actions.delete_message(actor=cyd, message=message)

    row = stored(message)
    assert (row.message_body, row.metadata, row.seq, row.deleted_by) == ("", {}, 1, cyd)
    assert row.deleted_at is not None
    assert log_of(group, after=2) == [("message.deleted", cyd.pk, 1, {"message_id": str(message.pk)})]


def test_delete_counts_for_those_who_have_not_read(group: Any, ada: Any, bob: Any, cyd: Any, message: Any) -> None:
    actions.mark_read(actor=bob, conversation=group)
    with replayed(group):
        actions.delete_message(actor=cyd, message=message)

    assert [unread_of(group, user) for user in (ada, bob, cyd)] == [0, 0, 0]
    assert row_of(group, ada).mention_count == 0


def test_restore_brings_everything_back(group: Any, ada: Any, bob: Any, cyd: Any, message: Any) -> None:
    actions.delete_message(actor=cyd, message=message)
    with replayed(group):
        actions.restore_message(actor=cyd, message=message)

    row = stored(message)
    assert (row.message_body, row.metadata, row.deleted_at, row.deleted_by) == ("secret", {"a": 1}, None, None)
    assert [unread_of(group, user) for user in (ada, bob, cyd)] == [1, 1, 0]
    assert row_of(group, ada).mention_count == 1
    assert [name for name, *_ in log_of(group, after=3)] == ["message.restored"]


def test_repeated_changes_nothing(group: Any, cyd: Any, message: Any) -> None:
    actions.restore_message(actor=cyd, message=message)
    actions.delete_message(actor=cyd, message=message)
    actions.delete_message(actor=cyd, message=message)
    actions.restore_message(actor=cyd, message=message)
    actions.restore_message(actor=cyd, message=message)

    assert [name for name, *_ in log_of(group, after=2)] == ["message.deleted", "message.restored"]


def test_who_may_delete(group: Any, ada: Any, bob: Any, cyd: Any, site_admin: Any) -> None:
    def sent(actor: Any) -> Any:
        return actions.send_message(actor=actor, conversation=group, body="hello")

    for actor in (ada, bob, site_admin, None):
        assert actions.delete_message(actor=actor, message=sent(cyd)).is_deleted
    with pytest.raises(Denied, match="permission_denied"):
        actions.delete_message(actor=cyd, message=sent(ada))
    with pytest.raises(NotFound):
        actions.delete_message(actor=make_user("stranger"), message=sent(ada))


def test_in_a_direct_one_deletes_ones_own(ada: Any, bob: Any) -> None:
    direct = make_direct(ada, bob)
    own, other = (actions.send_message(actor=actor, conversation=direct, body="x") for actor in (ada, bob))

    actions.delete_message(actor=ada, message=own)
    with pytest.raises(Denied):
        actions.delete_message(actor=ada, message=other)


def test_delete_works_in_a_closed_conversation_and_restore_does_not(
    group: Any, ada: Any, cyd: Any, message: Any
) -> None:
    actions.close(actor=ada, conversation=group)
    actions.delete_message(actor=cyd, message=message)

    with pytest.raises(Denied, match="conversation_closed"):
        actions.restore_message(actor=cyd, message=message)


def test_only_who_deleted_restores(group: Any, ada: Any, bob: Any, cyd: Any, message: Any) -> None:
    actions.delete_message(actor=ada, message=message)
    for actor in (bob, cyd):
        with pytest.raises(Denied, match="permission_denied"):
            actions.restore_message(actor=actor, message=message)
    actions.restore_message(actor=ada, message=message)
    actions.delete_message(actor=cyd, message=message)
    actions.restore_message(actor=None, message=message)

    assert not stored(message).is_deleted


def test_restore_within_the_window_alone(cyd: Any, message: Any, settings: Any) -> None:
    settings.CONVO_UNDO_WINDOW = timedelta(minutes=1)
    actions.delete_message(actor=cyd, message=message)
    rows = get_message_model()._default_manager.filter(pk=message.pk)
    rows.update(deleted_at=timezone.now() - timedelta(seconds=61))
    with pytest.raises(Denied, match="undo_window_over"):
        actions.restore_message(actor=cyd, message=message)
    rows.update(deleted_at=timezone.now() - timedelta(seconds=30))
    actions.restore_message(actor=cyd, message=message)


def test_a_power_over_others_is_written_down(group: Any, ada: Any, cyd: Any, message: Any) -> None:
    actions.delete_message(actor=cyd, message=message)
    actions.restore_message(actor=cyd, message=message)
    assert not AuditEntry.objects.exists()
    actions.delete_message(actor=ada, message=message)
    actions.restore_message(actor=ada, message=message)

    entries = AuditEntry.objects.order_by("entry_id")
    assert [(entry.action, entry.actor, entry.user) for entry in entries] == [
        ("message.deleted", ada, cyd),
        ("message.restored", ada, cyd),
    ]
    assert {(entry.conversation_id, entry.message_id) for entry in entries} == {(group.pk, message.pk)}
    assert "secret" not in str([entry.detail for entry in entries])


def test_newcomers_count_nothing_of_what_is_restored(
    group: Any, ada: Any, cyd: Any, stranger: Any, message: Any
) -> None:
    actions.delete_message(actor=cyd, message=message)
    actions.add_participant(actor=ada, conversation=group, user=stranger)
    with replayed(group):
        actions.restore_message(actor=cyd, message=message)

    assert unread_of(group, stranger) == 0
