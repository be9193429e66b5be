from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import override_settings
from django.utils import timezone

from django_convo import actions
from django_convo.actions.scheduled import due
from django_convo.exceptions import Conflict, Denied, Invalid, InvalidReference, NotFound, TryAgain
from django_convo.models import Attachment, Block, Sanction, ScheduledMessage, get_message_model
from tests.people import bodies_of, log_of, make_user, row_of, unread_of
from tests.replay import replayed


def later(**span: Any) -> datetime:
    return timezone.now() + timedelta(**(span or {"hours": 1}))


def schedule(actor: Any, conversation: Any, body: str = "Good morning", **options: Any) -> ScheduledMessage:
    options.setdefault("send_at", later())
    return actions.schedule_message(actor=actor, conversation=conversation, body=body, **options)


def make_due(*rows: ScheduledMessage, minutes: int = 1) -> None:
    """Let the time of these have come."""
    passed = timezone.now() - timedelta(minutes=minutes)
    ScheduledMessage.objects.filter(pk__in=[row.pk for row in rows]).update(send_at=passed, due_at=passed)


def stored(row: ScheduledMessage) -> ScheduledMessage:
    return ScheduledMessage.objects.get(pk=row.pk)


def outcome(row: ScheduledMessage) -> tuple[str, str]:
    found = stored(row)
    return found.status, found.code


def upload(user: Any, text: bytes = b"one") -> Attachment:
    attachment = Attachment(uploader=user, name="one.txt", content_type="text/plain", size=len(text))
    attachment.file.save("one.txt", ContentFile(text), save=False)
    attachment.save()
    return attachment


# schedule_message


def test_schedule_keeps_what_is_to_be_said_and_says_nothing(group: Any, ada: Any, cyd: Any) -> None:
    first = actions.send_message(actor=ada, conversation=group, body="first")
    moment, file = later(days=1), upload(cyd)
    with replayed(group):
        row = schedule(
            cyd,
            group,
            send_at=moment,
            reply_to=first,
            thread_root=first.pk,
            attachments=[file],
            mentions=[ada, ada.pk],
            metadata={"a": 1},
            client_id="one",
        )
    found = stored(row)
    assert row.was_created
    assert (found.status, found.code, found.message_id, found.client_id) == ("pending", "", None, "one")
    assert (found.send_at, found.due_at) == (moment, moment)
    assert (found.reply_to_id, found.thread_root_id, found.attachment_ids) == (first.pk, first.pk, [str(file.pk)])
    assert found.mentioned == [ada.pk if isinstance(ada.pk, int) else str(ada.pk)]
    assert bodies_of(group) == ["first"]
    assert actions.send_due() == []


def test_schedule_again_answers_with_the_first(group: Any, cyd: Any) -> None:
    moment = later()
    first = schedule(cyd, group, send_at=moment, client_id="one")
    actions.update_scheduled(actor=cyd, scheduled=first, body="Good evening")
    again = schedule(cyd, group, send_at=moment, client_id="one")
    assert (again.pk, again.was_created, again.message_body) == (first.pk, False, "Good evening")
    found = actions.find_repeated_schedule(
        actor=cyd, conversation=group, body="Good morning", send_at=moment, client_id="one"
    )
    assert found == first
    for different in ({"send_at": later(hours=2)}, {"body": "other", "send_at": moment}):
        with pytest.raises(Conflict, match="client_id_reused"):
            schedule(cyd, group, client_id="one", **different)
    assert schedule(cyd, group, send_at=moment, client_id="two").pk != first.pk


def test_schedule_again_after_it_was_sent_sends_nothing(group: Any, ada: Any, cyd: Any) -> None:
    moment = later()
    first = schedule(cyd, group, send_at=moment, client_id="one")
    make_due(first)
    actions.send_due()
    actions.leave(actor=cyd, conversation=group)
    again = schedule(cyd, group, send_at=moment, client_id="one")
    assert (again.pk, again.status, again.was_created) == (first.pk, "sent", False)
    assert bodies_of(group) == ["Good morning"]


