"""The send in one statement refuses what the longer way refuses, and leaves what it leaves."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models.signals import post_save, pre_save
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.exceptions import ConvoError, Denied, InvalidReference
from django_convo.models import Event, Participant, get_conversation_model, get_message_model
from django_convo.policy import Policy
from django_convo.testing import recorded_events
from tests.people import bodies_of, log_of, make_direct, make_group, make_user, unread_of
from tests.recount import assert_counts
from tests.replay import replayed

is_postgres = connection.vendor == "postgresql"


def send(actor: Any, conversation: Any, body: str = "hello", **options: Any) -> Any:
    return actions.send_message(actor=actor, conversation=conversation, body=body, **options)


def statements(call: Callable[[], Any]) -> list[str]:
    """Return what was asked and written, without what begins and ends transactions."""
    with CaptureQueriesContext(connection) as queries:
        call()
    bookkeeping = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return [query["sql"] for query in queries if not query["sql"].startswith(bookkeeping)]


@pytest.mark.skipif(not is_postgres, reason="the longer way")
def test_an_ordinary_send_is_one_statement(group: Any, cyd: Any) -> None:
    question = send(cyd, group)
    assert len(statements(lambda: send(cyd, group))) == 1
    assert len(statements(lambda: send(cyd, group, client_id="1", metadata={"a": [1]}))) == 1
    assert len(statements(lambda: send(cyd, group, client_id="2", reply_to=question))) == 2


def test_the_message_has_what_is_stored(group: Any, cyd: Any) -> None:
    question = send(cyd, group)
    with replayed(group):
        message = send(cyd, group, "an answer", client_id="1", reply_to=question.pk, metadata={"a": None})
    columns = [field.attname for field in message._meta.concrete_fields]
    stored = get_message_model()._default_manager.get(pk=message.pk)
    assert {name: getattr(message, name) for name in columns} == {name: getattr(stored, name) for name in columns}
    row = get_conversation_model()._default_manager.get(pk=group.pk)
    columns = [field.attname for field in row._meta.concrete_fields]
    assert {name: getattr(message.conversation, name) for name in columns} == {
        name: getattr(row, name) for name in columns
    }
    assert (message.sender, message.reply_to, message.was_created) == (cyd, question, True)
    assert not message._state.adding
    message.refresh_from_db()


def test_clocks_that_go_back_do_not_take_the_conversation_back(group: Any, cyd: Any) -> None:
    later = send(cyd, group).sent_at.replace(year=2400)
    get_conversation_model()._default_manager.filter(pk=group.pk).update(last_message_at=later, changed_at=later)
    message = send(cyd, group)
    assert message.sent_at == message.conversation.changed_at == message.conversation.last_message_at == later
    assert Event.objects.get(conversation=group.pk, seq=message.seq).created_at == later


# What the given conversation and its remembered memberships do not tell.


def close(group: Any, ada: Any, cyd: Any) -> None:
    actions.close(actor=ada, conversation=group)


def delete(group: Any, ada: Any, cyd: Any) -> None:
    actions.delete_conversation(actor=ada, conversation=group)


def remove(group: Any, ada: Any, cyd: Any) -> None:
    actions.remove_participant(actor=ada, conversation=group, user=cyd)


def silence(group: Any, ada: Any, cyd: Any) -> None:
    actions.change_role(actor=ada, conversation=group, user=cyd, role="observer")


def slow_down(group: Any, ada: Any, cyd: Any) -> None:
    actions.update_conversation(actor=ada, conversation=group, slow_mode_seconds=3600)


def sanction(kind: str, *, is_everywhere: bool) -> Callable[..., None]:
    def impose(group: Any, ada: Any, cyd: Any) -> None:
        where = None if is_everywhere else group
        actions.impose_sanction(actor=None, user=cyd, kind=kind, conversation=where)

    return impose


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (close, "conversation_closed"),
        (delete, "not_found"),
        (remove, "permission_denied"),
        (silence, "permission_denied"),
        (slow_down, "slow_mode"),
        (sanction("mute", is_everywhere=False), "muted"),
        (sanction("mute", is_everywhere=True), "muted"),
        (sanction("ban", is_everywhere=True), "banned"),
    ],
)
def test_send_is_refused_by_what_is_stored_whatever_the_caller_has_read(
    group: Any, ada: Any, cyd: Any, change: Callable[..., None], code: str
) -> None:
    stale = send(cyd, group, "before").conversation
    assert stale.membership_of(cyd) is not None
    change(group, ada, cyd)
    log = log_of(group)
    with pytest.raises(ConvoError) as refused:
        send(cyd, stale, "after")
    assert refused.value.code == code
    assert bodies_of(group) == ["before"]
    assert log_of(group) == log


@pytest.mark.parametrize("is_by_the_other", [True, False])
def test_send_is_refused_between_two_who_are_kept_apart(ada: Any, bob: Any, is_by_the_other: bool) -> None:
    direct, group = make_direct(ada, bob), make_group(ada, bob, make_user("third"))
    blocker, blocked = (bob, ada) if is_by_the_other else (ada, bob)
    actions.block_user(actor=blocker, user=blocked)
    with pytest.raises(Denied, match="permission_denied"):
        send(ada, direct)
    assert bodies_of(direct) == []
    # In larger conversations a block changes nothing, nor does it make a send longer.
    assert len(statements(lambda: send(ada, group))) == (1 if is_postgres else 5)


def test_an_answer_is_refused_where_the_question_is_gone(group: Any, cyd: Any) -> None:
    question = send(cyd, group)
    actions.delete_message(actor=cyd, message=question)
    with pytest.raises(InvalidReference):
        send(cyd, group, reply_to=question)
    assert_counts(group.pk)


@pytest.mark.skipif(not is_postgres, reason="the longer way")
def test_an_answer_is_refused_where_the_question_goes_after_it_was_read(group: Any, cyd: Any) -> None:
    question = send(cyd, group)
    gone = []

    def delete_first(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith("WITH") and not gone:
            gone.append(question)
            actions.delete_message(actor=cyd, message=question)
        return execute(sql, *arguments)

    with connection.execute_wrapper(delete_first), pytest.raises(InvalidReference):
        send(cyd, group, reply_to=question)
    assert gone == [question]
    assert_counts(group.pk)


@pytest.mark.skipif(not is_postgres, reason="the longer way")
def test_a_retry_is_found_without_an_error_of_the_database(group: Any, cyd: Any) -> None:
    failed = []

    def note(execute: Any, *arguments: Any) -> Any:
        try:
            return execute(*arguments)
        except Exception as error:
            failed.append(error)
            raise

    first = send(cyd, group, client_id="1")
    with connection.execute_wrapper(note):
        again = send(cyd, group, client_id="1")
    assert (again.pk, again.was_created, failed) == (first.pk, False, [])


# Whoever else has to be asked.


class Mute(Policy):
    def can(self, actor: Any, capability: str, **about: Any) -> bool:
        return capability != "message.send" and super().can(actor, capability, **about)


@override_settings(CONVO_POLICY=f"{__name__}.Mute")
def test_the_hosts_policy_is_asked(group: Any, ada: Any) -> None:
    with pytest.raises(Denied, match="permission_denied"):
        send(ada, group)


@override_settings(CONVO_CONVERSATION_ROLES={"member": ["-message.send"], "observer": ["message.send"]})
def test_the_hosts_roles_are_asked(group: Any, ada: Any, cyd: Any) -> None:
    with pytest.raises(Denied, match="permission_denied"):
        send(cyd, group)
    actions.change_role(actor=ada, conversation=group, user=cyd, role="observer")
    assert send(cyd, group).seq == 1


@override_settings(CONVO_ROLES={"guest": ["-message.send"], "member": ["-message.send"]})
def test_the_hosts_site_roles_are_asked(group: Any, ada: Any) -> None:
    with pytest.raises(Denied, match="permission_denied"):
        send(ada, group)


@pytest.mark.parametrize("signal", [pre_save, post_save])
def test_receivers_of_the_hosts_hear_of_the_message(group: Any, ada: Any, signal: Any) -> None:
    heard = []

    def hear(instance: Any, **kwargs: Any) -> None:
        heard.append(instance)

    signal.connect(hear, sender=get_message_model())
    try:
        message = send(ada, group)
    finally:
        signal.disconnect(hear, sender=get_message_model())
    assert heard == [message]


@override_settings(CONVO_MENTION_FIELD="first_name")
def test_names_in_the_body_are_looked_up(group: Any, ada: Any, bob: Any) -> None:
    send(ada, group, f"@{bob.first_name} look")
    assert Participant.objects.get(conversation=group.pk, user=bob).mention_count == 1
    assert send(bob, group, "read").conversation.last_seq == 2
    assert Participant.objects.get(conversation=group.pk, user=bob).mention_count == 0


# Transactions.


def test_what_the_caller_takes_back_leaves_nothing(group: Any, ada: Any, bob: Any) -> None:
    log = log_of(group)
    with transaction.atomic():
        send(ada, group)
        transaction.set_rollback(True)
    assert (bodies_of(group), log_of(group), unread_of(group, bob)) == ([], log, 0)
    assert send(ada, group).seq == 1


@pytest.mark.django_db(transaction=True)
def test_subscribers_hear_of_it_after_the_commit_as_it_is_logged(group: Any, ada: Any) -> None:
    with recorded_events("message.created") as heard:
        send(ada, group)
        assert len(heard) == 1
        with transaction.atomic():
            message = send(ada, group)
            assert len(heard) == 1
        with transaction.atomic():
            send(ada, group)
            transaction.set_rollback(True)
    assert [event.seq for event in heard] == [1, 2]
    stored = Event.objects.get(conversation=group.pk, seq=2)
    for column in (field.attname for field in Event._meta.concrete_fields):
        assert getattr(heard[1], column) == getattr(stored, column), column
    assert heard[1].conversation.last_message_id == message.pk


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        (close, "conversation_closed"),
        (delete, "not_found"),
        (remove, "permission_denied"),
        (silence, "permission_denied"),
        (slow_down, "slow_mode"),
    ],
)
def test_what_changes_while_the_send_waits_for_its_turn_refuses_it(
    group: Any, ada: Any, cyd: Any, change: Callable[..., None], code: str
) -> None:
    send(cyd, group, "before")
    with transaction.atomic():
        change(group, ada, cyd)
        waiting = in_a_thread(lambda: send(cyd, group, "after"))
    assert waiting() == code
    assert bodies_of(group) == ["before"]


@pytest.mark.django_db(transaction=True)
def test_a_question_that_goes_while_its_answer_waits_is_not_answered(group: Any, cyd: Any) -> None:
    question = send(cyd, group)
    with transaction.atomic():
        actions.delete_message(actor=cyd, message=question)
        waiting = in_a_thread(lambda: send(cyd, group, "answer", reply_to=question))
    assert waiting() == "invalid_reference"
    assert_counts(group.pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_in_a_transaction", [True, False])
def test_one_client_id_that_waits_for_itself_makes_one_message(
    group: Any, cyd: Any, is_in_a_transaction: bool
) -> None:
    def again() -> Any:
        if not is_in_a_transaction:
            return send(cyd, group, client_id="1")
        with transaction.atomic():
            return send(cyd, group, client_id="1")

    with transaction.atomic():
        first = send(cyd, group, client_id="1")
        waiting = in_a_thread(again)
    again_sent = waiting()
    assert (again_sent.pk, again_sent.was_created) == (first.pk, False)
    assert send(cyd, group).seq == 2
    assert_counts(group.pk)


def in_a_thread(call: Callable[[], Any]) -> Callable[[], Any]:
    """Begin to call on another connection, wait until it waits, and return what waits for the outcome or code."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(call())
        except ConvoError as error:
            outcome.append(error.code)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    wait_for_a_lock()

    def finish() -> Any:
        thread.join(30)
        return outcome[0]

    return finish


def wait_for_a_lock() -> None:
    """Return once another connection waits for this one; where that cannot be seen, soon."""
    if not is_postgres:
        time.sleep(0.5)
        return
    for _ in range(1000):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)) LIMIT 1"
            )
            if cursor.fetchone() is not None:
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
