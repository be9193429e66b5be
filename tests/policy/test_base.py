from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.test import override_settings

from django_convo import actions
from django_convo.exceptions import Denied
from django_convo.models import get_conversation_model
from django_convo.policy import Policy, authorize, capabilities_in, get_policy, load_memberships
from django_convo.policy import capabilities as c
from tests.people import make_group, make_user

POLICY = "tests.policy.test_base."


def narrowed(*names: str) -> dict[str, list[str]]:
    return {role: [f"-{name}" for name in names] for role in ("guest", "member")}


MEMBER = {
    c.MESSAGE_SEND,
    c.MESSAGE_EDIT,
    c.MESSAGE_DELETE,
    c.MESSAGE_PIN,
    c.MESSAGE_REACT,
    c.MESSAGE_VIEW_REVISIONS,
}


# can, authorize

# Who may do what in a group: a site role limits, a conversation role grants, and a capability needs both.
ALLOWED = {
    "ada": c.IN_CONVERSATION,
    "bob": c.IN_CONVERSATION - {c.DELETE},
    "cyd": MEMBER,
    "stranger": set(),
    "site_admin": c.MODERATED,
}


@pytest.mark.parametrize("name", ALLOWED)
def test_who_may_do_what_in_a_group(request: pytest.FixtureRequest, group: Any, name: str) -> None:
    actor = request.getfixturevalue(name)
    policy = get_policy()
    granted = {item for item in c.IN_CONVERSATION if policy.can(actor, item, conversation=group)}
    assert granted == ALLOWED[name]
    for item in c.IN_CONVERSATION - granted:
        with pytest.raises(Denied, match="permission_denied"):
            authorize(actor, item, conversation=group)


def test_a_site_role_limits_what_an_owner_may(group: Any, ada: Any) -> None:
    with override_settings(CONVO_ROLES=narrowed("message.send", "participant.add")):
        assert not get_policy().can(ada, c.MESSAGE_SEND, conversation=group)
        with pytest.raises(Denied, match="permission_denied"):
            actions.send_message(actor=ada, conversation=group, body="x")
        with pytest.raises(Denied, match="permission_denied"):
            actions.add_participant(actor=ada, conversation=group, user=make_user())
        actions.update_conversation(actor=ada, conversation=group, title="x")


def test_a_capability_that_does_not_exist_is_nobodys(group: Any, ada: Any, site_admin: Any) -> None:
    for actor in (ada, site_admin):
        assert not get_policy().can(actor, "message.sing", conversation=group)


def test_a_deactivated_owner_may_nothing(group: Any, ada: Any) -> None:
    ada.is_active = False
    assert not any(get_policy().can(ada, name, conversation=group) for name in c.ALL)


def test_the_host_itself_is_asked_nothing(group: Any) -> None:
    with override_settings(CONVO_POLICY=POLICY + "Never"):
        for name in sorted(c.ALL - {c.JOIN}):
            authorize(None, name, conversation=group)


# What a conversation's own state forbids, whoever asks.


@pytest.mark.parametrize(
    "name", sorted(c.MODERATED - {c.CLOSE, c.MESSAGE_DELETE_ANY, c.PARTICIPANT_SANCTION} | {c.JOIN})
)
def test_a_direct_is_fixed_also_for_the_host(direct: Any, ada: Any, site_admin: Any, name: str) -> None:
    for actor in (ada, site_admin, None):
        with pytest.raises(Denied, match="direct_is_fixed"):
            authorize(actor, name, conversation=direct)


def test_closed_forbids_what_adds_something(channel: Any, ada: Any) -> None:
    closed = actions.close(actor=ada, conversation=channel)
    for name in (*c.SPEAKING, c.PARTICIPANT_ADD, c.JOIN):
        with pytest.raises(Denied, match="conversation_closed"):
            authorize(ada, name, conversation=closed)
        authorize(None, name, conversation=closed)
    for name in c.IN_CONVERSATION - c.SPEAKING - {c.PARTICIPANT_ADD}:
        authorize(ada, name, conversation=closed)


