"""What delivering costs: statements that do not grow with conversations, events, users or sockets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test.utils import CaptureQueriesContext

from django_convo import actions
from django_convo.realtime.news import Question
from django_convo.realtime.presence import _acquaintance, _audience, _companions, _small_conversations
from django_convo.realtime.reading import read_joined, read_news, read_own
from django_convo.realtime.resuming import read_resumption
from django_convo.realtime.sweep import _changed_since
from django_convo.selectors.connections import participants_of
from django_convo.testing.sockets import SocketClient, call
from django_convo.types import Hint, HintKind
from tests.people import make_group, make_user
from tests.realtime.brokers import DeafBroker
from tests.realtime.conftest import run, swept

pytestmark = pytest.mark.django_db(transaction=True)


def happen(ada: Any, conversation: Any, number: int) -> None:
    """Let a bit of everything happen."""
    for turn in range(number):
        message = actions.send_message(actor=ada, conversation=conversation, body=str(turn))
        actions.add_reaction(actor=ada, message=message, emoji="👍")
        actions.send_message(actor=ada, conversation=conversation, body="answer", reply_to=message)
    actions.update_conversation(actor=ada, conversation=conversation, title=f"after {number}")


def statements(function: Any, *args: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        function(*args)
    return len(queries)


def make_world(conversations: int, people: int, events: int) -> tuple[Any, list[Any], list[Any], list[Question]]:
    ada = make_user("ada")
    others = [make_user(f"other{number}") for number in range(people)]
    groups = [make_group(ada, *others) for _ in range(conversations)]
    questions = []
    for group in groups:
        questions.append(
            Question(
                conversation_id=group.pk,
                delivered=group.event_seq,
                membership_version=group.membership_version,
                users=frozenset(user.pk for user in [ada, *others]),
            )
        )
        happen(ada, group, events)
    return ada, others, groups, questions


def test_news_cost_the_same_however_much_there_is() -> None:
    small, large = make_world(1, 1, 1), make_world(7, 5, 6)

    assert statements(read_news, small[3]) == statements(read_news, large[3]) <= 10


def test_news_of_one_message_cost_three_statements() -> None:
    ada, _, [group], [question] = make_world(1, 2, 0)
    group.refresh_from_db()
    question = replace(question, delivered=group.event_seq)
    actions.send_message(actor=ada, conversation=group, body="new")

    # Its log, its conversation and itself: whoever acted is its sender.
    assert statements(read_news, [question]) == 3


def test_news_of_changed_members_cost_one_question_to_the_policy_for_each_conversation() -> None:
    counts = []
    for conversations, people in ((1, 1), (7, 5)):
        ada, _, groups, questions = make_world(conversations, people, 1)
        before = statements(read_news, questions)
        newcomer = make_user("newcomer")
        for group in groups:
            actions.add_participant(actor=ada, conversation=group, user=newcomer)
        # And one that reads who sees what, of all of them.
        counts.append(statements(read_news, questions) - before - conversations)

    assert counts[0] == counts[1] <= 2


def test_own_states_cost_the_same_however_many() -> None:
    counts = []
    for size in ((1, 1, 1), (6, 5, 1)):
        ada, others, groups, _ = make_world(*size)
        users = {user.pk: user for user in [ada, *others]}
        counts.append(statements(read_own, {(group.pk, key) for group in groups for key in users}, users))

    assert counts[0] == counts[1] == 2


def test_joined_conversations_cost_the_same_however_many() -> None:
    counts = []
    for conversations, people in ((1, 1), (6, 5)):
        _, others, groups, _ = make_world(conversations, people, 1)
        counts.append(statements(read_joined, others[0], [group.pk for group in groups]) - conversations)

    assert counts[0] == counts[1] <= 7


@pytest.mark.parametrize("function", ["typing", "places", "members", "presence", "companions", "sweep"])
def test_what_is_in_no_row_costs_the_same_however_many_are_there(function: str) -> None:
    counts = []
    for conversations, people in ((1, 2), (6, 9)):
        ada, others, groups, _ = make_world(conversations, people, 1)
        keys = frozenset(user.pk for user in others)
        hint = Hint(kind=HintKind.TYPING, conversation_id=groups[0].pk, user_id=ada.pk)
        asked: dict[str, tuple[Any, ...]] = {
            "typing": (_audience, hint, keys),
            "places": (_small_conversations, keys),
            "members": (participants_of, [group.pk for group in groups]),
            "presence": (_acquaintance, keys),
            "companions": (_companions, ada, groups[0].pk),
            "sweep": (_changed_since, groups[0].changed_at, keys),
        }
        counts.append(statements(*asked[function]))

    assert counts[0] == counts[1] <= 4


def test_resuming_costs_the_same_however_much_was_missed() -> None:
    counts = []
    for size in ((1, 1, 1), (7, 5, 6)):
        _, others, _, questions = make_world(*size)
        heads = {question.conversation_id: question.delivered for question in questions}
        counts.append(statements(read_resumption, others[0], None, heads))

    assert counts[0] == counts[1] <= 15


def test_delivery_to_many_sockets_costs_as_much_as_to_one(deaf: DeafBroker, no_sweep: None) -> None:
    ada, others, groups, _ = make_world(3, 4, 1)
    counts = []

    async def test() -> None:
        for number in (1, len(others)):
            sockets = [SocketClient(user) for user in others[:number] for _ in range(number)]
            for socket in sockets:
                await socket.open()
            await swept()
            for group in groups:
                await call(actions.send_message, actor=ada, conversation=group, body="hello")
            with executed() as found:
                # All at once, so that they make up one batch.
                for group in groups:
                    deaf.hand_over(Hint(kind=HintKind.EVENT, conversation_id=group.pk, number=2**40))
                for socket in sockets:
                    for _ in groups:
                        await socket.until("message.created")
            counts.append(len(found))
            for socket in sockets:
                await socket.close()

    run(test())
    assert counts[0] == counts[1] <= 10


@contextmanager
def executed() -> Iterator[list[str]]:
    """Give the statements that any thread executes meanwhile."""
    found: list[str] = []
    execute = CursorWrapper.execute

    def note(self: Any, sql: Any, params: Any = None) -> Any:
        found.append(str(sql))
        return execute(self, sql, params)

    CursorWrapper.execute = note  # type: ignore[method-assign]
    try:
        yield found
    finally:
        CursorWrapper.execute = execute  # type: ignore[method-assign]