def test_a_client_id_is_one_for_what_is_sent_and_what_is_scheduled(group: Any, ada: Any, cyd: Any) -> None:
    actions.send_message(actor=cyd, conversation=group, body="Good morning", client_id="one")
    with pytest.raises(Conflict, match="client_id_reused"):
        schedule(cyd, group, client_id="one")
    assert schedule(ada, group, client_id="one").was_created
    row = schedule(cyd, group, client_id="two")
    message = actions.send_message(actor=cyd, conversation=group, body="Good morning", client_id="two")
    other = schedule(cyd, group, client_id="three")
    actions.send_message(actor=cyd, conversation=group, body="something else", client_id="three")
    make_due(row, other)
    actions.send_due()
    assert (outcome(row), stored(row).message_id) == (("sent", ""), message.pk)
    assert outcome(other) == ("failed", "client_id_reused")
    assert bodies_of(group) == ["Good morning", "Good morning", "something else"]


@pytest.mark.parametrize(
    ("options", "code", "field"),
    [
        ({"send_at": timezone.now() - timedelta(seconds=1)}, "send_at_past", "send_at"),
        ({"send_at": "tomorrow"}, "invalid_send_at", "send_at"),
        ({"send_at": datetime(2999, 1, 1)}, "invalid_send_at", "send_at"),
        ({"body": " "}, "blank", "message_body"),
        ({"body": "\x00"}, "invalid_text", "message_body"),
        ({"client_id": ""}, "invalid_client_id", "client_id"),
        ({"metadata": {"a": float("nan")}}, "metadata_invalid", "metadata"),
    ],
    ids=["past", "no-time", "no-zone", "blank", "text", "client-id", "metadata"],
)
def test_schedule_refuses_what_cannot_be_sent(
    group: Any, cyd: Any, options: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid, match=code) as error:
        schedule(cyd, group, **options)
    assert error.value.field == field
    assert not ScheduledMessage.objects.exists()


@override_settings(CONVO_SCHEDULE_MAX_AHEAD=timedelta(days=2))
def test_schedule_refuses_what_is_too_far_ahead(group: Any, cyd: Any) -> None:
    with pytest.raises(Invalid, match="send_at_too_late"):
        schedule(cyd, group, send_at=later(days=2, seconds=5))
    assert schedule(cyd, group, send_at=later(days=2, seconds=-5)).was_created


@override_settings(CONVO_MAX_SCHEDULED=2)
def test_schedule_refuses_too_many_that_wait(group: Any, channel: Any, ada: Any, cyd: Any) -> None:
    first, second = schedule(ada, group), schedule(ada, channel, client_id="one", send_at=later())
    with pytest.raises(Invalid, match="too_many_scheduled"):
        schedule(ada, group)
    assert not schedule(ada, channel, client_id="one", send_at=second.send_at).was_created
    assert schedule(cyd, group).was_created
    make_due(first)
    actions.send_due()
    assert schedule(ada, group).was_created
    actions.cancel_scheduled(actor=ada, scheduled=second)
    third = schedule(ada, group)
    ScheduledMessage.objects.filter(pk=third.pk).update(status="failed", code="muted")
    fourth = schedule(ada, group)
    with pytest.raises(Invalid, match="too_many_scheduled"):
        actions.update_scheduled(actor=ada, scheduled=third, send_at=later())
    assert fourth.was_created


