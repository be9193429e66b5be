from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.exceptions import Conflict, Denied, Invalid, InvalidReference
from django_convo.models import Participant, get_conversation_model, get_message_model
from tests.people import bodies_of, log_of, make_group, make_user, row_of, unread_of
from tests.recount import assert_counts
from tests.replay import replayed


def send(actor: Any, conversation: Any, body: str = "hello", **options: Any) -> Any:
    return actions.send_message(actor=actor, conversation=conversation, body=body, **options)


def test_send_numbers_and_counts(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    with replayed(group):
        first = send(ada, group, "one")
        second = send(bob, group, "two", metadata={"mood": "fine"})
    stored = get_message_model()._default_manager.get(pk=second.pk)
    assert (stored.seq, stored.count_seq, stored.sender, stored.kind) == (2, 2, bob, "user")
    assert (stored.message_body, stored.metadata, stored.client_id) == ("two", {"mood": "fine"}, None)
    assert first.was_created
    row = get_conversation_model()._default_manager.get(pk=group.pk)
    assert (row.last_seq, row.count_seq, row.last_message_id) == (2, 2, second.pk)
    assert row.last_message_at == second.sent_at == row.changed_at
    assert [unread_of(group, user) for user in (ada, bob, cyd)] == [1, 0, 2]


def test_send_emits_ids_and_never_a_body(group: Any, ada: Any) -> None:
    message = send(ada, group, "secret")
    assert log_of(group, after=1) == [("message.created", ada.pk, 1, {"message_id": str(message.pk)})]


def test_send_is_refused_to_strangers_observers_and_the_deactivated(group: Any, ada: Any, cyd: Any) -> None:
    observer = make_user("observer")
    actions.add_participant(actor=ada, conversation=group, user=observer, role="observer")
    cyd.is_active = False
    cyd.save()
    for actor in (make_user("stranger"), observer, cyd):
        with pytest.raises(Denied, match="permission_denied"):
            send(actor, group)
    assert bodies_of(group) == []
    assert_counts(group.pk)


def test_send_by_the_host_is_a_system_message_that_nobody_has_to_read(group: Any, ada: Any, bob: Any) -> None:
    send(ada, group)
    with replayed(group):
        message = send(None, group, "Booking confirmed")
    assert (message.kind, message.sender, message.seq, message.count_seq) == ("system", None, 2, 1)
    assert unread_of(group, bob) == 1
    assert log_of(group, after=2) == [("message.created", None, 2, {"message_id": str(message.pk)})]


def test_send_moves_the_senders_own_pointer_to_the_end(group: Any, ada: Any, bob: Any) -> None:
    for number in range(3):
        send(ada, group, str(number))
    send(bob, group)
    row = row_of(group, bob)
    assert (row.last_read_seq, row.read_count_seq, row.last_delivered_seq) == (4, 4, 4)
    assert unread_of(group, ada) == 1


def test_send_keeps_bodies_byte_for_byte(group: Any, ada: Any) -> None:
    bodies = [
        "  lead and trail \n",
        "\u202ebidi\u202c",
        "👩‍👩‍👧",
        "e\u0301 é",
        "\\u0000 ' \" % %s {} <b>",
        "a\r\nb\tc\x01",
    ]
    for body in bodies:
        send(ada, group, body)
    assert bodies_of(group) == bodies


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"body": ""}, "blank", "message_body"),
        ({"body": " \n\t"}, "blank", "message_body"),
        ({"body": "x" * 10_001}, "text_too_long", "message_body"),
        ({"body": "a\x00b"}, "invalid_text", "message_body"),
        ({"body": "a\udc00b"}, "invalid_text", "message_body"),
        ({"body": 5}, "invalid_text", "message_body"),
        ({"client_id": ""}, "invalid_client_id", "client_id"),
        ({"client_id": "x" * 65}, "invalid_client_id", "client_id"),
        ({"client_id": "\x00"}, "invalid_client_id", "client_id"),
        ({"client_id": 7}, "invalid_client_id", "client_id"),
        ({"metadata": {"a": float("nan")}}, "metadata_invalid", "metadata"),
        ({"metadata": {"a": "x" * 5000}, "client_id": "1"}, "metadata_too_large", "metadata"),
    ],
)
def test_send_refuses_what_is_invalid(group: Any, ada: Any, arguments: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(Invalid) as raised:
        actions.send_message(actor=ada, conversation=group, **({"body": "x"} | arguments))
    assert (raised.value.code, raised.value.field) == (code, field)
    assert len(log_of(group)) == 1


def test_send_refuses_metadata_that_is_nested_beyond_python(group: Any, ada: Any) -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    for client_id in (None, "1"):
        with pytest.raises(Invalid, match="metadata_too_deep"):
            send(ada, group, metadata=deep, client_id=client_id)
    with pytest.raises(Invalid, match="metadata_too_deep"):
        actions.find_repeated(actor=ada, conversation=group, body="hello", metadata=deep, client_id="1")


@override_settings(CONVO_MESSAGE_MAX_LENGTH=3)
def test_send_reads_its_limit_when_it_is_called(group: Any, ada: Any) -> None:
    send(ada, group, "123")
    with pytest.raises(Invalid, match="text_too_long"):
        send(ada, group, "1234")


# client_id


def test_send_again_returns_the_first_message_and_emits_nothing(group: Any, ada: Any, bob: Any) -> None:
    first = send(ada, group, "once", client_id="abc", metadata={"b": 1, "a": 2})
    with replayed(group):
        again = send(ada, group, "once", client_id="abc", metadata={"a": 2, "b": 1})
    assert (again.pk, again.was_created, first.was_created) == (first.pk, False, True)
    assert bodies_of(group) == ["once"]
    assert len(log_of(group)) == 2
    assert unread_of(group, bob) == 1


def test_send_again_answers_before_closing_and_roles_are_asked(group: Any, ada: Any, cyd: Any) -> None:
    first = send(cyd, group, client_id="abc")
    actions.close(actor=ada, conversation=group)
    actions.remove_participant(actor=ada, conversation=group, user=cyd)
    assert send(cyd, group, client_id="abc").pk == first.pk


def test_send_with_a_used_client_id_for_something_else_is_a_conflict(group: Any, ada: Any) -> None:
    first = send(ada, group, "one", client_id="abc")
    for different in (
        {"body": "two"},
        {"body": "one", "metadata": {"a": 1}},
        {"body": "one", "reply_to": first},
    ):
        with pytest.raises(Conflict, match="client_id_reused"):
            actions.send_message(actor=ada, conversation=group, client_id="abc", **different)
    assert bodies_of(group) == ["one"]
    assert_counts(group.pk)


def test_client_ids_belong_to_one_sender_in_one_conversation(group: Any, ada: Any, bob: Any) -> None:
    other = make_group(ada)
    keys = {
        send(actor, conversation, client_id="1").pk
        for actor, conversation in ((ada, group), (bob, group), (None, group), (ada, other))
    }
    assert len(keys) == 4


@pytest.mark.parametrize(
    ("one", "other"), [("x", "x "), ("x", "X"), ("é", "e"), ("é", "e\u0301"), ("😀", "😁"), ("ß", "ss")]
)
def test_client_ids_are_equal_only_by_byte(group: Any, ada: Any, one: str, other: str) -> None:
    first, second = send(ada, group, client_id=one), send(ada, group, client_id=other)
    assert first.pk != second.pk
    assert send(ada, group, client_id=one).pk == first.pk
    assert get_message_model()._default_manager.get(pk=second.pk).client_id == other


def test_the_host_repeats_its_own_messages_only(group: Any, cyd: Any) -> None:
    gone = send(cyd, group, "by a user who goes", client_id="1")
    cyd.delete()
    mine = send(None, group, "by a user who goes", client_id="1")
    assert mine.pk != gone.pk
    assert send(None, group, "by a user who goes", client_id="1").pk == mine.pk


def test_find_repeated_reads_only(group: Any, ada: Any) -> None:
    def find(**options: Any) -> Any:
        return actions.find_repeated(actor=ada, conversation=group, client_id="abc", **options)

    assert find(body="one") is None
    first = send(ada, group, "one", client_id="abc")
    with CaptureQueriesContext(connection) as queries:
        found = find(body="one")
    assert (found.pk, found.was_created) == (first.pk, False)
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]
    with pytest.raises(Conflict, match="client_id_reused"):
        find(body="two")
    with pytest.raises(Invalid, match="invalid_client_id"):
        actions.find_repeated(actor=ada, conversation=group, client_id="", body="one")


