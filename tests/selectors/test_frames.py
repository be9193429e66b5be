from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from django_convo import actions
from django_convo.models import get_message_model
from django_convo.policy import Policy
from django_convo.selectors.frames import concerned_messages, concerned_users, shared_conversations
from tests.people import make_group, make_user

Queries = Callable[[int], Any]


class Discreet(Policy):
    """Shows nothing that has "secret" in it, which no statement that is kept can know."""

    def visible_messages(self, actor: Any) -> Any:
        return super().visible_messages(actor).exclude(message_body__contains="secret")


def places(*messages: Any) -> dict[Any, Any]:
    return {message.pk: message.conversation_id for message in messages}


@pytest.fixture
def said(ada: Any, group: Any) -> list[Any]:
    """Return what was said before somebody came who sees nothing of it, and what after."""
    return [actions.send_message(actor=ada, conversation=group, body=body) for body in ("old", "secret old")]


@pytest.mark.parametrize("policy", ["django_convo.policy.Policy", "tests.selectors.test_frames.Discreet"])
def test_messages_are_those_that_the_viewer_may_read(
    ada: Any, bob: Any, group: Any, stranger: Any, said: list[Any], settings: Any, policy: str
) -> None:
    settings.CONVO_POLICY = policy
    settings.CONVO_HISTORY_FOR_NEW_PARTICIPANTS = "none"
    newcomer = make_user("newcomer")
    actions.add_participant(actor=ada, conversation=group, user=newcomer)
    said += [actions.send_message(actor=ada, conversation=group, body=body) for body in ("new", "secret new")]
    elsewhere = actions.send_message(actor=stranger, conversation=make_group(stranger, make_user()), body="elsewhere")

    def seen(viewer: Any) -> set[str]:
        return {row.message_body for row in concerned_messages(viewer, places(*said, elsewhere)).values()}

    hidden = set() if policy.endswith("policy.Policy") else {"secret old", "secret new"}
    assert seen(bob) == {"old", "secret old", "new", "secret new"} - hidden
    assert seen(newcomer) == {"new", "secret new"} - hidden
    # For nobody in particular: who may read it is asked where it is sent.
    assert seen(None) == {"old", "secret old", "new", "secret new", "elsewhere"}


def test_messages_are_those_of_the_conversations_that_they_are_said_to_be_in(
    ada: Any, bob: Any, group: Any, said: list[Any]
) -> None:
    other = make_group(ada, bob)

    assert concerned_messages(None, {message.pk: other.pk for message in said}) == {}
    assert concerned_messages(None, {}) == {}


def test_messages_of_a_thread_know_how_it_stands(ada: Any, group: Any, said: list[Any]) -> None:
    root = said[0]
    answers = [actions.send_message(actor=ada, conversation=group, body="x", thread_root=root) for _ in range(2)]

    [row] = concerned_messages(None, places(answers[0])).values()

    assert (row.thread_root.pk, row.thread_root.reply_count) == (root.pk, 2)


def test_senders_are_not_looked_up_again(
    ada: Any, bob: Any, group: Any, said: list[Any], django_assert_num_queries: Queries
) -> None:
    messages = concerned_messages(None, places(*said)).values()

    with django_assert_num_queries(0):
        assert concerned_users({ada.pk}, messages) == {ada.pk: ada}
    with django_assert_num_queries(1):
        assert concerned_users({ada.pk, bob.pk}, messages) == {ada.pk: ada, bob.pk: bob}
    assert concerned_users({bob.pk}, messages) == {bob.pk: bob}


def test_who_is_gone_is_nobody(group: Any, said: list[Any]) -> None:
    get_message_model()._default_manager.update(sender=None)

    assert concerned_users(set(), concerned_messages(None, places(*said)).values()) == {}


def test_conversations_come_deleted_or_not(ada: Any, bob: Any, group: Any, django_assert_num_queries: Queries) -> None:
    gone = make_group(ada, bob)
    actions.delete_conversation(actor=ada, conversation=gone)

    with django_assert_num_queries(1):
        found = shared_conversations([group.pk, gone.pk])
        assert {key: row.created_by for key, row in found.items()} == {group.pk: ada, gone.pk: ada}
    assert found[gone.pk].deleted_at is not None
    assert shared_conversations([]) == {}