def test_schedule_refuses_references_that_are_not_the_actors_to_use(
    group: Any, direct: Any, ada: Any, cyd: Any, stranger: Any
) -> None:
    elsewhere = actions.send_message(actor=ada, conversation=direct, body="elsewhere")
    file = upload(cyd)
    schedule(cyd, group, attachments=[file])
    for options, field in (
        ({"reply_to": elsewhere}, "reply_to"),
        ({"thread_root": elsewhere}, "thread_root"),
        ({"mentions": [stranger]}, "mentions"),
        ({"attachments": [upload(ada)]}, "attachments"),
        ({"attachments": [file]}, "attachments"),
    ):
        with pytest.raises(InvalidReference) as error:
            schedule(cyd, group, **options)
        assert error.value.field == field
    with pytest.raises(Denied, match="permission_denied"):
        schedule(cyd, group, mentions=[actions.EVERYONE])
    assert ScheduledMessage.objects.count() == 1


# What has happened before, or meanwhile: to whom, and with which code.


def _close(ada: Any, conversation: Any, sender: Any) -> None:
    actions.close(actor=None, conversation=conversation)


def _leave(ada: Any, conversation: Any, sender: Any) -> None:
    actions.leave(actor=sender, conversation=conversation)


def _observe(ada: Any, conversation: Any, sender: Any) -> None:
    actions.change_role(actor=ada, conversation=conversation, user=sender, role="observer")


def _mute(ada: Any, conversation: Any, sender: Any) -> None:
    Sanction.objects.create(user=sender, kind="mute", conversation_id=conversation.pk)


def _ban(ada: Any, conversation: Any, sender: Any) -> None:
    Sanction.objects.create(user=sender, kind="ban")


def _deactivate(ada: Any, conversation: Any, sender: Any) -> None:
    if "is_active" not in {field.name for field in type(sender)._meta.get_fields()}:
        pytest.skip("This host's users cannot be deactivated.")
    sender.is_active = False
    sender.save()


def _delete(ada: Any, conversation: Any, sender: Any) -> None:
    actions.delete_conversation(actor=ada, conversation=conversation)


REFUSALS: dict[Callable[..., None], str] = {
    _close: "conversation_closed",
    _leave: "permission_denied",
    _observe: "permission_denied",
    _mute: "muted",
    _ban: "banned",
    _deactivate: "permission_denied",
    _delete: "not_found",
}


@pytest.mark.parametrize("happens", REFUSALS, ids=lambda function: function.__name__.strip("_"))
def test_what_refuses_a_send_refuses_to_schedule_and_to_send_what_is_due(
    group: Any, ada: Any, cyd: Any, happens: Callable[..., None]
) -> None:
    row = schedule(cyd, group)
    happens(ada, group, cyd)
    with pytest.raises((Denied, NotFound), match=REFUSALS[happens]):
        schedule(cyd, group)
    make_due(row)
    (dealt_with,) = actions.send_due()
    assert (dealt_with.pk, dealt_with.status) == (row.pk, "failed")
    assert outcome(row) == ("failed", REFUSALS[happens])
    assert stored(row).message_body == "Good morning"
    assert bodies_of(group) == []


@pytest.mark.parametrize("is_blocked_by_sender", [True, False])
def test_a_block_refuses_without_being_told(direct: Any, ada: Any, bob: Any, is_blocked_by_sender: bool) -> None:
    row = schedule(ada, direct)
    blocker, blocked = (ada, bob) if is_blocked_by_sender else (bob, ada)
    Block.objects.create(blocker=blocker, blocked=blocked)
    with pytest.raises(Denied) as error:
        schedule(ada, direct)
    make_due(row)
    actions.send_due()
    assert error.value.code == stored(row).code == "permission_denied"


# update_scheduled, cancel_scheduled


def test_update_changes_what_is_sent(group: Any, ada: Any, cyd: Any) -> None:
    row = schedule(cyd, group)
    moment = later(days=3)
    changed = actions.update_scheduled(
        actor=cyd, scheduled=row, body="Good evening", send_at=moment, mentions=[ada], metadata={"b": 2}
    )
    assert (changed.message_body, changed.send_at, changed.metadata) == ("Good evening", moment, {"b": 2})
    make_due(row)
    with replayed(group):
        (sent,) = actions.send_due()
    message = get_message_model()._default_manager.get(pk=sent.message_id)
    assert (message.message_body, message.metadata) == ("Good evening", {"b": 2})
    assert row_of(group, ada).mention_count == 1


