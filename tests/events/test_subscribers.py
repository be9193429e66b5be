"""After-commit code, tested with commits: what a subscriber hears, when, and what it cannot break."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from django_convo import actions, events
from django_convo.models import Event, get_conversation_model, get_message_model
from tests.people import bodies_of, make_group, make_user, row_of, unread_of
from tests.recount import assert_counts

pytestmark = pytest.mark.django_db(transaction=True)


class Recorder:
    """Notes each event, and whether it was already committed when it was heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, str]] = []
        self.was_in_transaction: list[bool] = []

    def __call__(self, event: Event) -> None:
        self.heard.append((event.event_seq, event.type))
        self.was_in_transaction.append(connection.in_atomic_block)
        assert Event.objects.filter(pk=event.pk).exists()


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    events.subscribe("*", recorder)
    yield recorder
    events.unsubscribe("*", recorder)


@pytest.fixture
def ada(transactional_db: None) -> Any:
    return make_user("ada")


@pytest.fixture
def group(ada: Any) -> Any:
    return make_group(ada, make_user("bob"), make_user("cyd"))


def send(actor: Any, conversation: Any, body: str = "x", **options: Any) -> Any:
    return actions.send_message(actor=actor, conversation=conversation, body=body, **options)


def test_subscribers_hear_each_event_once_in_order_after_the_commit(ada: Any, group: Any, recorder: Recorder) -> None:
    with transaction.atomic():
        send(ada, group, "one")
        actions.update_conversation(actor=ada, conversation=group, topic="new")
        assert recorder.heard == []
    send(ada, group, "two")
    actions.leave(actor=ada, conversation=group)
    assert recorder.heard == [
        (2, "message.created"),
        (3, "conversation.updated"),
        (4, "message.created"),
        (5, "participant.removed"),
        (6, "participant.updated"),
    ]
    assert not any(recorder.was_in_transaction)


def test_subscribers_hear_their_own_type_alone(ada: Any, group: Any) -> None:
    heard: list[str] = []

    def note(event: Event) -> None:
        heard.append(event.type)

    events.subscribe("conversation.closed", note)
    events.subscribe("conversation.closed", note)
    try:
        send(ada, group)
        actions.close(actor=ada, conversation=group)
        assert heard == ["conversation.closed"]
    finally:
        events.unsubscribe("conversation.closed", note)
    events.unsubscribe("conversation.closed", note)
    actions.reopen(actor=ada, conversation=group)
    actions.close(actor=ada, conversation=group)
    assert heard == ["conversation.closed"]


def test_subscribers_hear_nothing_of_a_repeated_send_or_a_no_op(ada: Any, group: Any, recorder: Recorder) -> None:
    for _ in range(3):
        send(ada, group, client_id="1")
        actions.update_conversation(actor=ada, conversation=group, title="")
        actions.add_participant(actor=ada, conversation=group, user=ada)
        actions.mark_read(actor=ada, conversation=group)
    assert recorder.heard == [(2, "message.created")]


