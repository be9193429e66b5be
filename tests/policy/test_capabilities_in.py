"""What a page says one may do: the policy's answer less what state forbids."""

from __future__ import annotations

from typing import Any

import pytest

from django_convo import actions
from django_convo.policy import Policy, capabilities, capabilities_in
from django_convo.policy.roles import CONVERSATION_ROLES
from tests.people import make_direct, make_group, make_user

pytestmark = pytest.mark.django_db


class SameForAll(Policy):
    """A host that answers with one set for a whole page."""

    def capabilities(self, actor: Any, conversations: Any) -> Any:
        same = {capabilities.JOIN}
        return {row.pk: same for row in conversations}


def shown(actor: Any, conversation: Any) -> frozenset[str]:
    return capabilities_in(actor, [conversation])[conversation.pk]


def test_join_is_shown_to_those_who_have_not_joined() -> None:
    owner, stranger = make_user("owner"), make_user("stranger")
    channel = make_group(owner, kind="channel")

    assert shown(stranger, channel) == {capabilities.JOIN}
    assert capabilities.JOIN not in shown(owner, channel)


def test_join_is_not_shown_of_a_group() -> None:
    assert shown(make_user("stranger"), make_group(make_user("owner"))) == frozenset()


def test_closed_conversation_shows_neither_sending_nor_adding() -> None:
    owner = make_user("owner")
    group = actions.close(actor=owner, conversation=make_group(owner))

    assert shown(owner, group) == capabilities.IN_CONVERSATION - capabilities.SPEAKING - {capabilities.PARTICIPANT_ADD}


def test_direct_shows_what_members_do() -> None:
    person = make_user("person")

    assert shown(person, make_direct(person, make_user("other"))) == CONVERSATION_ROLES["member"]


def test_members_and_mutes_of_a_page_are_read_in_one_query_each(django_assert_num_queries: Any) -> None:
    owner = make_user("owner")
    groups = [make_group(owner) for _ in range(5)]

    with django_assert_num_queries(2):
        capabilities_in(owner, groups)


def test_what_the_policy_handed_out_is_left_as_it_is(settings: Any) -> None:
    settings.CONVO_POLICY = f"{__name__}.SameForAll"
    owner, other = make_user("owner"), make_user("other")
    joined, to_join = make_group(owner, kind="channel"), make_group(other, kind="channel")

    answer = capabilities_in(owner, [joined, to_join])

    assert answer == {joined.pk: frozenset(), to_join.pk: {capabilities.JOIN}}


class AsksEach(Policy):
    """A host's `can` is asked of each capability; this one says what ours does."""

    def can(self, *args: Any, **kwargs: Any) -> bool:
        return super().can(*args, **kwargs)


@pytest.mark.parametrize("is_admin", [True, False])
@pytest.mark.parametrize("taken", [(), ("message.send", "conversation.join", "participant.add")])
def test_page_is_granted_what_each_question_is(settings: Any, is_admin: bool, taken: tuple[str, ...]) -> None:
    settings.CONVO_ROLES = {role: [f"-{name}" for name in taken] for role in ("guest", "member", "admin")}
    actor, owner = make_user("actor", is_admin=is_admin), make_user("owner")
    rows = [make_group(owner, actor, roles={actor.pk: role}) for role in ("moderator", "member", "observer")]
    rows += [make_group(actor), make_group(owner), make_group(owner, kind="channel"), make_direct(actor, owner)]
    by_role = Policy().capabilities(actor, rows)

    assert by_role == AsksEach().capabilities(actor, rows)
    assert len(set(by_role.values())) >= 3