def test_update_to_the_same_writes_nothing(group: Any, cyd: Any) -> None:
    row = schedule(cyd, group)
    ScheduledMessage.objects.filter(pk=row.pk).update(attempts=3)
    actions.update_scheduled(actor=cyd, scheduled=row, body=row.message_body, send_at=row.send_at, metadata={})
    assert stored(row).attempts == 3
    assert log_of(group, after=1) == []


def test_update_is_checked_as_a_send_is(group: Any, ada: Any, cyd: Any, stranger: Any) -> None:
    row = schedule(cyd, group)
    for options, code in (
        ({"body": ""}, "blank"),
        ({"body": "x" * 10_001}, "text_too_long"),
        ({"send_at": timezone.now()}, "send_at_past"),
        ({"send_at": None}, "invalid_send_at"),
        ({"mentions": [stranger]}, "invalid_reference"),
        ({"metadata": []}, "metadata_not_an_object"),
    ):
        with pytest.raises(Invalid, match=code):
            actions.update_scheduled(actor=cyd, scheduled=row, **options)
    actions.leave(actor=cyd, conversation=group)
    with pytest.raises(Denied, match="permission_denied"):
        actions.update_scheduled(actor=cyd, scheduled=row, body="still here")
    assert stored(row).message_body == "Good morning"


def test_with_a_new_time_what_has_failed_waits_again(group: Any, ada: Any, cyd: Any) -> None:
    row = schedule(cyd, group)
    actions.close(actor=ada, conversation=group)
    make_due(row)
    actions.send_due()
    actions.reopen(actor=ada, conversation=group)
    reworded = actions.update_scheduled(actor=cyd, scheduled=row, body="Good night")
    assert (reworded.status, reworded.code) == ("failed", "conversation_closed")
    again = actions.update_scheduled(actor=cyd, scheduled=row, send_at=later())
    assert (again.status, again.code, again.attempts) == ("pending", "", 0)
    make_due(row)
    actions.send_due()
    assert bodies_of(group) == ["Good night"]


def test_others_find_nothing_to_change(group: Any, ada: Any, cyd: Any) -> None:
    row = schedule(cyd, group)
    with pytest.raises(NotFound):
        actions.update_scheduled(actor=ada, scheduled=row, body="mine")
    with pytest.raises(NotFound):
        actions.cancel_scheduled(actor=ada, scheduled=row)
    assert stored(row).message_body == "Good morning"


def test_cancel_leaves_nothing_to_send_and_the_files_unsent(group: Any, ada: Any, cyd: Any) -> None:
    file = upload(cyd)
    row = schedule(cyd, group, attachments=[file])
    actions.leave(actor=cyd, conversation=group)
    actions.cancel_scheduled(actor=cyd, scheduled=row)
    make_due(row)
    assert actions.send_due() == []
    assert Attachment.objects.get(pk=file.pk).message_id is None
    with pytest.raises(NotFound):
        actions.cancel_scheduled(actor=cyd, scheduled=row)


def test_what_was_sent_is_not_changed_any_more(group: Any, cyd: Any) -> None:
    row = schedule(cyd, group)
    make_due(row)
    actions.send_due()
    with pytest.raises(Denied, match="already_sent"):
        actions.update_scheduled(actor=cyd, scheduled=row, body="too late")
    with pytest.raises(Denied, match="already_sent"):
        actions.cancel_scheduled(actor=cyd, scheduled=row)


# send_due


