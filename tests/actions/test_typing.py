from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.exceptions import Denied
from django_convo.testing import recorded_hints
from django_convo.types import HintKind
from tests.people import log_of


@pytest.fixture
def hints(db: None, django_capture_on_commit_callbacks: Any) -> Any:
    """Return what is told, by a function that runs another and what it leaves for the commit."""

    def told(function: Any) -> list[Any]:
        with recorded_hints() as found, django_capture_on_commit_callbacks(execute=True):
            function()
        return [(hint.kind, hint.conversation_id, hint.user_id, hint.is_on) for hint in found]

    return told


@pytest.mark.parametrize("is_typing", [True, False])
def test_typing_is_told_by_one_hint(ada: Any, group: Any, hints: Any, is_typing: bool) -> None:
    found = hints(lambda: actions.show_typing(actor=ada, conversation=group, is_typing=is_typing))

    assert found == [(HintKind.TYPING, group.pk, ada.pk, is_typing)]


def test_typing_writes_nothing(ada: Any, group: Any) -> None:
    before = len(log_of(group))
    with CaptureQueriesContext(connection) as queries:
        actions.show_typing(actor=ada, conversation=group)

    assert [query["sql"] for query in queries if not query["sql"].startswith("SELECT")] == []
    assert len(log_of(group)) == before


def test_typing_is_not_told_before_the_commit(ada: Any, group: Any, hints: Any) -> None:
    def roll_back() -> None:
        with transaction.atomic():
            actions.show_typing(actor=ada, conversation=group)
            transaction.set_rollback(True)

    assert hints(roll_back) == []


def test_typing_in_a_large_conversation_is_told_to_nobody(ada: Any, group: Any, hints: Any, settings: Any) -> None:
    settings.CONVO_LARGE_CONVERSATION = 2

    assert hints(lambda: actions.show_typing(actor=ada, conversation=group)) == []


def test_typing_of_a_stranger_is_refused(stranger: Any, group: Any) -> None:
    with pytest.raises(Denied):
        actions.show_typing(actor=stranger, conversation=group)


def test_typing_of_who_moderates_any_conversation_and_takes_no_part_is_refused(site_admin: Any, group: Any) -> None:
    with pytest.raises(Denied):
        actions.show_typing(actor=site_admin, conversation=group)


def refusal(function: Any, **arguments: Any) -> tuple[type[Exception], str]:
    with pytest.raises(Denied) as refused:
        function(**arguments)
    return type(refused.value), refused.value.code


def observe(ada: Any, bob: Any, conversation: Any) -> None:
    actions.change_role(actor=ada, conversation=conversation, user=bob, role="observer")


def mute(ada: Any, bob: Any, conversation: Any) -> None:
    actions.impose_sanction(actor=ada, user=bob, kind="mute", conversation=conversation)


def close(ada: Any, bob: Any, conversation: Any) -> None:
    actions.close(actor=ada, conversation=conversation)


@pytest.mark.parametrize("forbid", [observe, mute, close])
def test_typing_where_one_may_not_send_is_refused_as_a_send_is(ada: Any, bob: Any, group: Any, forbid: Any) -> None:
    forbid(ada, bob, group)
    group.refresh_from_db()
    group.forget_memberships()

    assert refusal(actions.show_typing, actor=bob, conversation=group) == refusal(
        actions.send_message, actor=bob, conversation=group, body="x"
    )


@pytest.mark.parametrize("blocker", ["ada", "bob"])
def test_typing_across_a_block_in_a_direct_is_refused_as_a_send_is(
    ada: Any, bob: Any, direct: Any, blocker: str
) -> None:
    people = {"ada": ada, "bob": bob}
    actions.block_user(actor=people[blocker], user=people["bob" if blocker == "ada" else "ada"])

    for actor in (ada, bob):
        assert refusal(actions.show_typing, actor=actor, conversation=direct) == refusal(
            actions.send_message, actor=actor, conversation=direct, body="x"
        )