def test_a_subscriber_that_raises_breaks_neither_the_send_nor_the_others(
    ada: Any, group: Any, recorder: Recorder, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(event: Event) -> None:
        raise RuntimeError("the subscriber's own fault")

    def broken_receiver(event: Event, **kwargs: Any) -> None:
        raise RuntimeError("the receiver's own fault")

    events.subscribe("message.created", broken)
    events.event_committed.connect(broken_receiver)
    try:
        with caplog.at_level(logging.ERROR, logger="django_convo.events"):
            message = send(ada, group, "stands")
    finally:
        events.unsubscribe("message.created", broken)
        events.event_committed.disconnect(broken_receiver)
    assert message.seq == 1
    assert bodies_of(group) == ["stands"]
    assert recorder.heard == [(2, "message.created")]
    # Ours says which subscriber failed, Django's which receiver.
    assert [(record.name, record.exc_info is not None) for record in caplog.records] == [
        ("django_convo.events", True),
        ("django.dispatch", True),
    ]


def test_a_subscriber_may_act_itself(ada: Any, group: Any, recorder: Recorder) -> None:
    def answer(event: Event) -> None:
        if event.actor_id is not None:
            send(None, group, "noted")

    events.subscribe("message.created", answer)
    try:
        send(ada, group, "hello")
    finally:
        events.unsubscribe("message.created", answer)
    assert bodies_of(group) == ["hello", "noted"]
    assert sorted(recorder.heard) == [(2, "message.created"), (3, "message.created")]


def test_the_signal_carries_the_event(ada: Any, group: Any) -> None:
    heard: list[tuple[type, str]] = []

    def receive(sender: type, event: Event, **kwargs: Any) -> None:
        heard.append((sender, event.type))

    events.event_committed.connect(receive)
    try:
        send(ada, group)
    finally:
        events.event_committed.disconnect(receive)
    assert heard == [(Event, "message.created")]


class UndoneError(Exception):
    """What went wrong in the host's own code."""


def undo(write: Callable[[], Any]) -> None:
    """Write in a transaction that fails afterwards."""
    with transaction.atomic():
        write()
        raise UndoneError


# Everything that writes, as a host's transaction might do it before it fails.
WRITES = {
    "create": lambda ada, group: make_group(ada, title="undone"),
    "send": lambda ada, group: send(ada, group, "undone", client_id="1"),
    "system": lambda ada, group: send(None, group, "undone"),
    "update": lambda ada, group: actions.update_conversation(actor=ada, conversation=group, title="undone"),
    "add": lambda ada, group: actions.add_participant(actor=ada, conversation=group, user=make_user("undone")),
    "leave": lambda ada, group: actions.leave(actor=ada, conversation=group),
    "close": lambda ada, group: actions.close(actor=ada, conversation=group),
    "delete": lambda ada, group: actions.delete_conversation(actor=ada, conversation=group),
    "mark_unread": lambda ada, group: actions.mark_unread(actor=ada, conversation=group, seq=1),
    "delete_user": lambda ada, group: ada.delete(),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_rolled_back_host_transaction_leaves_nothing(name: str, ada: Any, group: Any, recorder: Recorder) -> None:
    send(None, group, "before")
    recorder.heard.clear()

    def everything() -> list[Any]:
        models = (get_conversation_model(), get_message_model(), Event, type(row_of(group, ada)), type(ada))
        return [list(model._default_manager.order_by("pk").values()) for model in models]

    before = everything()
    key = ada.pk
    with pytest.raises(UndoneError):
        undo(lambda: WRITES[name](ada, group))
    ada.pk = key
    assert everything() == before
    assert recorder.heard == []
    # And the next message is given the number that was taken back.
    assert send(ada, group, "after", client_id="1").seq == 2
    assert_counts(group.pk)


def test_a_savepoint_that_is_rolled_back_takes_only_its_own(ada: Any, group: Any, recorder: Recorder) -> None:
    with transaction.atomic():
        send(ada, group, "stays")
        with pytest.raises(UndoneError):
            undo(lambda: send(ada, group, "goes"))
        send(ada, group, "stays too")
    assert bodies_of(group) == ["stays", "stays too"]
    assert recorder.heard == [(2, "message.created"), (3, "message.created")]
    assert_counts(group.pk)


def test_a_refused_action_leaves_the_hosts_transaction_usable(ada: Any, group: Any) -> None:
    stranger = make_user("stranger")
    with transaction.atomic():
        with pytest.raises(Exception, match="permission_denied"):
            send(stranger, group)
        with pytest.raises(Exception, match="blank"):
            actions.create_conversation(actor=ada, participants=[stranger], body=" ")
        send(ada, group, "still here")
    assert bodies_of(group) == ["still here"]
    assert get_conversation_model()._default_manager.count() == 1
    assert unread_of(group, ada) == 0
