"""Old messages go from the beginning, tombstones lose what they held, and every promise still holds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from django_convo.actions import maintenance
from django_convo.actions.maintenance import messages as module
from django_convo.exceptions import Denied, NotFound
from django_convo.models import (
    Attachment,
    Mention,
    MessageRevision,
    PinnedMessage,
    Reaction,
    SavedMessage,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.differences import find_differences
from django_convo.selectors.messages import find_conversation, oldest_seq
from django_convo.selectors.windows import WindowBounds, window
from tests.people import bodies_of, log_of, make_user, row_of, unread_of
from tests.pictures import is_stored, upload
from tests.recount import assert_counts
from tests.replay import replayed

YEAR = timedelta(days=365)


def age(conversation: Any, through: int, by: timedelta = YEAR) -> None:
    """Let the messages up to a number have been sent long ago."""
    long_ago = timezone.now() - by
    get_message_model()._default_manager.filter(conversation=conversation.pk, seq__lte=through).update(
        sent_at=long_ago
    )
    rows = get_conversation_model()._default_manager.filter(pk=conversation.pk, last_seq__lte=through)
    rows.update(last_message_at=long_ago)


def prune(conversation: Any, limit: int = 1000) -> int:
    """Prune what is older than a month, as the command does; returns how many went."""
    before, total = timezone.now() - timedelta(days=30), 0
    while step := maintenance.prune_messages(conversation_id=conversation.pk, before=before, limit=limit):
        total += step
    return total


def seqs(conversation: Any) -> list[int]:
    rows = get_message_model()._default_manager.filter(conversation=conversation.pk).order_by("seq")
    return list(rows.values_list("seq", flat=True))


@pytest.fixture
def talk(group: Any, ada: Any, bob: Any, cyd: Any) -> Any:
    """Eight messages that name each other and people; Bob has read half, Cyd nothing, a quarter is deleted."""
    send = actions.send_message
    first = send(actor=ada, conversation=group, body="1", mentions=[cyd])
    send(actor=bob, conversation=group, body="2", mentions=[actions.EVERYONE])
    root = send(actor=ada, conversation=group, body="3", reply_to=first)
    send(actor=None, conversation=group, body="4")
    send(actor=bob, conversation=group, body="5", thread_root=root, mentions=[cyd])
    gone = send(actor=ada, conversation=group, body="6", mentions=[cyd])
    send(actor=bob, conversation=group, body="7", thread_root=root, reply_to=root)
    send(actor=ada, conversation=group, body="8", mentions=[bob, cyd], reply_to=first)
    actions.delete_message(actor=ada, message=gone)
    actions.mark_unread(actor=bob, conversation=group, seq=5)
    return group


@pytest.mark.parametrize("limit", [1, 3, 1000])
@pytest.mark.parametrize("through", [2, 5, 7])
def test_prune_keeps_every_promise(talk: Any, ada: Any, cyd: Any, through: int, limit: int) -> None:
    age(talk, through)

    with replayed(talk, oldest=through + 1):
        assert prune(talk, limit) == through

    assert seqs(talk) == list(range(through + 1, 9))
    assert find_differences([talk.pk]) == []
    for user in (ada, cyd):
        assert row_of(talk, user).visible_from_seq == through + 1


@pytest.mark.parametrize("through", [3, 7])
def test_prune_and_a_recount_count_alike(talk: Any, bob: Any, cyd: Any, through: int) -> None:
    age(talk, through)
    prune(talk, 2)

    for user in (bob, cyd):
        counted = (unread_of(talk, user), row_of(talk, user).mention_count)
        actions.mark_unread(actor=user, conversation=talk, seq=row_of(talk, user).last_read_seq + 1)
        assert (unread_of(talk, user), row_of(talk, user).mention_count) == counted
    assert_counts(talk.pk, oldest=through + 1)


def test_prune_goes_on_with_the_numbers(talk: Any, ada: Any) -> None:
    age(talk, 8)
    prune(talk)

    with replayed(talk, oldest=8):
        sent = actions.send_message(actor=ada, conversation=talk, body="9")
    assert sent.seq == 9
    assert find_differences([talk.pk]) == []


@pytest.mark.parametrize("limit", [1, 1000])
def test_prune_empties_the_newest_and_keeps_its_row(talk: Any, ada: Any, limit: int) -> None:
    age(talk, 8)

    with replayed(talk, oldest=8):
        assert prune(talk, limit) == 8

    assert bodies_of(talk) == [""]
    assert not MessageRevision.objects.exists()
    assert not Mention.objects.exists()
    row = get_conversation_model()._default_manager.get(pk=talk.pk)
    newest = get_message_model()._default_manager.get(conversation=talk.pk)
    assert (row.last_seq, row.last_message_id, newest.is_deleted) == (8, newest.pk, True)
    assert [name for name, *_ in log_of(talk)][-1] == "message.deleted"
    assert prune(talk, limit) == 0


def test_prune_tells_clients_from_where_on_they_have_messages(talk: Any) -> None:
    before = len(log_of(talk))
    age(talk, 3)
    prune(talk)

    told = ("conversation.updated", None, None, {"fields": ["oldest_seq"], "oldest_seq": 4})
    assert log_of(talk, after=before) == [told]


def test_prune_of_nothing_old_emits_nothing(talk: Any) -> None:
    before = log_of(talk)

    assert prune(talk) == 0
    assert log_of(talk) == before


def test_prune_stops_at_the_first_that_is_not_old(talk: Any) -> None:
    age(talk, 5)
    get_message_model()._default_manager.filter(conversation=talk.pk, seq=3).update(sent_at=timezone.now())

    prune(talk)

    assert seqs(talk)[0] == 3


def test_prune_that_fails_leaves_everything(talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(keys: Any, using: str) -> int:
        raise ProtectedError("An invoice points at it.", set())

    age(talk, 5)
    monkeypatch.setattr(module, "remove_messages", refuse)
    with replayed(talk), pytest.raises(ProtectedError):
        prune(talk)


def test_prune_refuses_what_is_not_there(talk: Any, ada: Any) -> None:
    actions.delete_conversation(actor=ada, conversation=talk)

    with pytest.raises(NotFound):
        prune(talk)


def test_prune_takes_everything_that_belongs_to_a_message(talk: Any, ada: Any, bob: Any, cyd: Any) -> None:
    message = actions.send_message(actor=bob, conversation=talk, body="9", attachments=[upload(bob)], mentions=[cyd])
    attachment = Attachment.objects.get(message=message.pk)
    actions.edit_message(actor=bob, message=message, body="nine")
    actions.add_reaction(actor=ada, message=message, emoji="👍")
    actions.save_message(actor=cyd, message=message)
    actions.pin_message(actor=ada, message=message)
    actions.send_message(actor=ada, conversation=talk, body="10")
    age(talk, 9)

    with replayed(talk, oldest=10):
        prune(talk)

    for child in (Attachment, Mention, MessageRevision, PinnedMessage, Reaction, SavedMessage):
        assert not child._default_manager.exists()
    assert find_differences([talk.pk]) == []
    assert attachment.message_id == message.pk


@pytest.mark.django_db(transaction=True)
def test_prune_removes_files_once_it_is_safe(talk: Any, bob: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = actions.send_message(actor=bob, conversation=talk, body="9", attachments=[upload(bob)])
    attachment = Attachment.objects.get(message=sent.pk)
    actions.send_message(actor=bob, conversation=talk, body="10")
    age(talk, 9)
    with monkeypatch.context() as patch:
        patch.setattr(module.Change, "write", lambda self: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            prune(talk)
    assert is_stored(attachment)

    prune(talk)

    assert not is_stored(attachment)


def test_window_after_pruning_begins_with_what_is_left(talk: Any, ada: Any, site_admin: Any, settings: Any) -> None:
    settings.CONVO_ROLES = {"admin": ["conversation.view_any"]}
    age(talk, 5)
    prune(talk)

    for viewer in (ada, site_admin):
        row = find_conversation(viewer, talk.pk)
        shown = window(viewer, row, WindowBounds(limit=2, around=1))
        assert (shown.oldest_seq, shown.anchor_seq, shown.has_older) == (6, 6, False)
        assert [message.seq for message in shown.rows] == [7, 6]
        assert not window(viewer, row, WindowBounds(limit=2, after=5)).has_older
        assert not window(viewer, row, WindowBounds(limit=2, before=3)).rows


def test_newcomer_sees_what_is_left(talk: Any, ada: Any) -> None:
    age(talk, 5)
    prune(talk)
    newcomer = make_user("newcomer")

    with replayed(talk, oldest=6):
        actions.add_participant(actor=ada, conversation=talk, user=newcomer)

    assert row_of(talk, newcomer).visible_from_seq == 6
    assert actions.mark_unread(actor=newcomer, conversation=talk, seq=1).visible_from_seq == 6
    assert unread_of(talk, newcomer) == 2
    assert find_differences([talk.pk]) == []


def test_oldest_of_a_conversation_without_messages_is_the_first(group: Any) -> None:
    assert oldest_seq(group) == 1


def test_prune_takes_as_many_statements_for_many_as_for_few(group: Any, ada: Any) -> None:
    def statements(number: int) -> int:
        for _ in range(number + 1):
            actions.send_message(actor=ada, conversation=group, body="x", mentions=[actions.EVERYONE])
        last = seqs(group)[-1]
        age(group, last - 1)
        with CaptureQueriesContext(connection) as captured:
            maintenance.prune_messages(conversation_id=group.pk, before=timezone.now() - timedelta(days=30), limit=50)
        assert seqs(group) == [last]
        return len(captured)

    few = statements(2)
    for _ in range(20):
        actions.add_participant(actor=ada, conversation=group, user=make_user())
    assert statements(40) == few


def test_prune_of_thousands_goes_in_steps_that_cost_the_same(talk: Any, ada: Any, cyd: Any) -> None:
    model = get_message_model()
    last: Any = model._default_manager.get(conversation=talk.pk, seq=8)
    rows = [
        model(conversation=talk, sender=ada, message_body="x", seq=last.seq + more, count_seq=last.count_seq + more)
        for more in range(1, 5_001)
    ]
    model._default_manager.bulk_create(rows, batch_size=1_000)
    get_conversation_model()._default_manager.filter(pk=talk.pk).update(
        last_seq=rows[-1].seq,
        count_seq=rows[-1].count_seq,
        last_message_id=rows[-1].pk,
        last_message_at=rows[-1].sent_at,
    )
    actions.mark_read(actor=ada, conversation=talk)
    age(talk, 4_008)
    before = timezone.now() - timedelta(days=30)

    statements = []
    for _ in range(4):
        with CaptureQueriesContext(connection) as captured:
            assert maintenance.prune_messages(conversation_id=talk.pk, before=before, limit=1_000) == 1_000
        statements.append(len(captured))

    # As many but for the lists of keys, which SQLite takes in parts.
    assert max(statements) - min(statements) <= 2
    assert maintenance.prune_messages(conversation_id=talk.pk, before=before, limit=1_000) == 8
    assert {item.name for item in find_differences([talk.pk])} == set()
    assert unread_of(talk, cyd) == 1_000


# Tombstones


def empty(before: Any = None, limit: int = 1000) -> int:
    total, position = 0, 0
    while position is not None:
        step, position = maintenance.empty_tombstones(before=before or timezone.now(), after=position, limit=limit)
        total += step
    return total


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_tombstone_loses_what_it_held(group: Any, ada: Any, bob: Any, cyd: Any, limit: int) -> None:
    kept = actions.send_message(actor=ada, conversation=group, body="kept", mentions=[cyd])
    message = actions.send_message(actor=ada, conversation=group, body="1", attachments=[upload(ada)], mentions=[bob])
    for one in (kept, message):
        actions.edit_message(actor=ada, message=one, body="again")
        actions.add_reaction(actor=bob, message=one, emoji="👍")
        actions.save_message(actor=cyd, message=one)
    actions.delete_message(actor=ada, message=message)
    log = log_of(group)

    with replayed(group):
        assert empty(limit=limit) == 1

    assert log_of(group) == log
    for child in (Mention, MessageRevision, Reaction, SavedMessage):
        assert {row.message_id for row in child._default_manager.all()} == {kept.pk}
    assert not Attachment.objects.exists()
    assert seqs(group) == [1, 2]
    assert empty() == 0


def test_tombstone_can_be_restored_until_the_window_is_over(group: Any, ada: Any) -> None:
    message = actions.send_message(actor=ada, conversation=group, body="1")
    actions.delete_message(actor=ada, message=message)
    assert empty(timezone.now() - timedelta(minutes=5)) == 0

    with replayed(group):
        actions.restore_message(actor=ada, message=message)
    assert bodies_of(group) == ["1"]
    actions.delete_message(actor=ada, message=message)
    empty()

    with pytest.raises(Denied, match="undo_window_over"):
        actions.restore_message(actor=None, message=message)


def test_tombstones_take_as_many_statements_for_many_as_for_few(ada: Any, bob: Any, group: Any, direct: Any) -> None:
    def statements(number: int) -> int:
        for _ in range(number):
            for conversation in (group, direct):
                message = actions.send_message(actor=ada, conversation=conversation, body="x", mentions=[bob])
                actions.delete_message(actor=ada, message=message)
        with CaptureQueriesContext(connection) as captured:
            assert maintenance.empty_tombstones(before=timezone.now(), after=0, limit=1000)[0] == 2 * number
        return len(captured)

    assert statements(1) == statements(10)
