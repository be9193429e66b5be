"""`convo_verify` finds every wrong counter, and `--repair` sets it right."""

from __future__ import annotations

import io
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from django_convo import actions
from django_convo.actions import maintenance
from django_convo.management.commands import convo_verify
from django_convo.management.progress import Progress
from django_convo.models import (
    AbstractConversation,
    Event,
    Participant,
    Reaction,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.differences import find_differences
from django_convo.selectors.misplaced import Place, find_misplaced
from tests.people import log_of, make_direct, make_group, make_user, row_of, unread_of
from tests.recount import assert_counts

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk() -> AbstractConversation:
    """A group of three with messages by two of them and by the host; the third has read half."""
    owner, member, reader = make_user("owner"), make_user("member"), make_user("reader")
    conversation = make_group(owner, member, reader)
    for actor, body in ((owner, "one"), (member, "two"), (None, "host"), (owner, "three")):
        actions.send_message(actor=actor, conversation=conversation, body=body)
    actions.mark_read(actor=reader, conversation=conversation, seq=2)
    return get_conversation_model()._default_manager.get(pk=conversation.pk)


def corrupt(conversation: AbstractConversation, **values: Any) -> None:
    type(conversation)._default_manager.filter(pk=conversation.pk).update(**values)


def verify(*arguments: str) -> str:
    output = io.StringIO()
    call_command("convo_verify", *arguments, stdout=output)
    return output.getvalue()


def test_verify_right_counters_reports_nothing(talk: AbstractConversation) -> None:
    make_direct(make_user(), make_user())

    assert verify() == "2 conversations checked, 0 differences repaired, 0 left.\n"


@pytest.mark.parametrize(
    ("column", "value", "counted"),
    [
        ("last_seq", 3, 4),
        ("count_seq", 1, 3),
        ("event_seq", 2, 5),
        ("event_seq", 9, 5),
        ("participant_count", 7, 3),
        ("last_message_id", None, "found"),
    ],
)
def test_verify_wrong_counter_is_found_and_repaired(
    talk: AbstractConversation, column: str, value: Any, counted: Any
) -> None:
    right = getattr(talk, column) if counted == "found" else counted
    corrupt(talk, **{column: value})

    with pytest.raises(CommandError, match="left"):
        verify()
    found = {item.name: item for item in find_differences([talk.pk])}[column]
    assert (found.stored, found.counted) == (value, right)
    output = verify("--repair")

    assert f"{talk.pk} {column}: stored {value}, counted {right}" in output
    assert verify().startswith("1 conversations checked, 0 differences")
    assert_counts(talk.pk)


def test_repair_last_message_at_that_lies_before_the_last_message(talk: AbstractConversation) -> None:
    corrupt(talk, last_message_at=talk.created_at)

    verify("--repair")

    assert get_conversation_model()._default_manager.get(pk=talk.pk).last_message_at == talk.last_message_at


def test_repair_of_the_row_tells_clients(talk: AbstractConversation) -> None:
    corrupt(talk, participant_count=7)

    verify("--repair")

    assert log_of(talk, after=5) == [("conversation.updated", None, None, {"fields": ["participant_count"]})]


def test_repair_unread_of_a_participant(talk: AbstractConversation) -> None:
    reader = Participant.objects.filter(conversation=talk.pk).latest("pk")
    before = reader.updated_at
    Participant.objects.filter(pk=reader.pk).update(read_count_seq=0)
    with pytest.raises(CommandError):
        verify()

    output = verify("--repair")

    assert f"{talk.pk} user {reader.user_id} unread: stored 3, counted 1" in output
    assert unread_of(talk, reader.user) == 1
    assert row_of(talk, reader.user).updated_at > before
    assert log_of(talk, after=5) == []


def test_repair_pointer_beyond_the_end(talk: AbstractConversation) -> None:
    reader = Participant.objects.filter(conversation=talk.pk).latest("pk")
    Participant.objects.filter(pk=reader.pk).update(last_read_seq=99)

    output = verify("--repair")

    assert "last_read_seq: stored 99, counted 4" in output
    assert row_of(talk, reader.user).last_read_seq == 4
    assert_counts(talk.pk)


def test_repair_wrong_count_moves_every_participant_with_it(talk: AbstractConversation) -> None:
    before = {row.user_id: talk.count_seq - row.read_count_seq for row in Participant.objects.all()}
    corrupt(talk, count_seq=0)

    verify("--repair")

    assert_counts(talk.pk)
    after = Participant.objects.with_unread().values_list("user_id", "unread_count")
    assert dict(after) == before


def test_repair_fills_a_hole_in_the_log(talk: AbstractConversation) -> None:
    Event.objects.filter(conversation=talk.pk, event_seq=3).delete()
    with pytest.raises(CommandError):
        verify()

    verify("--repair")

    filled = Event.objects.get(conversation=talk.pk, event_seq=3)
    following = Event.objects.get(conversation=talk.pk, event_seq=4)
    assert (filled.type, filled.payload) == ("conversation.updated", {"fields": []})
    assert filled.created_at == following.created_at
    assert find_differences([talk.pk]) == []


def test_verify_log_that_was_pruned_from_its_beginning_is_whole(talk: AbstractConversation) -> None:
    Event.objects.filter(conversation=talk.pk, event_seq__lte=3).delete()

    assert find_differences([talk.pk]) == []


def assert_is_last(conversation: AbstractConversation, event_seq: int) -> None:
    row = get_conversation_model()._default_manager.get(pk=conversation.pk)
    newest = Event.objects.filter(conversation=conversation.pk).latest("event_seq")
    assert (row.event_seq, row.changed_at) == (event_seq, newest.created_at) == (newest.event_seq, row.changed_at)


def test_repair_log_without_any_event_writes_its_head(talk: AbstractConversation) -> None:
    Event.objects.filter(conversation=talk.pk).delete()

    verify("--repair")

    assert [row[3] for row in log_of(talk)] == [{"fields": []}, {"fields": ["event_seq"]}]
    assert_is_last(talk, event_seq=6)


def test_repair_log_whose_number_is_absurd_is_left_to_a_person(talk: AbstractConversation) -> None:
    corrupt(talk, event_seq=10_000_000)

    with pytest.raises(CommandError, match="1 left"):
        verify("--repair")

    assert Event.objects.filter(conversation=talk.pk).count() == 5


@pytest.mark.parametrize("gone", [2, 4])
def test_repair_cannot_bring_a_message_back(talk: AbstractConversation, gone: int) -> None:
    get_message_model()._default_manager.filter(conversation=talk.pk, seq=gone).delete()

    with pytest.raises(CommandError, match="left"):
        verify("--repair")

    # Clients have seen the number: it is not given to another message.
    assert get_conversation_model()._default_manager.get(pk=talk.pk).last_seq == 4
    assert {item.name for item in find_differences([talk.pk])} == ({"messages"} if gone == 2 else {"last_seq"})


def test_verify_counts_for_a_newcomer_only_what_they_may_see(talk: AbstractConversation, settings: Any) -> None:
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    newcomer = make_user("newcomer")
    actions.add_participant(actor=None, conversation=talk, user=newcomer)
    actions.send_message(actor=talk.created_by, conversation=talk, body="four")
    actions.mark_unread(actor=newcomer, conversation=talk, seq=1)

    assert unread_of(talk, newcomer) == 1
    assert find_differences([talk.pk]) == []


def test_verify_one_conversation_looks_at_no_other(talk: AbstractConversation) -> None:
    other = make_group(make_user(), make_user())
    corrupt(talk, participant_count=7)

    assert verify("--conversation", str(other.pk)).startswith("1 conversations checked, 0 differences")
    with pytest.raises(CommandError):
        verify("--conversation", str(talk.pk))


def test_verify_deleted_conversation_is_left_alone(talk: AbstractConversation) -> None:
    corrupt(talk, participant_count=7)
    actions.delete_conversation(actor=None, conversation=talk)

    assert verify().startswith("0 conversations checked")


@pytest.mark.parametrize("argument", ["744e43d4-7a0c-4d18-b674-a632d63dcaaf", "nonsense", "1" * 30])
def test_verify_unknown_conversation_is_refused(argument: str) -> None:
    with pytest.raises(CommandError, match=r"no conversation|a UUID"):
        verify("--conversation", argument)


def test_verify_takes_as_many_statements_for_many_conversations_as_for_few(
    django_assert_num_queries: Any,
) -> None:
    people = [make_user() for _ in range(3)]
    for size in (2, 20):
        while get_conversation_model()._default_manager.count() < size:
            conversation = make_group(*people)
            actions.send_message(actor=people[0], conversation=conversation, body="hello")
        # A page of ids, three recounts, the empty page that ends the walk, and one look at each table of children.
        with django_assert_num_queries(12):
            verify()


def test_repair_mention_count(talk: AbstractConversation) -> None:
    owner = talk.created_by
    reader = Participant.objects.filter(conversation=talk.pk).latest("pk")
    actions.send_message(actor=owner, conversation=talk, body="@", mentions=[reader.user])
    actions.send_message(actor=owner, conversation=talk, body="@", mentions=[actions.EVERYONE, reader.user])
    assert find_differences([talk.pk]) == []
    Participant.objects.filter(pk=reader.pk).update(mention_count=7)

    output = verify("--repair")

    assert f"{talk.pk} user {reader.user_id} mention_count: stored 7, counted 2" in output
    assert row_of(talk, reader.user).mention_count == 2
    assert_counts(talk.pk)


@pytest.mark.parametrize(("stored", "counted"), [(0, 2), (5, 2)])
def test_repair_reply_count(talk: AbstractConversation, stored: int, counted: int) -> None:
    messages = get_message_model()._default_manager.filter(conversation=talk.pk)
    root = messages.get(seq=1)
    answers = [
        actions.send_message(actor=None, conversation=talk, body="an answer", thread_root=root) for _ in range(3)
    ]
    actions.delete_message(actor=None, message=answers[0])
    assert find_differences([talk.pk]) == []
    messages.filter(pk=root.pk).update(reply_count=stored)

    output = verify("--repair")

    assert f"{talk.pk} message 1 reply_count: stored {stored}, counted {counted}" in output
    assert messages.get(seq=1).reply_count == counted
    assert log_of(talk)[-1] == ("message.updated", None, 1, {"message_id": str(root.pk)})
    assert_counts(talk.pk)


def test_repair_reply_count_of_a_message_without_replies(talk: AbstractConversation) -> None:
    messages = get_message_model()._default_manager.filter(conversation=talk.pk, seq=2)
    messages.update(reply_count=1)

    verify("--repair")

    assert messages.get().reply_count == 0


def test_verify_messages_that_were_pruned_from_the_beginning_are_no_difference(talk: AbstractConversation) -> None:
    messages = get_message_model()._default_manager.filter(conversation=talk.pk)
    messages.filter(seq__lte=2).update(sent_at=timezone.now() - timedelta(days=2))
    before = timezone.now() - timedelta(days=1)
    maintenance.prune_messages(conversation_id=talk.pk, before=before, limit=10)

    assert find_differences([talk.pk]) == []
    corrupt(talk, count_seq=0)
    verify("--repair")
    assert get_conversation_model()._default_manager.get(pk=talk.pk).count_seq == talk.count_seq


def test_verify_oldest_message_that_is_gone_while_somebody_may_see_it(talk: AbstractConversation) -> None:
    get_message_model()._default_manager.filter(conversation=talk.pk, seq=1).delete()

    with pytest.raises(CommandError, match="left"):
        verify("--repair")

    assert [(item.name, item.stored, item.counted) for item in find_differences([talk.pk])] == [("messages", 4, 3)]


def test_repair_row_that_names_another_conversation(talk: AbstractConversation) -> None:
    other = make_group(make_user(), make_user())
    message = get_message_model()._default_manager.filter(conversation=talk.pk).earliest("seq")
    for emoji in "👍👎":
        actions.add_reaction(actor=talk.created_by, message=message, emoji=emoji)
    actions.pin_message(actor=talk.created_by, message=message)
    wrong = Reaction.objects.earliest("pk")
    Reaction.objects.filter(pk=wrong.pk).update(conversation=other)
    for arguments in ([], ["--conversation", str(talk.pk)], ["--conversation", str(other.pk)]):
        with pytest.raises(CommandError, match="1 left"):
            verify(*arguments)

    output = verify("--repair")

    assert f"reaction {wrong.pk} conversation: stored {other.pk}, its message says {talk.pk}" in output
    assert {row.conversation_id for row in Reaction.objects.all()} == {talk.pk}
    assert verify().startswith("2 conversations checked, 0 differences")


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_rows_of_messages_are_walked_to_the_end(talk: AbstractConversation, limit: int) -> None:
    message = get_message_model()._default_manager.filter(conversation=talk.pk).earliest("seq")
    actions.edit_message(actor=None, message=message, body="again", mentions=[talk.created_by])
    for emoji in ("👍", "👎", "🎉"):
        actions.add_reaction(actor=talk.created_by, message=message, emoji=emoji)
    looked_at, place = 0, Place()
    while place is not None:
        found, number, place = find_misplaced(place, limit=limit)
        looked_at += number
        assert found == []

    assert looked_at == 5


def test_dry_run_of_a_repair_changes_nothing(talk: AbstractConversation) -> None:
    corrupt(talk, participant_count=7)

    with pytest.raises(CommandError, match="1 left"):
        verify("--repair", "--dry-run")

    assert get_conversation_model()._default_manager.get(pk=talk.pk).participant_count == 7


def test_verify_goes_on_behind_a_conversation(talk: AbstractConversation) -> None:
    later = make_group(make_user(), make_user())
    corrupt(talk, participant_count=7)

    assert verify("--after", str(talk.pk)).startswith("1 conversations checked, 0 differences")
    assert verify("--after", str(later.pk)).startswith("0 conversations checked")
    with pytest.raises(CommandError, match="--after takes"):
        verify("--after", "nonsense")


def test_verify_says_how_far_it_has_come(talk: AbstractConversation, monkeypatch: pytest.MonkeyPatch) -> None:
    later = make_group(make_user(), make_user())
    monkeypatch.setattr(convo_verify, "BATCH_SIZE", 1)
    monkeypatch.setattr(convo_verify, "Progress", partial(Progress, every=1))

    assert verify().splitlines()[:2] == [
        f"… 1 conversations, up to {talk.pk}",
        f"… 2 conversations, up to {later.pk}",
    ]
