"""Statements that are kept, below what is asked with them."""

from __future__ import annotations

import gc
import uuid
from threading import Thread
from typing import Any
from weakref import ref

import pytest
from django.contrib.auth import get_user_model
from django.db import connection, connections
from django.db.models import BigIntegerField, Q, Value
from django.db.models.signals import post_init

from django_convo import actions
from django_convo.models import AbstractMessage, Participant, get_conversation_model, get_message_model
from django_convo.selectors.kept import Among, Bound, Statement, bound_id, length_of
from django_convo.selectors.kept.instances import is_plain

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(group: Any, ada: Any, bob: Any) -> list[AbstractMessage]:
    first = actions.send_message(actor=ada, conversation=group, body="first", metadata={"a": [1]})
    second = actions.send_message(actor=bob, conversation=group, body="second", reply_to=first.pk)
    return [first, second, actions.send_message(actor=ada, conversation=group, body="third")]


def rows_of() -> Any:
    rows = get_message_model()._default_manager.select_related("sender", "reply_to__sender", "conversation")
    return rows.annotate(one=Value(1)).order_by("seq")


def test_instances_are_those_of_the_queryset(said: Any, django_assert_num_queries: Any) -> None:
    made = list(rows_of())
    with django_assert_num_queries(1):
        read = Statement(rows_of()).read()
        for other, row in zip(made, read, strict=True):
            assert {**row.__dict__, "_state": None} == {**other.__dict__, "_state": None}
            assert (row._state.db, row._state.adding) == (other._state.db, other._state.adding)
            assert row.conversation.__dict__.keys() == other.conversation.__dict__.keys()
            assert row.sender.get_username() == other.sender.get_username()
            assert row.conversation.title == other.conversation.title
            assert row.reply_to == other.reply_to
    assert read[1].reply_to.sender == said[0].sender
    assert read[0].metadata == {"a": [1]}
    assert (read[0].reply_to, read[0].one) == (None, 1)


def test_an_instance_is_written_as_any(said: Any) -> None:
    row = Statement(rows_of()).read()[0]
    row.message_body = "changed"
    row.save()

    assert get_message_model()._default_manager.get(pk=row.pk).message_body == "changed"


def test_who_stands_in_many_rows_is_made_once(said: Any) -> None:
    first, second, third = Statement(rows_of()).read()

    assert first.sender is third.sender is second.reply_to.sender
    assert first.sender is not second.sender


def test_values_are_bound_each_time(said: Any, group: Any) -> None:
    rows = get_message_model()._default_manager.filter(
        conversation=bound_id("conversation"), seq=Bound("seq", BigIntegerField())
    )
    statement = Statement(rows.values_list("message_body", "sent_at", "conversation_id"))

    for message in said:
        found = statement.read(conversation=group.pk, seq=message.seq)
        assert [tuple(row) for row in found] == [(message.message_body, message.sent_at, group.pk)]
    assert statement.read(conversation=uuid.uuid4(), seq=1) == []


@pytest.mark.parametrize("many", [0, 1, 2, 3, 7])
def test_lists_are_filled_up(many: int, group: Any) -> None:
    keys = [row.pk for row in (group, *(actions_group() for _ in range(6)))][:many]
    length = length_of(keys)
    rows = get_conversation_model()._default_manager.all()
    one_by_one: dict[str, Any] = {"pk__in": [bound_id("key", place) for place in range(length)]}

    for wanted in (Q(Among("pk", "key", length)), Q(**one_by_one)):
        found = [] if not keys else Statement(rows.filter(wanted)).read(key=keys)
        assert {row.pk for row in found} == set(keys)
    assert length >= many
    assert not rows.filter(Among("pk", "key", 0)).exists()


@pytest.mark.parametrize("wanted", [Among("pk", "key", 2), Q(Among("pk", "key", 2)), ~Q(Among("pk", "key", 2))])
def test_a_list_is_compared_with_nothing(wanted: Any) -> None:
    sql = Statement(get_conversation_model()._default_manager.filter(wanted)).sql
    where = sql[sql.index(" WHERE ") :].upper()
    # `IN (…) = 1` goes by no index.
    assert where.count("=") == (connection.vendor == "postgresql"), where


@pytest.mark.skipif(connection.vendor != "postgresql", reason="a value for each id")
def test_a_list_is_one_value() -> None:
    rows = get_conversation_model()._default_manager.filter(Among("pk", "key", 50), ~Q(Among("pk", "other", 5)))
    assert len(Statement(rows).parameters) == 2


def actions_group() -> Any:
    return get_conversation_model()._default_manager.create()


def test_lists_of_any_length_have_places() -> None:
    assert [length_of(range(many)) for many in (0, 1, 3, 51, 1000, 1001, 2500)] == [0, 1, 5, 100, 1000, 2000, 3000]


def test_a_model_that_does_more_is_asked_to(said: Any) -> None:
    made: list[Any] = []

    def note(sender: Any, instance: Any, **kwargs: Any) -> None:
        made.append(instance)

    model = get_user_model()
    post_init.connect(note, sender=model)
    try:
        read = Statement(rows_of()).read()
    finally:
        post_init.disconnect(note, sender=model)

    assert {user.pk for user in made} == {row.sender_id for row in read}


def test_what_counts_as_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [field.attname for field in Participant._meta.concrete_fields]
    assert is_plain(Participant, names)
    assert not is_plain(Participant, names[1:])

    with monkeypatch.context() as patch:
        patch.setattr(Participant, "role", property(lambda self: "member", lambda self, value: None))
        assert not is_plain(Participant, names)
    with monkeypatch.context() as patch:
        patch.setattr(Participant, "__init__", lambda self, *args: super(Participant, self).__init__(*args))
        assert not is_plain(Participant, names)
    with monkeypatch.context() as patch:
        patch.setattr(Participant, "from_db", classmethod(lambda cls, *args: cls()))
        assert not is_plain(Participant, names)
    assert is_plain(Participant, names)


def test_a_statement_holds_no_connection(said: Any) -> None:
    # It outlives the thread that asked first.
    statement, others = Statement(rows_of()), []

    def read() -> None:
        statement.read()
        others.append(ref(connections[statement.alias]))
        connections.close_all()

    thread = Thread(target=read)
    thread.start()
    thread.join()
    gc.collect()

    assert others[0]() is None
    assert statement.read() == said
