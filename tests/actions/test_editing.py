from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import AbstractMessage, MessageRevision, get_message_model
from tests.people import log_of, make_user, row_of, unread_of
from tests.replay import replayed


@pytest.fixture
def message(group: Any, cyd: Any) -> AbstractMessage:
    return actions.send_message(actor=cyd, conversation=group, body="first", metadata={"a": 1})


def stored(message: Any) -> Any:
    return get_message_model()._default_manager.get(pk=message.pk)


def test_edit_changes_the_text_and_keeps_what_it_said(group: Any, cyd: Any, message: Any) -> None:
    with replayed(group):
        edited = actions.edit_message(actor=cyd, message=message, body="second", metadata={"b": 2})
        actions.edit_message(actor=cyd, message=message, body="third")

    row = stored(message)
    assert (row.message_body, row.metadata, row.seq) == ("third", {"b": 2}, 1)
    assert edited.edited_at is not None
    assert row.edited_at > row.sent_at
    kept = MessageRevision.objects.filter(message=message.pk).order_by("number")
    assert [(item.number, item.message_body, item.metadata) for item in kept] == [
        (1, "first", {"a": 1}),
        (2, "second", {"b": 2}),
    ]
    assert {item.replaced_by for item in kept} == {cyd}


def test_edit_emits_ids_alone(group: Any, cyd: Any, message: Any) -> None:
    actions.edit_message(actor=cyd, message=message, body="second")

    assert log_of(group, after=2) == [("message.updated", cyd.pk, 1, {"message_id": str(message.pk)})]


def test_edit_to_the_same_changes_nothing(group: Any, cyd: Any, message: Any) -> None:
    actions.edit_message(actor=cyd, message=message, body="first", metadata={"a": 1})
    actions.edit_message(actor=cyd, message=message)

    assert stored(message).edited_at is None
    assert log_of(group, after=2) == []
    assert not MessageRevision.objects.filter(message=message.pk).exists()


def test_edit_moves_no_unread_count(group: Any, ada: Any, cyd: Any, message: Any) -> None:
    actions.mark_read(actor=ada, conversation=group)
    actions.edit_message(actor=cyd, message=message, body="second")

    assert unread_of(group, ada) == 0


def test_only_the_sender_edits(group: Any, ada: Any, bob: Any, message: Any) -> None:
    for actor in (ada, bob):
        with pytest.raises(Denied, match="permission_denied"):
            actions.edit_message(actor=actor, message=message, body="not mine")
    with pytest.raises(NotFound):
        actions.edit_message(actor=make_user("stranger"), message=message, body="not seen")
    assert stored(message).message_body == "first"


def test_the_host_edits_anything(group: Any, message: Any) -> None:
    actions.edit_message(actor=None, message=message, body="by the host")
    system = actions.send_message(actor=None, conversation=group, body="system")
    actions.edit_message(actor=None, message=system, body="changed")

    assert (stored(message).message_body, stored(system).message_body) == ("by the host", "changed")


def test_who_has_left_edits_nothing(group: Any, cyd: Any, message: Any) -> None:
    actions.leave(actor=cyd, conversation=group)

    with pytest.raises(NotFound):
        actions.edit_message(actor=cyd, message=message, body="second")


@pytest.mark.parametrize(
    ("body", "code"),
    [("", "blank"), (" \n", "blank"), ("x" * 11, "text_too_long"), ("a\x00", "invalid_text"), (5, "invalid_text")],
    ids=["empty", "blank", "long", "nul", "number"],
)
def test_edit_checks_the_body_as_a_send_does(cyd: Any, message: Any, settings: Any, body: Any, code: str) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 10
    with pytest.raises(Invalid, match=code):
        actions.edit_message(actor=cyd, message=message, body=body)
    with pytest.raises(Invalid, match="metadata_not_an_object"):
        actions.edit_message(actor=cyd, message=message, metadata=[])  # type: ignore[arg-type]
    assert stored(message).message_body == "first"


def test_edit_within_the_window_alone(cyd: Any, message: Any, settings: Any) -> None:
    settings.CONVO_EDIT_WINDOW = timedelta(minutes=10)
    rows = get_message_model()._default_manager.filter(pk=message.pk)
    rows.update(sent_at=timezone.now() - timedelta(minutes=9))
    actions.edit_message(actor=cyd, message=message, body="in time")
    rows.update(sent_at=timezone.now() - timedelta(minutes=11))
    with pytest.raises(Denied, match="edit_window_over"):
        actions.edit_message(actor=cyd, message=message, body="too late")
    actions.edit_message(actor=None, message=message, body="by the host")

    assert stored(message).message_body == "by the host"


def test_edit_is_refused_where_a_send_would_be(group: Any, ada: Any, cyd: Any, message: Any) -> None:
    actions.close(actor=ada, conversation=group)
    with pytest.raises(Denied, match="conversation_closed"):
        actions.edit_message(actor=cyd, message=message, body="second")
    actions.reopen(actor=ada, conversation=group)
    actions.delete_message(actor=cyd, message=message)
    with pytest.raises(Denied, match="message_deleted"):
        actions.edit_message(actor=cyd, message=message, body="second")


def test_edit_that_names_someone_counts_it(group: Any, ada: Any, bob: Any, cyd: Any, message: Any) -> None:
    actions.mark_read(actor=bob, conversation=group)
    with replayed(group):
        actions.edit_message(actor=cyd, message=message, mentions=[ada, bob])
        # Who has read so far is not told of it.
        assert (row_of(group, ada).mention_count, row_of(group, bob).mention_count) == (1, 0)
        actions.edit_message(actor=cyd, message=message, body="still named")
        assert row_of(group, ada).mention_count == 1
        actions.edit_message(actor=cyd, message=message, mentions=[])
    assert row_of(group, ada).mention_count == 0


def test_who_may_send_no_more_edits_and_restores_no_more(group: Any, ada: Any, cyd: Any, message: Any) -> None:
    actions.delete_message(actor=cyd, message=message)
    with override_settings(CONVO_CONVERSATION_ROLES={"member": ["-message.send"]}):
        with pytest.raises(Denied, match="permission_denied"):
            actions.restore_message(actor=cyd, message=message)
        actions.restore_message(actor=None, message=message)
        with pytest.raises(Denied, match="permission_denied"):
            actions.edit_message(actor=cyd, message=message, body="second")


def test_metadata_is_compared_as_json(cyd: Any, message: Any) -> None:
    actions.edit_message(actor=cyd, message=message, metadata={"a": True})

    assert stored(message).metadata["a"] is True
