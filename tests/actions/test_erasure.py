"""Erasing a user: each row of the table in docs/howto/retention.md, steps that can be stopped, clients that agree."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.db.models import ProtectedError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions
from django_convo.actions import erasure
from django_convo.exceptions import Conflict, Denied, NotFound
from django_convo.models import (
    Attachment,
    AuditEntry,
    Block,
    Draft,
    Event,
    Mention,
    MessageRevision,
    Participant,
    Reaction,
    Report,
    SavedMessage,
    ScheduledMessage,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.differences import find_differences
from django_convo.selectors.written import count_written
from tests.people import json_key, log_of, make_direct, make_group, make_user, unread_of
from tests.pictures import is_stored, upload
from tests.recount import assert_counts, assert_has_owner
from tests.replay import replayed

SECRET = "my secret"


def erase(user: Any, **options: Any) -> None:
    actions.erase_user(actor=None, user=user, **options)


def stored(message: Any) -> Any:
    return get_message_model()._default_manager.get(pk=message.pk)


def words() -> str:
    """Return every text that stands in a row of messages, of what belongs to them, or of reports."""
    found: list[str] = []
    for model in (get_message_model(), MessageRevision, Draft, ScheduledMessage, Report, Event, Attachment):
        for row in model._default_manager.values():
            found += [str(value) for value in row.values()]
    return "\n".join(found)


@pytest.fixture
def written(group: Any, ada: Any, bob: Any, cyd: Any) -> Any:
    """Ada has written whatever can be written; returns her first message."""
    first = actions.send_message(
        actor=ada,
        conversation=group,
        body=SECRET,
        metadata={"note": SECRET},
        client_id="first",
        mentions=[cyd],
        attachments=[upload(ada, name=f"{SECRET}.txt")],
    )
    actions.send_message(actor=bob, conversation=group, body="by bob", reply_to=first, thread_root=first)
    actions.send_message(actor=ada, conversation=group, body=f"{SECRET}, an answer", thread_root=first)
    gone = actions.send_message(actor=ada, conversation=group, body=f"{SECRET}, deleted", client_id="gone")
    actions.delete_message(actor=ada, message=gone)
    actions.edit_message(actor=ada, message=first, body=f"{SECRET}, edited")
    actions.add_reaction(actor=bob, message=first, emoji="👍")
    actions.save_message(actor=cyd, message=first)
    actions.pin_message(actor=ada, message=first)
    actions.report_message(actor=cyd, message=first, reason="spam")
    actions.send_message(actor=ada, conversation=make_direct(ada, bob), body=f"{SECRET}, in private")
    actions.save_draft(actor=ada, conversation=group, body=f"{SECRET}, a draft")
    later = timezone.now() + timedelta(days=1)
    actions.schedule_message(actor=ada, conversation=group, body=SECRET, send_at=later)
    upload(ada, name=f"{SECRET}, unsent.txt")
    return first


@pytest.fixture
def by_bob(group: Any, ada: Any, bob: Any) -> Any:
    """A message by somebody else, to which Ada has reacted, which names her, and which she has saved and reported."""
    message = actions.send_message(actor=bob, conversation=group, body="@ada, by bob", mentions=[ada])
    actions.add_reaction(actor=ada, message=message, emoji="👍")
    actions.add_reaction(actor=bob, message=message, emoji="👍")
    actions.save_message(actor=ada, message=message)
    actions.report_message(actor=ada, message=message, reason="other", comment=f"{SECRET}, a comment")
    return message


# What erasing blanks, and what deleting keeps: the table in the docs, row by row.


@pytest.mark.parametrize("keep_account", [True, False])
def test_erase_leaves_no_word(written: Any, by_bob: Any, ada: Any, group: Any, keep_account: bool) -> None:
    assert SECRET in words()

    with replayed(group):
        erase(ada, keep_account=keep_account)

    assert SECRET not in words()
    assert find_differences(list(get_conversation_model()._default_manager.values_list("pk", flat=True))) == []


def test_erase_makes_empty_tombstones(written: Any, ada: Any, group: Any) -> None:
    erase(ada, keep_account=True)

    for row in get_message_model()._default_manager.filter(sender=ada):
        assert (row.message_body, row.metadata, row.client_digest, row.is_deleted) == ("", {}, None, True)
    for child in (Mention, MessageRevision, SavedMessage, Attachment, Reaction):
        assert not child._default_manager.exists()
    assert [row.message_body for row in get_message_model()._default_manager.exclude(sender=ada)] == ["by bob"]


def test_erase_tells_clients_of_each_message_once(written: Any, ada: Any, group: Any) -> None:
    before = len(log_of(group))
    erase(ada, keep_account=True)

    assert [(name, seq) for name, _, seq, _ in log_of(group, after=before)] == [
        ("message.deleted", 1),
        ("message.deleted", 3),
    ]


def test_erase_takes_reactions_back(by_bob: Any, ada: Any, bob: Any, group: Any) -> None:
    before = len(log_of(group))
    with replayed(group):
        erase(ada, keep_account=True)

    assert [row.user for row in Reaction.objects.all()] == [bob]
    told = {"message_id": str(by_bob.pk), "emoji": "👍", "user": json_key(ada)}
    assert log_of(group, after=before) == [("reaction.removed", None, by_bob.seq, told)]


def test_erase_keeps_what_others_wrote(by_bob: Any, ada: Any, group: Any) -> None:
    erase(ada, keep_account=True)

    assert stored(by_bob).message_body == "@ada, by bob"
    assert [row.user for row in Mention.objects.all()] == [ada]


def test_erase_blanks_comments_and_copies_in_reports(written: Any, by_bob: Any, ada: Any, cyd: Any) -> None:
    erase(ada, keep_account=True)

    about_ada, by_ada = Report.objects.get(reporter=cyd), Report.objects.get(reporter=ada)
    assert (about_ada.message_body, about_ada.reason, about_ada.status) == ("", "spam", "open")
    assert (by_ada.comment, by_ada.message_body) == ("", "@ada, by bob")


@pytest.mark.django_db(transaction=True)
def test_erase_removes_files(written: Any, ada: Any) -> None:
    files = list(Attachment.objects.all())
    assert [is_stored(row) for row in files] == [True, True]

    erase(ada, keep_account=True)

    assert [is_stored(row) for row in files] == [False, False]


def test_erase_keeps_account_memberships_and_blocks(written: Any, ada: Any, bob: Any, cyd: Any, group: Any) -> None:
    actions.block_user(actor=ada, user=cyd)
    actions.block_user(actor=bob, user=ada)
    erase(ada, keep_account=True)

    assert get_user_model()._default_manager.filter(pk=ada.pk).exists()
    assert Participant.objects.filter(user=ada).count() == 2
    assert Block.objects.count() == 2


def test_erase_deletes_the_account(written: Any, by_bob: Any, ada: Any, bob: Any, group: Any) -> None:
    key = ada.pk
    with replayed(group):
        erase(ada)

    assert not get_user_model()._default_manager.filter(pk=key).exists()
    assert not Participant.objects.filter(user_id=key).exists()
    assert {row.sender_id for row in get_message_model()._default_manager.all()} == {None, bob.pk}
    assert not get_message_model()._default_manager.exclude(client_id=None).exists()
    assert_has_owner(group.pk)
    for row in get_conversation_model()._default_manager.all():
        assert_counts(row.pk)


def test_erase_with_the_account_kept_keeps_a_retry_from_doubling(written: Any, ada: Any, group: Any) -> None:
    erase(ada, keep_account=True)

    with pytest.raises(Conflict, match="client_id_reused"):
        actions.send_message(actor=ada, conversation=group, body=SECRET, client_id="first")


def test_delete_keeps_what_erasing_blanks(written: Any, by_bob: Any, ada: Any, group: Any) -> None:
    ada.delete()

    first = stored(written)
    assert (first.message_body, first.sender, first.is_deleted) == (f"{SECRET}, edited", None, False)
    assert MessageRevision.objects.filter(message=written.pk).count() == 1
    assert Attachment.objects.get(message=written.pk).uploader is None
    assert Report.objects.get(message=written.pk).message_body == f"{SECRET}, edited"
    assert Report.objects.get(message=by_bob.pk).comment == f"{SECRET}, a comment"
    # Deleting takes what is the user's alone.
    for own in (Draft, ScheduledMessage):
        assert not own._default_manager.exists()
    assert not SavedMessage.objects.filter(message=by_bob.pk).exists()


def test_erase_writes_one_audit_entry(written: Any, ada: Any, site_admin: Any) -> None:
    key = json_key(ada)
    actions.erase_user(actor=site_admin, user=ada)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.user) == ("user.erased", site_admin, None)
    assert entry.detail == {"user": key, "account": "deleted"}


# Where, and by whom.


def test_erase_reaches_where_the_user_is_no_more(ada: Any, bob: Any, cyd: Any) -> None:
    left, closed, deleted = (make_group(bob, ada, cyd) for _ in range(3))
    for conversation in (left, closed, deleted):
        actions.send_message(actor=ada, conversation=conversation, body=SECRET)
    actions.leave(actor=ada, conversation=left)
    actions.close(actor=bob, conversation=closed)
    actions.delete_conversation(actor=bob, conversation=deleted)
    log = log_of(deleted)

    with replayed(left), replayed(closed):
        erase(ada, keep_account=True)

    assert SECRET not in words()
    assert log_of(deleted) == log
    assert [unread_of(left, user) for user in (bob, cyd)] == [0, 0]


@pytest.mark.parametrize("who", ["ada", "bob", "cyd"])
def test_erase_is_for_administrators(written: Any, group: Any, ada: Any, who: str, request: Any) -> None:
    actor = request.getfixturevalue(who)

    with replayed(group), pytest.raises(Denied):
        actions.erase_user(actor=actor, user=ada)

    assert SECRET in words()
    assert not AuditEntry.objects.exists()


def test_erase_of_nobody_is_refused(ada: Any) -> None:
    gone = make_user()
    type(gone)._default_manager.filter(pk=gone.pk).delete()

    with pytest.raises(NotFound):
        erase(gone)


def test_erase_of_a_user_in_use_blanks_and_says_so(
    written: Any, ada: Any, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Any, *args: Any, **kwargs: Any) -> None:
        raise ProtectedError("An invoice needs it.", set())

    monkeypatch.setattr(type(ada), "delete", refuse)
    with replayed(group), pytest.raises(Conflict, match="user_in_use"):
        erase(ada)

    assert SECRET not in words()
    assert Participant.objects.filter(user=ada).count() == 2
    assert not AuditEntry.objects.exists()


def test_erase_twice_changes_nothing_more(written: Any, ada: Any, group: Any) -> None:
    erase(ada, keep_account=True)
    log = log_of(group)
    erase(ada, keep_account=True)

    assert log_of(group) == log
    assert set(count_written(ada, keep_account=True).values()) == {0}


def test_erase_takes_what_is_written_meanwhile(
    written: Any, ada: Any, group: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    finish = erasure.finish_erasure

    def write_first(**options: Any) -> None:
        actions.send_message(actor=ada, conversation=group, body=f"{SECRET}, late")
        finish(**options)

    monkeypatch.setattr(erasure, "finish_erasure", write_first)
    with replayed(group):
        erase(ada)

    assert SECRET not in words()


# In steps.


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_erase_that_is_stopped_goes_on_when_begun_again(
    written: Any, by_bob: Any, ada: Any, group: Any, limit: int
) -> None:
    steps = 0
    for stop_after in range(1, 40):
        walk = erasure.erase_written(actor=None, user=ada, limit=limit)
        done = [step for step, _ in zip(walk, range(stop_after), strict=False)]
        assert_counts(group.pk)
        steps += len(done)
        if len(done) < stop_after:
            break

    assert SECRET not in words()
    assert steps > 1


def test_erase_in_the_callers_transaction_is_all_or_nothing(written: Any, ada: Any, group: Any) -> None:
    with replayed(group), transaction.atomic():
        erase(ada)
        transaction.set_rollback(True)

    assert SECRET in words()
    assert type(ada)._default_manager.filter(pk=ada.pk).exists()


def test_step_takes_as_many_statements_whatever_is_left(ada: Any, bob: Any, group: Any) -> None:
    for number in range(40):
        actions.send_message(actor=ada, conversation=group, body=f"{number}")

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            number, _ = erasure.erase_messages(user=ada, conversation_id=group.pk, after=0, limit=5)
        assert number == 5
        return len(captured)

    first = statements()
    for _ in range(20):
        actions.add_participant(actor=ada, conversation=group, user=make_user())
    assert statements() == first


def test_count_says_what_would_go(written: Any, by_bob: Any, ada: Any) -> None:
    assert count_written(ada, keep_account=False) == {
        "messages": 4,
        "reactions": 1,
        "drafts": 1,
        "scheduled messages": 1,
        "saved messages": 1,
        "unsent files": 1,
        "copies in reports": 1,
        "copies in open reports": 1,
        "comments in reports": 1,
        "memberships": 2,
    }


def test_draft_that_is_erased_moves_the_membership(group: Any, ada: Any) -> None:
    actions.save_draft(actor=ada, conversation=group, body=SECRET)
    long_ago = timezone.now() - timedelta(days=1)
    Participant.objects.update(updated_at=long_ago)

    erase(ada, keep_account=True)

    assert [row.user for row in Participant.objects.filter(updated_at__gt=long_ago)] == [ada]
