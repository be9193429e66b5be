"""`convo_prune` removes what is past its retention, and nothing else."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import ProtectedError
from django.utils import timezone

from django_convo import actions
from django_convo.actions import maintenance
from django_convo.exceptions import NotFound
from django_convo.management.progress import Progress
from django_convo.models import (
    AbstractConversation,
    Attachment,
    AuditEntry,
    Departure,
    Draft,
    Event,
    MessageRevision,
    Participant,
    Report,
    ScheduledMessage,
    Ticket,
    get_conversation_model,
    get_message_model,
)
from django_convo.selectors.differences import find_differences
from tests.people import bodies_of, make_direct, make_group, make_user
from tests.pictures import is_stored, upload

pytestmark = pytest.mark.django_db

LONG_AGO = timedelta(days=31)
NOTHING = (
    "0 events, 0 departures, 0 conversations, 0 messages, 0 unsent files, 0 tickets, "
    "and what 0 deleted messages held.\n"
)


def prune(**options: Any) -> str:
    output = io.StringIO()
    call_command("convo_prune", stdout=output, **options)
    return output.getvalue()


def talk(messages: int = 4) -> AbstractConversation:
    owner = make_user()
    conversation = make_group(owner, make_user())
    for number in range(messages):
        actions.send_message(actor=owner, conversation=conversation, body=f"message {number}")
    return conversation


def age(rows: Any, column: str = "created_at") -> None:
    rows.update(**{column: timezone.now() - LONG_AGO})


def numbers(conversation: AbstractConversation) -> list[int]:
    rows = Event.objects.filter(conversation=conversation.pk).order_by("event_seq")
    return list(rows.values_list("event_seq", flat=True))


@pytest.mark.parametrize("batch_size", [1, 2, 1000])
def test_prune_removes_old_events(batch_size: int) -> None:
    conversation, other = talk(), talk()
    age(Event.objects.filter(event_seq__lte=3))

    assert prune(batch_size=batch_size).startswith("Removed 6 events")

    assert numbers(conversation) == numbers(other) == [4, 5]
    assert find_differences([conversation.pk, other.pk]) == []


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_prune_keeps_the_newest_event_of_each_log_however_old(batch_size: int) -> None:
    conversations = [talk(number) for number in range(3)]
    age(Event.objects.all())

    prune(batch_size=batch_size)

    assert [numbers(conversation) for conversation in conversations] == [[1], [2], [3]]
    actions.send_message(actor=None, conversation=conversations[0], body="later")
    assert numbers(conversations[0]) == [1, 2]


def test_prune_that_is_stopped_halfway_leaves_no_gap() -> None:
    conversation = talk()
    now = timezone.now()
    for number in numbers(conversation):
        Event.objects.filter(event_seq=number).update(created_at=now - timedelta(days=50 - number))

    removed, position = maintenance.prune_events(before=now, after=None, limit=2)

    assert (removed, position is None) == (2, False)
    assert numbers(conversation) == [3, 4, 5]
    assert find_differences([conversation.pk]) == []


def test_prune_refuses_a_conversation_that_is_live() -> None:
    conversation = talk()

    with pytest.raises(NotFound):
        maintenance.prune_conversation(conversation_id=conversation.pk, limit=10)

    assert get_message_model()._default_manager.filter(conversation=conversation.pk).count() == 4


def test_prune_keeps_what_is_within_the_retention(settings: Any) -> None:
    conversation = talk()
    age(Event.objects.all())
    settings.CONVO_EVENT_RETENTION = timedelta(days=32)

    assert prune() == f"Removed {NOTHING}"
    assert numbers(conversation) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_prune_removes_old_departures(batch_size: int) -> None:
    conversation = talk()
    early, late, more = make_user(), make_user(), make_user()
    for user in (early, late, more):
        actions.add_participant(actor=None, conversation=conversation, user=user)
        actions.leave(actor=user, conversation=conversation)
    age(Departure.objects.filter(user__in=[early, more]), "left_at")

    assert "2 departures" in prune(batch_size=batch_size)

    assert [row.user_id for row in Departure.objects.all()] == [late.pk]


@pytest.mark.parametrize("batch_size", [1, 2, 1000])
def test_prune_removes_every_row_of_a_conversation_deleted_long_ago(batch_size: int) -> None:
    gone, kept = talk(), talk()
    user = make_user()
    actions.add_participant(actor=None, conversation=gone, user=user)
    actions.leave(actor=user, conversation=gone)
    answered = get_message_model()._default_manager.filter(conversation=gone.pk).first()
    actions.send_message(actor=None, conversation=gone, body="an answer", reply_to=answered)
    actions.delete_conversation(actor=None, conversation=gone)
    age(get_conversation_model()._default_manager.filter(pk=gone.pk), "deleted_at")

    assert "1 conversations" in prune(batch_size=batch_size)

    for model in (get_message_model(), Event, Participant, Departure):
        assert not model._default_manager.filter(conversation=gone.pk).exists()
    assert [row.pk for row in get_conversation_model()._default_manager.all()] == [kept.pk]
    assert get_message_model()._default_manager.filter(conversation=kept.pk).count() == 4
    assert find_differences([kept.pk]) == []


def test_prune_keeps_a_conversation_deleted_lately() -> None:
    conversation = talk()
    actions.delete_conversation(actor=None, conversation=conversation)

    prune()

    assert get_conversation_model()._default_manager.filter(pk=conversation.pk).exists()
    assert get_message_model()._default_manager.filter(conversation=conversation.pk).count() == 4


def test_prune_goes_on_after_a_conversation_that_the_host_protects(monkeypatch: pytest.MonkeyPatch) -> None:
    protected, other = talk(), talk()
    for conversation in (protected, other):
        actions.delete_conversation(actor=None, conversation=conversation)
    age(get_conversation_model()._default_manager.all(), "deleted_at")
    prune_conversation = maintenance.prune_conversation

    def refuse(*, conversation_id: Any, limit: int) -> bool:
        if conversation_id == protected.pk:
            raise ProtectedError("An invoice points at it.", set())
        return prune_conversation(conversation_id=conversation_id, limit=limit)

    monkeypatch.setattr(maintenance, "prune_conversation", refuse)
    errors = io.StringIO()

    assert "1 conversations" in prune(stderr=errors)

    assert errors.getvalue() == f"Kept conversation {protected.pk}: An invoice points at it.\n"
    assert [row.pk for row in get_conversation_model()._default_manager.all()] == [protected.pk]


@pytest.mark.parametrize("batch_size", [0, -1])
def test_prune_refuses_a_batch_of_nothing(batch_size: int) -> None:
    with pytest.raises(CommandError, match="1 or more"):
        prune(batch_size=batch_size)


def months_ago(conversation: AbstractConversation, through: int) -> None:
    rows = get_message_model()._default_manager.filter(conversation=conversation.pk, seq__lte=through)
    age(rows, "sent_at")


@pytest.mark.parametrize("batch_size", [1, 2, 1000])
def test_prune_removes_messages_by_age_and_kind(settings: Any, batch_size: int) -> None:
    settings.CONVO_MESSAGE_RETENTION = {"group": timedelta(days=30), "channel": timedelta(days=60)}
    group, idle, silent = talk(), talk(2), talk(0)
    channel = make_group(make_user(), kind="channel")
    direct = make_direct(make_user(), make_user())
    for conversation in (channel, direct):
        for body in ("old", "new"):
            actions.send_message(actor=None, conversation=conversation, body=body)
    for conversation, through in ((group, 3), (idle, 2), (channel, 1), (direct, 1)):
        months_ago(conversation, through)

    assert ", 5 messages, " in prune(batch_size=batch_size)

    assert bodies_of(group) == ["message 3"]
    assert bodies_of(idle) == [""]
    assert [bodies_of(item) for item in (silent, channel, direct)] == [[], ["old", "new"], ["old", "new"]]
    assert find_differences([item.pk for item in (group, idle, silent, channel, direct)]) == []
    assert ", 0 messages, " in prune(batch_size=batch_size)


def test_prune_keeps_messages_for_good_unless_told() -> None:
    conversation = talk()
    months_ago(conversation, 4)

    prune()

    assert len(bodies_of(conversation)) == 4


def test_prune_goes_around_a_message_that_the_host_protects(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.CONVO_MESSAGE_RETENTION = {"group": timedelta(days=30)}
    protected, other = talk(10), talk(10)
    for conversation in (protected, other):
        months_ago(conversation, 9)
    invoiced = get_message_model()._default_manager.get(conversation=protected.pk, seq=6).pk
    remove_messages = maintenance.messages.remove_messages

    def refuse(keys: Any, using: str) -> int:
        if invoiced in keys:
            raise ProtectedError("An invoice points at it.", set())
        return remove_messages(keys, using)

    monkeypatch.setattr(maintenance.messages, "remove_messages", refuse)
    errors = io.StringIO()

    assert ", 14 messages, " in prune(stderr=errors)

    assert errors.getvalue() == f"Kept messages of conversation {protected.pk}: An invoice points at it.\n"
    assert bodies_of(protected)[0] == "message 5"
    assert bodies_of(other) == ["message 9"]
    assert find_differences([protected.pk, other.pk]) == []


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_prune_empties_tombstones_after_the_undo_window(settings: Any, batch_size: int) -> None:
    conversation = talk(3)
    early, late, _ = get_message_model()._default_manager.filter(conversation=conversation.pk).order_by("seq")
    for message in (early, late):
        actions.delete_message(actor=None, message=message)
    settings.CONVO_UNDO_WINDOW = timedelta(minutes=10)
    messages = get_message_model()._default_manager.filter(pk=early.pk)
    messages.update(deleted_at=timezone.now() - timedelta(minutes=11))

    assert "what 1 deleted messages held" in prune(batch_size=batch_size)

    assert [row.message_id for row in MessageRevision.objects.all()] == [late.pk]
    assert bodies_of(conversation) == ["", "", "message 2"]


@pytest.mark.django_db(transaction=True)
def test_prune_removes_files_that_were_never_sent_and_those_of_what_it_removes() -> None:
    gone, uploader = talk(1), make_user()
    sent, unsent, late = upload(uploader), upload(uploader), upload(uploader)
    actions.send_message(actor=None, conversation=gone, attachments=[sent])
    actions.delete_conversation(actor=None, conversation=gone)
    age(get_conversation_model()._default_manager.filter(pk=gone.pk), "deleted_at")
    age(Attachment.objects.filter(pk=unsent.pk))

    assert ", 1 unsent files, " in prune()

    assert [is_stored(row) for row in (sent, unsent, late)] == [False, False, True]
    assert list(Attachment.objects.values_list("pk", flat=True)) == [late.pk]


def test_prune_keeps_unsent_files_for_as_long_as_the_setting_says(settings: Any) -> None:
    settings.CONVO_ATTACHMENT_UNSENT_RETENTION = timedelta(days=3)
    uploader = make_user()
    late, kept = upload(uploader), upload(uploader)
    for file, days in ((late, 4), (kept, 2)):
        Attachment.objects.filter(pk=file.pk).update(created_at=timezone.now() - timedelta(days=days))

    prune()

    assert list(Attachment.objects.values_list("pk", flat=True)) == [kept.pk]


def test_prune_keeps_the_emptied_row_of_a_conversation_that_was_reported() -> None:
    conversation = talk()
    message = get_message_model()._default_manager.get(conversation=conversation.pk, seq=1)
    reporter = Participant.objects.filter(conversation=conversation.pk).latest("pk").user
    actions.save_draft(actor=reporter, conversation=conversation, body="a draft")
    later = timezone.now() + timedelta(days=1)
    actions.schedule_message(actor=reporter, conversation=conversation, body="later", send_at=later)
    actions.report_message(actor=reporter, message=message, reason="spam")
    actions.update_conversation(actor=None, conversation=conversation, title="secret", metadata={"a": 1})
    actions.delete_conversation(actor=None, conversation=conversation)
    age(get_conversation_model()._default_manager.all(), "deleted_at")

    assert "1 conversations" in prune()
    assert "0 conversations" in prune()

    report = Report.objects.get()
    kept: Any = report.conversation
    assert (report.message, report.message_body) == (None, "message 0")
    assert (kept.title, kept.metadata, kept.last_message_id) == ("", {}, None)
    for model in (get_message_model(), Event, Participant, Draft, ScheduledMessage):
        assert not model._default_manager.exists()
    report.delete()
    assert "1 conversations" in prune()
    assert not get_conversation_model()._default_manager.exists()


def test_prune_keeps_audit_entries() -> None:
    entry = AuditEntry.objects.create(action="user.erased")
    age(AuditEntry.objects.all())

    prune()

    assert AuditEntry.objects.get() == entry


def test_dry_run_says_what_would_go_and_removes_nothing(settings: Any) -> None:
    settings.CONVO_MESSAGE_RETENTION = {"group": timedelta(days=30)}
    conversation, gone, idle = talk(), talk(), talk(1)
    actions.delete_message(actor=None, message=get_message_model()._default_manager.first())
    age(get_message_model()._default_manager.exclude(deleted_at=None), "deleted_at")
    months_ago(conversation, 3)
    months_ago(idle, 1)
    actions.delete_conversation(actor=None, conversation=gone)
    age(get_conversation_model()._default_manager.filter(pk=gone.pk), "deleted_at")
    leaver = make_user()
    actions.add_participant(actor=None, conversation=conversation, user=leaver)
    actions.leave(actor=leaver, conversation=conversation)
    age(Departure.objects.all(), "left_at")
    age(Event.objects.filter(conversation=conversation.pk, event_seq__lte=2))
    upload(leaver)
    age(Attachment.objects.all())
    actions.issue_ticket(actor=leaver)
    age(Ticket.objects.all(), "expires_at")
    actions.issue_ticket(actor=leaver)
    counts = [model._default_manager.count() for model in (get_message_model(), Event, Departure, Attachment)]

    promised = prune(dry_run=True)

    assert counts == [model._default_manager.count() for model in (get_message_model(), Event, Departure, Attachment)]
    assert promised == (
        "Would remove 2 events, 1 departures, 1 conversations, 4 messages, 1 unsent files, "
        "1 tickets, and what 1 deleted messages held.\n"
    )
    assert prune() == promised.replace("Would remove", "Removed")
    assert prune(dry_run=True) == f"Would remove {NOTHING}"


def test_progress_writes_a_line_for_each_ten_thousand_rows() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for _ in range(25):
        progress.add("messages", 1000)
    progress.add("events", 9_999)

    assert stream.getvalue() == "… 10000 messages… 20000 messages"
    assert progress.totals == {"messages": 25_000, "events": 9_999}