def test_only_channels_are_open_to_join(group: Any, channel: Any, stranger: Any, site_admin: Any) -> None:
    for actor in (stranger, site_admin):
        with pytest.raises(Denied, match="not_open_to_join"):
            authorize(actor, c.JOIN, conversation=group)
        authorize(actor, c.JOIN, conversation=channel)


# capabilities_in


class Never(Policy):
    def can(self, *args: Any, **kwargs: Any) -> bool:
        raise Denied("never", "Nobody may do anything.")


class Counting(Policy):
    asked = 0

    def capabilities(self, actor: Any, conversations: Collection[Any]) -> dict[UUID, frozenset[str]]:
        type(self).asked += 1
        return super().capabilities(actor, conversations)


@pytest.mark.parametrize("size", [1, 20])
def test_capabilities_are_asked_once_a_page_in_one_query(
    ada: Any, bob: Any, size: int, django_assert_num_queries: Any
) -> None:
    rooms = [make_group(ada, bob) for _ in range(size)]
    page = list(get_conversation_model()._default_manager.filter(pk__in=[room.pk for room in rooms]))
    Counting.asked = 0
    # The memberships and the mutes.
    with override_settings(CONVO_POLICY=POLICY + "Counting"), django_assert_num_queries(2):
        shown = capabilities_in(bob, page)
    assert Counting.asked == 1
    assert set(shown) == {room.pk for room in rooms}
    assert set(shown.values()) == {frozenset(MEMBER)}


def test_capabilities_leave_out_what_state_forbids(direct: Any, channel: Any, ada: Any, group: Any) -> None:
    closed = actions.close(actor=ada, conversation=group)
    shown = capabilities_in(ada, [direct, channel, closed])
    assert shown[direct.pk] == MEMBER
    assert shown[channel.pk] == c.IN_CONVERSATION
    assert shown[closed.pk] == c.IN_CONVERSATION - c.SPEAKING - {c.PARTICIPANT_ADD}


def test_joining_is_shown_to_those_who_might(channel: Any, ada: Any, stranger: Any) -> None:
    assert capabilities_in(stranger, [channel])[channel.pk] == {c.JOIN}
    joined = actions.join(actor=stranger, conversation=channel)
    assert capabilities_in(stranger, [joined])[channel.pk] == MEMBER


def test_capabilities_that_a_moderator_of_all_is_shown_are_not_refused(group: Any, site_admin: Any) -> None:
    shown = capabilities_in(site_admin, [group])[group.pk]
    assert shown == c.MODERATED
    for name in shown:
        authorize(site_admin, name, conversation=group)


def test_a_policy_that_raises_shows_nothing(group: Any, ada: Any) -> None:
    with override_settings(CONVO_POLICY=POLICY + "Never"):
        assert capabilities_in(ada, [group]) == {group.pk: frozenset()}


def test_a_policys_own_refusal_reaches_the_caller(group: Any, ada: Any, bob: Any) -> None:
    with override_settings(CONVO_POLICY=POLICY + "Never"):
        for refused in (
            lambda: actions.send_message(actor=ada, conversation=group, body="x"),
            lambda: actions.update_conversation(actor=ada, conversation=group, title="x"),
            lambda: actions.remove_participant(actor=ada, conversation=group, user=bob),
            lambda: actions.create_conversation(actor=ada, participants=[bob]),
        ):
            with pytest.raises(Denied, match="never: Nobody may do anything"):
                refused()


class Reasons(Policy):
    """Says no by raising, always: also to what is asked in passing."""

    def can(self, actor: Any, capability: str, **kwargs: Any) -> bool:
        if not super().can(actor, capability, **kwargs):
            raise Denied("reason", f"You lack {capability}.")
        return True


def test_a_policy_that_says_no_by_raising_lets_owners_do_their_work(group: Any, ada: Any, cyd: Any) -> None:
    newcomer = make_user()
    with override_settings(CONVO_POLICY=POLICY + "Reasons"):
        actions.add_participant(actor=ada, conversation=group, user=newcomer)
        actions.change_role(actor=ada, conversation=group, user=cyd, role="moderator")
        actions.remove_participant(actor=ada, conversation=group, user=newcomer)
        with pytest.raises(Denied, match=r"reason: You lack conversation\.update"):
            actions.update_conversation(actor=newcomer, conversation=group, title="x")


