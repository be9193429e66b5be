from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, models
from django.test import override_settings

from django_convo.models import fields, get_conversation_model, get_message_model
from django_convo.models.fields import ExactCharField, is_storable_text, uuid7, validate_metadata

# uuid7


def test_uuid7_has_the_version_and_the_variant_of_the_rfc() -> None:
    for _ in range(1000):
        value = uuid7()
        assert (value.version, value.variant) == (7, uuid.RFC_4122)


def test_uuid7_begins_with_the_time_in_milliseconds(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whatever was made before may have borrowed from milliseconds to come.
    monkeypatch.setattr(fields, "_uuid7_last", 0)
    before = time.time_ns() // 1_000_000
    value = uuid7()
    assert before <= value.int >> 80 <= time.time_ns() // 1_000_000


def test_uuid7_increases_in_each_thread_and_never_repeats() -> None:
    made: list[list[uuid.UUID]] = [[] for _ in range(8)]

    def make(values: list[uuid.UUID]) -> None:
        values.extend(uuid7() for _ in range(5000))

    threads = [threading.Thread(target=make, args=(values,)) for values in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for values in made:
        assert values == sorted(values)
    together = [value for values in made for value in values]
    # The first 74 bits alone, time and counter, are never given twice.
    assert len({value.int >> 64 for value in together}) == len(together)


def test_uuid7_increases_although_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    first = uuid7()
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    assert uuid7() > first


def test_uuid7_is_the_key_of_both_models() -> None:
    for model in (get_conversation_model(), get_message_model()):
        assert model._meta.pk is not None
        assert model._meta.pk.default is uuid7


# participants


REFUSED = ["add", "remove", "set", "clear", "create", "get_or_create", "update_or_create"]


@pytest.mark.parametrize("prefix", ["", "a"])
@pytest.mark.parametrize("method", REFUSED)
def test_participants_cannot_be_written_past_the_actions(group: Any, prefix: str, method: str) -> None:
    with pytest.raises(TypeError, match=r"actions\.(add|remove)_participant"):
        getattr(group.participants, prefix + method)()


def test_participants_cannot_be_assigned(group: Any, ada: Any) -> None:
    with pytest.raises(TypeError):
        group.participants = [ada]


def test_participants_can_be_read_filtered_and_prefetched(
    group: Any, ada: Any, bob: Any, cyd: Any, stranger: Any, django_assert_num_queries: Any
) -> None:
    manager = get_conversation_model()._default_manager
    assert set(group.participants.all()) == {ada, bob, cyd}
    assert group.participants.filter(pk=bob.pk).exists()
    assert [row.pk for row in manager.filter(participants=bob)] == [group.pk]
    assert not manager.filter(participants=stranger).exists()
    with django_assert_num_queries(2):
        (loaded,) = manager.prefetch_related("participants")
        assert len(loaded.participants.all()) == 3


def test_participants_never_enter_migration_state() -> None:
    from django.db.migrations.loader import MigrationLoader

    model = get_conversation_model()
    state = MigrationLoader(None).project_state()
    assert "participants" not in state.models[model._meta.app_label, model._meta.model_name].fields


# texts that are equal only by byte


def test_exact_columns_compare_by_byte(group: Any, ada: Any, db: None) -> None:
    manager = get_conversation_model()._default_manager
    values = ["x", "x ", "X", "é", "e", "e\u0301", "😀", "😁", "ß", "ss"]
    for value in values:
        manager.create(kind="direct", direct_key=value)
    for value in values:
        assert [row.direct_key for row in manager.filter(direct_key=value)] == [value]


def test_every_column_where_equality_matters_is_exact() -> None:
    conversation, message = get_conversation_model()._meta, get_message_model()._meta
    for field in (
        conversation.get_field("direct_key"),
        conversation.get_field("subject_id"),
        message.get_field("client_id"),
    ):
        assert isinstance(field, ExactCharField)


def test_exact_columns_name_a_collation_on_mariadb_alone() -> None:
    collation = ExactCharField(max_length=5).db_parameters(connection).get("collation")
    assert collation == ("utf8mb4_nopad_bin" if connection.vendor == "mysql" else None)


# metadata


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": None, "b": [1, 2.5, True, "é😀"], "": {"c": []}},
        {"backslash": "\\u0000", "quote": '"'},
        {"a": "x" * (4096 - len('{"a": ""}'))},
        nested(5),
        {"a": [[[[1]]]]},
    ],
)
def test_metadata_takes_json_objects_within_the_limits(value: Any) -> None:
    validate_metadata(value)


ring: dict[str, Any] = {}
ring["self"] = ring
listed: list[Any] = []
for _ in range(100_000):
    listed = [listed]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, "metadata_not_an_object"),
        ([], "metadata_not_an_object"),
        ("{}", "metadata_not_an_object"),
        (nested(6), "metadata_too_deep"),
        ({"a": [[[[[1]]]]]}, "metadata_too_deep"),
        ({"a": ((((((),),),),),)}, "metadata_too_deep"),
        ({"a": listed}, "metadata_too_deep"),
        (ring, "metadata_too_deep"),
        ({"a": "x" * (4097 - len('{"a": ""}'))}, "metadata_too_large"),
        ({"a": "é" * 2048}, "metadata_too_large"),
        ({"a": "\x00"}, "metadata_invalid"),
        ({"\x00": 1}, "metadata_invalid"),
        ({"a": ["\ud800"]}, "metadata_invalid"),
        ({"\udfff": 1}, "metadata_invalid"),
        ({"a": float("nan")}, "metadata_invalid"),
        ({"a": float("-inf")}, "metadata_invalid"),
        ({"a": {1, 2}}, "metadata_invalid"),
        ({"a": b"x"}, "metadata_invalid"),
        ({1: "a", "b": 2}, "metadata_invalid"),
        ({"a": 10**5000}, "metadata_invalid"),
    ],
)
def test_metadata_refuses(value: Any, code: str) -> None:
    with pytest.raises(ValidationError) as raised:
        validate_metadata(value)
    assert raised.value.code == code
    assert raised.value.messages


def test_metadata_limits_are_read_when_they_are_needed() -> None:
    with override_settings(CONVO_METADATA_MAX_DEPTH=1, CONVO_METADATA_MAX_BYTES=10):
        validate_metadata({"a": 1})
        for value, code in (({"a": {}}, "metadata_too_deep"), ({"a": "12345"}, "metadata_too_large")):
            with pytest.raises(ValidationError) as raised:
                validate_metadata(value)
            assert raised.value.code == code


@pytest.mark.parametrize(
    ("text", "is_storable"),
    [("", True), ("a\n\t\x01\x7f", True), ("😀\u202e", True), ("a\x00", False), ("\ud83d", False), ("x\udfff", False)],
)
def test_storable_text_has_neither_nul_nor_lone_surrogates(text: str, is_storable: bool) -> None:
    assert is_storable_text(text) is is_storable


def test_every_metadata_column_is_validated() -> None:
    for model in (get_conversation_model(), get_message_model()):
        field = model._meta.get_field("metadata")
        assert isinstance(field, models.JSONField)
        assert validate_metadata in field.validators
