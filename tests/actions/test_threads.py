from __future__ import annotations

import uuid
from typing import Any

import pytest

from django_convo import actions
from django_convo.exceptions import Conflict, Invalid, InvalidReference
from django_convo.models import AbstractMessage, get_message_model
from tests.people import make_group, unread_of
from tests.replay import replayed


@pytest.fixture
def root(group: Any, ada: Any) -> AbstractMessage:
    return actions.send_message(actor=ada, conversation=group, body="root")


def answer(actor: Any, root: Any, **options: Any) -> Any:
    return actions.send_message(
        actor=actor, conversation=root.conversation, body="answer", thread_root=root, **options
    )


def replies_of(root: Any) -> int:
    return int(get_message_model()._default_manager.get(pk=root.pk).reply_count)


def test_thread_counts_its_live_answers(group: Any, ada: Any, bob: Any, cyd: Any, root: Any) -> None:
    with replayed(group):
        first = answer(bob, root)
        second = answer(cyd, root, reply_to=first)
    assert (first.thread_root_id, second.thread_root_id, second.reply_to_id) == (root.pk, root.pk, first.pk)
    assert replies_of(root) == 2
    # Answers in a thread are messages like others.
    assert unread_of(group, ada) == 2
    with replayed(group):
        actions.delete_message(actor=bob, message=first)
    assert replies_of(root) == 1
    with replayed(group):
        actions.restore_message(actor=bob, message=first)
    assert replies_of(root) == 2


def test_thread_is_one_level_deep(group: Any, bob: Any, root: Any) -> None:
    first = answer(bob, root)

    with pytest.raises(Invalid, match="thread_too_deep"):
        answer(bob, first)


def test_root_and_answered_lie_in_the_same_conversation_and_in_sight(
    group: Any, ada: Any, bob: Any, stranger: Any, root: Any, settings: Any
) -> None:
    elsewhere = actions.send_message(actor=ada, conversation=make_group(ada, bob), body="elsewhere")
    deleted = actions.delete_message(
        actor=ada, message=actions.send_message(actor=ada, conversation=group, body="gone")
    )
    for field in ("thread_root", "reply_to"):
        for reference in (elsewhere, elsewhere.pk, deleted, uuid.uuid4()):
            with pytest.raises(InvalidReference) as refused:
                actions.send_message(actor=bob, conversation=group, body="x", **{field: reference})
            assert refused.value.field == field
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    actions.add_participant(actor=ada, conversation=group, user=stranger)
    with pytest.raises(InvalidReference):
        answer(stranger, root)
    assert replies_of(root) == 0


def test_a_retry_is_told_from_an_answer_elsewhere(group: Any, bob: Any, root: Any) -> None:
    first = answer(bob, root, client_id="1")

    assert answer(bob, root, client_id="1").pk == first.pk
    with pytest.raises(Conflict):
        actions.send_message(actor=bob, conversation=group, body="answer", client_id="1")
