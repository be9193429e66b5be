"""Rows that are written by statements of our own are the rows that Django writes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, models
from django.db.models.signals import post_save

from django_convo.models import Event, Participant, get_message_model
from django_convo.models.rows import insert, insert_silently, is_saved_plainly, update
from tests.people import make_group, make_user

pytestmark = pytest.mark.django_db


def new_message(group: Any, **fields: Any) -> Any:
    return get_message_model()(conversation=group, seq=1, count_seq=1, message_body="hello", **fields)


def columns_of(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_insert_writes_what_the_instance_has() -> None:
    ada = make_user("ada")
    message = new_message(make_group(ada), sender=ada, metadata={"a": ["b", None]})
    insert(message, using=connection.alias)
    stored = get_message_model()._default_manager.get(pk=message.pk)
    assert columns_of(stored) == columns_of(message)
    assert (message._state.adding, message._state.db) == (False, connection.alias)


def test_insert_sets_the_key_that_the_database_gives() -> None:
    event = Event(conversation=make_group(make_user()), event_seq=7, type="message.created", payload={"a": 1})
    insert_silently(event, using=connection.alias)
    assert columns_of(Event.objects.get(event_seq=7)) == columns_of(event)


def test_insert_is_djangos_where_somebody_listens() -> None:
    model, heard = get_message_model(), []

    def hear(instance: Any, created: bool, **kwargs: Any) -> None:
        heard.append((instance, created))

    post_save.connect(hear, sender=model)
    try:
        assert not is_saved_plainly(model)
        message = new_message(make_group(make_user()))
        insert(message, using=connection.alias)
    finally:
        post_save.disconnect(hear, sender=model)
    assert heard == [(message, True)]
    assert is_saved_plainly(model)


class Shouting(models.Model):
    """Saves itself in another way."""

    word = models.CharField(max_length=9)

    class Meta:
        app_label = "test_rows"
        managed = False

    def __str__(self) -> str:
        return self.word

    def save(self, **options: Any) -> None:
        self.word = self.word.upper()


class Computed(models.Model):
    """Has a column that the database fills."""

    word = models.CharField(max_length=9, db_default="x")

    class Meta:
        app_label = "test_rows"
        managed = False

    def __str__(self) -> str:
        return self.word


def test_insert_is_the_models_own_where_it_saves_itself() -> None:
    row = Shouting(word="quiet")
    insert(row, using=connection.alias)
    assert row.word == "QUIET"
    assert not is_saved_plainly(Computed)


def test_update_sets_columns_of_what_has_the_key_and_counts_it() -> None:
    ada, bob = make_user("ada"), make_user("bob")
    group = make_group(ada, bob)
    key = {"conversation": group.pk, "user": bob.pk}
    assert update(Participant, key, {"mention_count": 3, "last_read_seq": 2}, using=connection.alias) == 1
    assert update(Participant, key | {"user": make_user().pk}, {"mention_count": 9}, using=connection.alias) == 0
    rows = Participant.objects.filter(conversation=group.pk).order_by("pk")
    assert [(row.mention_count, row.last_read_seq) for row in rows] == [(0, 0), (3, 2)]