def test_due_is_sent_as_any_message(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    first = actions.send_message(actor=ada, conversation=group, body="first")
    file = upload(cyd)
    row = schedule(
        cyd,
        group,
        reply_to=first,
        thread_root=first,
        attachments=[file],
        mentions=[ada],
        metadata={"a": 1},
        client_id="one",
    )
    make_due(row)
    with replayed(group):
        (sent,) = actions.send_due()
    message = get_message_model()._default_manager.get(pk=sent.message_id)
    assert (message.sender, message.message_body, message.client_id) == (cyd, "Good morning", "one")
    assert (message.reply_to_id, message.thread_root_id, message.metadata) == (first.pk, first.pk, {"a": 1})
    assert message.sent_at > timezone.now() - timedelta(minutes=1)
    assert Attachment.objects.get(pk=file.pk).message_id == message.pk
    assert row_of(group, ada).mention_count == 1
    assert [unread_of(group, user) for user in (ada, bob, cyd)] == [1, 2, 0]
    assert log_of(group, after=2) == [("message.created", cyd.pk, 2, {"message_id": str(message.pk)})]
    assert (
        actions.send_message(
            actor=cyd,
            conversation=group,
            body="Good morning",
            reply_to=first,
            thread_root=first,
            attachments=[file],
            mentions=[ada],
            metadata={"a": 1},
            client_id="one",
        ).pk
        == message.pk
    )


def test_what_was_sent_is_no_second_copy_of_the_message(group: Any, ada: Any, cyd: Any) -> None:
    row = schedule(cyd, group, mentions=[ada], metadata={"a": 1})
    make_due(row)
    actions.send_due()
    found = stored(row)
    assert (found.status, found.message_body, found.metadata, found.mentioned) == ("sent", "", {}, [])


def test_everyone_can_be_mentioned_later(group: Any, ada: Any, cyd: Any) -> None:
    row = schedule(ada, group, mentions=[actions.EVERYONE])
    make_due(row)
    actions.send_due()
    assert outcome(row) == ("sent", "")
    assert row_of(group, cyd).mention_count == 1


def test_due_goes_out_the_longest_due_first_and_at_most_so_many(group: Any, cyd: Any) -> None:
    rows = [schedule(cyd, group, body) for body in ("one", "two", "three", "not yet")]
    for minutes, row in enumerate(rows[:3], start=1):
        make_due(row, minutes=minutes)
    assert [row.message_id is not None for row in actions.send_due(limit=2)] == [True, True]
    assert bodies_of(group) == ["three", "two"]
    actions.send_due()
    assert bodies_of(group) == ["three", "two", "one"]


def test_one_that_is_due_is_sent_by_its_key_too(group: Any, cyd: Any) -> None:
    row, other = schedule(cyd, group, "one"), schedule(cyd, group, "two")
    assert actions.send_due_message(scheduled=row.pk) is None
    make_due(row, other)
    sent = actions.send_due_message(scheduled=row.pk)
    assert sent is not None
    assert sent.status == "sent"
    assert actions.send_due_message(scheduled=row) is None
    assert bodies_of(group) == ["one"]


def test_a_refusal_stops_no_other(group: Any, channel: Any, ada: Any, cyd: Any) -> None:
    refused, sent = schedule(ada, channel, "refused"), schedule(cyd, group, "sent")
    actions.close(actor=ada, conversation=channel)
    make_due(refused, minutes=2)
    make_due(sent)
    assert [row.status for row in actions.send_due()] == ["failed", "sent"]


def test_files_that_were_sent_meanwhile_fail(group: Any, cyd: Any) -> None:
    file = upload(cyd)
    row = schedule(cyd, group, attachments=[file])
    actions.send_message(actor=cyd, conversation=group, body="at once", attachments=[file])
    make_due(row)
    actions.send_due()
    assert outcome(row) == ("failed", "invalid_reference")


def test_slow_mode_puts_off(group: Any, cyd: Any) -> None:
    type(group)._default_manager.filter(pk=group.pk).update(slow_mode_seconds=600)
    first, second = schedule(cyd, group, "one"), schedule(cyd, group, "two")
    make_due(first, minutes=2)
    make_due(second)
    assert [row.status for row in actions.send_due()] == ["sent", "pending"]
    waiting = stored(second)
    assert 590 < (waiting.due_at - timezone.now()).total_seconds() <= 600
    assert (waiting.attempts, waiting.send_at < timezone.now()) == (0, True)
    assert actions.send_due() == []


# What goes wrong


def explode(outgoing: Any) -> None:
    if outgoing.body == "boom":
        raise RuntimeError("boom")


@override_settings(CONVO_MESSAGE_HOOKS=[f"{__name__}.explode"])
def test_a_hook_that_breaks_leaves_it_pending_and_stops_no_other(
    group: Any, cyd: Any, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sent = schedule(cyd, group, "boom"), schedule(cyd, group, "fine")
    make_due(broken, minutes=2)
    make_due(sent)
    with replayed(group), caplog.at_level(logging.ERROR, "django_convo.scheduled"):
        assert [row.status for row in actions.send_due()] == ["pending", "sent"]
    assert str(broken.pk) in caplog.text
    waiting = stored(broken)
    assert (waiting.attempts, waiting.due_at > timezone.now()) == (1, True)
    assert waiting.message_body == "boom"
    assert bodies_of(group) == ["fine"]
    assert actions.send_due() == []


@override_settings(CONVO_MESSAGE_HOOKS=[f"{__name__}.explode"])
def test_what_breaks_each_time_is_given_up(group: Any, cyd: Any) -> None:
    broken = schedule(cyd, group, "boom")
    pauses = []
    for _ in range(due.MAX_ATTEMPTS):
        make_due(broken)
        actions.send_due()
        pauses.append(round((stored(broken).due_at - timezone.now()) / due.FIRST_PAUSE))
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128]
    make_due(broken)
    actions.send_due()
    assert outcome(broken) == ("failed", "error")


def test_a_busy_database_puts_off(group: Any, cyd: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(**kwargs: Any) -> None:
        raise TryAgain

    row = schedule(cyd, group)
    make_due(row)
    with monkeypatch.context() as patch:
        patch.setattr(due, "send_message", busy)
        (waiting,) = actions.send_due()
    assert (waiting.status, stored(row).attempts) == ("pending", 0)
    make_due(row)
    assert [found.status for found in actions.send_due()] == ["sent"]


def test_a_crash_between_sending_and_marking_leaves_both_undone(
    group: Any, cyd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(*args: Any, **kwargs: Any) -> None:
        raise Killed

    row = schedule(cyd, group)
    make_due(row)
    with monkeypatch.context() as patch:
        patch.setattr(due, "_mark", killed)
        with pytest.raises(Killed):
            actions.send_due()
    assert bodies_of(group) == []
    assert actions.send_due() == []  # whoever was killed might still be at work
    make_due(row)
    actions.send_due()
    assert bodies_of(group) == ["Good morning"]


def test_a_second_attempt_while_the_first_lasts_sends_once(
    group: Any, cyd: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first has taken it and is slow; its time runs out, and the second takes it too."""
    row = schedule(cyd, group)
    make_due(row)
    taken = due._take(row.pk)
    make_due(row)
    (sent,) = actions.send_due()
    assert taken is not None
    assert due._send(taken) is None
    assert bodies_of(group) == ["Good morning"]
    assert stored(row).message_id == sent.message_id


def test_cancelling_wins_over_an_attempt_that_has_begun(group: Any, cyd: Any) -> None:
    row = schedule(cyd, group)
    make_due(row)
    taken = due._take(row.pk)
    actions.cancel_scheduled(actor=cyd, scheduled=row)
    assert taken is not None
    assert due._send(taken) is None
    assert bodies_of(group) == []


def test_what_a_user_has_scheduled_goes_with_them(group: Any, ada: Any) -> None:
    gone = make_user("gone")
    actions.add_participant(actor=ada, conversation=group, user=gone)
    row = schedule(gone, group)
    make_due(row)
    gone.delete()
    assert actions.send_due() == []
    assert bodies_of(group) == []