def test_load_memberships_asks_once_and_only_for_what_is_unknown(
    group: Any, direct: Any, ada: Any, cyd: Any, django_assert_num_queries: Any
) -> None:
    page = list(get_conversation_model()._default_manager.all())
    with django_assert_num_queries(1):
        load_memberships(cyd, page)
        load_memberships(cyd, page)
        found = {room.pk: room.membership_of(cyd) for room in page}
    assert found[direct.pk] is None
    assert found[group.pk] is not None


# visible_*, audience


def test_visible_conversations_are_ones_own_and_open_channels(
    group: Any, channel: Any, direct: Any, cyd: Any, stranger: Any, site_admin: Any
) -> None:
    def seen(actor: Any) -> set[Any]:
        return {row.pk for row in get_policy().visible_conversations(actor)}

    assert seen(cyd) == {group.pk, channel.pk}
    assert seen(stranger) == {channel.pk}
    assert seen(site_admin) == {group.pk, channel.pk, direct.pk}
    actions.close(actor=None, conversation=channel)
    assert seen(stranger) == set()
    actions.delete_conversation(actor=None, conversation=group)
    assert seen(cyd) == set()
    cyd.is_active = False
    assert seen(cyd) == set()


def test_visible_messages_begin_where_a_member_may_read(group: Any, ada: Any, site_admin: Any) -> None:
    newcomer = make_user()
    actions.send_message(actor=ada, conversation=group, body="before")
    with override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none"):
        actions.add_participant(actor=ada, conversation=group, user=newcomer)
    actions.send_message(actor=ada, conversation=group, body="after")

    def read(actor: Any) -> list[str]:
        return [row.message_body for row in get_policy().visible_messages(actor).order_by("seq")]

    assert (read(ada), read(newcomer), read(site_admin)) == (["before", "after"], ["after"], [])
    with override_settings(CONVO_ROLES={"admin": ["conversation.view_any"]}):
        assert read(site_admin) == ["before", "after"]
    actions.leave(actor=newcomer, conversation=group)
    assert read(newcomer) == []
    actions.delete_conversation(actor=ada, conversation=group)
    assert read(ada) == []


def test_visible_users_are_active_people_one_shares_a_conversation_with(
    group: Any, ada: Any, bob: Any, cyd: Any, stranger: Any, site_admin: Any
) -> None:
    def seen(actor: Any) -> set[Any]:
        return set(get_policy().visible_users(actor))

    assert seen(ada) == {ada, bob, cyd}
    assert seen(stranger) == {stranger}
    assert seen(site_admin) == set(get_user_model()._default_manager.all())
    bob.is_active = False
    bob.save()
    assert seen(bob) == set()
    has_column = "is_active" in {field.name for field in type(bob)._meta.get_fields()}
    assert seen(ada) == ({ada, cyd} if has_column else {ada, bob, cyd})


def test_audience_agrees_with_what_is_visible(group: Any, ada: Any, bob: Any, stranger: Any) -> None:
    newcomer = make_user()
    before = actions.send_message(actor=ada, conversation=group, body="before")
    with override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none"):
        actions.add_participant(actor=ada, conversation=group, user=newcomer)
    connected = [ada.pk, newcomer.pk, stranger.pk]
    assert get_policy().audience(group, None, connected) == {ada.pk, newcomer.pk}
    assert get_policy().audience(group, before, connected) == {ada.pk}


def test_no_subject_is_visible_until_the_host_says_so(ada: Any) -> None:
    assert not get_policy().visible_subjects(ada, type(ada)).exists()


def test_the_policy_is_the_one_of_the_settings() -> None:
    assert type(get_policy()) is Policy
    with override_settings(CONVO_POLICY=POLICY + "Reasons"):
        assert type(get_policy()) is Reasons
        assert get_policy() is get_policy()
