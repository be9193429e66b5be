from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.test import override_settings

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, InvalidReference, NotFound
from django_convo.models import Draft
from tests.people import log_of, make_group, row_of
from tests.replay import replayed


def drafts_of(user: Any) -> list[tuple[str, Any]]:
    return list(Draft.objects.filter(user=user).order_by("pk").values_list("message_body", "reply_to_id"))


def test_save_keeps_one_of_each_conversation(group: Any, direct: Any, ada: Any, bob: Any) -> None:
    answered = actions.send_message(actor=bob, conversation=group, body="Is the lamp lit?")
    before = len(log_of(group))
    with replayed(group):
        actions.save_draft(actor=ada, conversation=group, body="No")
        participant = actions.save_draft(actor=ada, conversation=group, body=" Yes,\n", reply_to=answered)
    actions.save_draft(actor=ada, conversation=direct, body="Hello")
    actions.save_draft(actor=bob, conversation=group, body="Well?")
    assert drafts_of(ada) == [(" Yes,\n", answered.pk), ("Hello", None)]
    assert drafts_of(bob) == [("Well?", None)]
    assert (participant.own_draft.message_body, row_of(group, ada).own_draft.reply_to_id) == (" Yes,\n", answered.pk)
    assert len(log_of(group)) == before


def test_a_draft_moves_updated_at_from_which_sync_tells(group: Any, ada: Any) -> None:
    moments = [row_of(group, ada).updated_at]
    for step in (
        lambda: actions.save_draft(actor=ada, conversation=group, body="One"),
        lambda: actions.save_draft(actor=ada, conversation=group, body="Two"),
        lambda: actions.delete_draft(actor=ada, conversation=group),
    ):
        step()
        moments.append(row_of(group, ada).updated_at)
    assert moments == sorted(set(moments))


def test_the_same_again_writes_nothing(group: Any, ada: Any) -> None:
    actions.delete_draft(actor=ada, conversation=group)
    actions.save_draft(actor=ada, conversation=group, body="")
    first = row_of(group, ada).updated_at
    actions.save_draft(actor=ada, conversation=group, body="One")
    second = row_of(group, ada).updated_at
    actions.save_draft(actor=ada, conversation=group, body="One")
    assert first < second == row_of(group, ada).updated_at


@pytest.mark.parametrize("body", ["", " \n"])
def test_a_blank_body_keeps_nothing(group: Any, ada: Any, body: str) -> None:
    actions.save_draft(actor=ada, conversation=group, body="One")
    participant = actions.save_draft(actor=ada, conversation=group, body=body)
    assert (drafts_of(ada), participant.own_draft) == ([], None)


def test_delete_keeps_nothing(group: Any, ada: Any, bob: Any) -> None:
    for user in (ada, bob):
        actions.save_draft(actor=user, conversation=group, body="One")
    participant = actions.delete_draft(actor=ada, conversation=group)
    assert (drafts_of(ada), participant.own_draft, drafts_of(bob)) == ([], None, [("One", None)])


def test_sending_leaves_the_draft_to_the_client(group: Any, ada: Any) -> None:
    actions.save_draft(actor=ada, conversation=group, body="One")
    actions.send_message(actor=ada, conversation=group, body="Something else")
    assert drafts_of(ada) == [("One", None)]


@pytest.mark.parametrize(
    ("body", "code"),
    [("x" * 4, "text_too_long"), ("a\x00", "invalid_text"), ("\ud800", "invalid_text"), (None, "invalid_text")],
)
@override_settings(CONVO_MESSAGE_MAX_LENGTH=3)
def test_a_draft_is_a_text_that_can_be_sent(group: Any, ada: Any, body: Any, code: str) -> None:
    actions.save_draft(actor=ada, conversation=group, body="abc")
    with pytest.raises(Invalid, match=code):
        actions.save_draft(actor=ada, conversation=group, body=body)
    assert drafts_of(ada) == [("abc", None)]


def test_a_draft_answers_only_what_one_sees_there(group: Any, ada: Any, bob: Any, stranger: Any) -> None:
    unseen = actions.send_message(actor=stranger, conversation=make_group(stranger), body="Elsewhere")
    other = actions.send_message(actor=ada, conversation=make_group(ada, bob), body="In another one")
    deleted = actions.send_message(actor=ada, conversation=group, body="Gone")
    actions.delete_message(actor=ada, message=deleted)
    for reference in (unseen, other, deleted, uuid4()):
        with pytest.raises(InvalidReference) as raised:
            actions.save_draft(actor=ada, conversation=group, body="One", reply_to=reference)
        assert raised.value.field == "reply_to"
    assert drafts_of(ada) == []


def test_drafts_are_for_members_also_where_nothing_can_be_sent(
    group: Any, channel: Any, ada: Any, cyd: Any, stranger: Any, site_admin: Any
) -> None:
    for conversation, actor in ((group, stranger), (channel, stranger), (group, site_admin)):
        with pytest.raises(Denied, match="permission_denied"):
            actions.save_draft(actor=actor, conversation=conversation, body="One")
        with pytest.raises(Denied, match="permission_denied"):
            actions.delete_draft(actor=actor, conversation=conversation)
    actions.close(actor=ada, conversation=group)
    actions.save_draft(actor=cyd, conversation=group, body="One")
    assert drafts_of(cyd) == [("One", None)]


def test_a_deleted_conversation_has_no_drafts(group: Any, ada: Any) -> None:
    actions.delete_conversation(actor=ada, conversation=group)
    with pytest.raises(NotFound):
        actions.save_draft(actor=ada, conversation=group, body="One")
    with pytest.raises(NotFound):
        actions.delete_draft(actor=ada, conversation=group)