# reply_to


@pytest.mark.parametrize("by_key", [True, False])
def test_send_answers_a_message(group: Any, ada: Any, bob: Any, by_key: bool) -> None:
    question = send(ada, group, "?")
    with replayed(group):
        answer = send(bob, group, "!", reply_to=question.pk if by_key else question, client_id="1")
    assert answer.reply_to == question
    assert send(bob, group, "!", reply_to=question.pk, client_id="1").pk == answer.pk


def test_send_answers_nothing_that_is_elsewhere_gone_or_unseen(group: Any, ada: Any) -> None:
    elsewhere = send(ada, make_group(ada))
    deleted = send(ada, group)
    get_message_model()._default_manager.filter(pk=deleted.pk).update(deleted_at=deleted.sent_at, message_body="")
    for reference in (elsewhere, elsewhere.pk, deleted, uuid.uuid4()):
        for actor in (ada, None):
            with pytest.raises(InvalidReference) as raised:
                send(actor, group, reply_to=reference)
            assert raised.value.field == "reply_to"
    newcomer = make_user("newcomer")
    before = send(ada, group)
    with override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none"):
        actions.add_participant(actor=ada, conversation=group, user=newcomer)
    with pytest.raises(InvalidReference):
        send(newcomer, group, reply_to=before)
    assert send(newcomer, group, reply_to=send(ada, group)).reply_to is not None


# statements


def statements(queries: CaptureQueriesContext) -> list[str]:
    """Leave out what begins and ends transactions."""
    bookkeeping = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
    return [query["sql"] for query in queries if not query["sql"].startswith(bookkeeping)]


@pytest.mark.parametrize("members", [3, 2000])
def test_send_takes_the_same_few_statements_however_many_read_it(ada: Any, bob: Any, members: int) -> None:
    group = make_group(ada, bob)
    # Of two people alone, one statement more asks whether one has blocked the other.
    people = type(ada)._default_manager.bulk_create(
        [type(ada)(**{ada.USERNAME_FIELD: f"n{number}@example.com"}) for number in range(members - 2)]
    )
    Participant.objects.bulk_create([Participant(conversation=group, user=user) for user in people])
    get_conversation_model()._default_manager.filter(pk=group.pk).update(participant_count=members)
    question = send(bob, group)
    fresh = get_conversation_model()._default_manager.get(pk=group.pk)
    with CaptureQueriesContext(connection) as plain:
        send(ada, fresh, "plain")
    with CaptureQueriesContext(connection) as everything:
        send(ada, fresh, "all of it", client_id="1", reply_to=question.pk, metadata={"a": 1})
    with CaptureQueriesContext(connection) as system:
        send(None, fresh, "system")
    expected = (1, 2, 4) if connection.vendor == "postgresql" else (5, 7, 4)
    assert (len(statements(plain)), len(statements(everything)), len(statements(system))) == expected
    assert unread_of(group, bob) == 2
