from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.test import override_settings

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, InvalidReference, NotFound
from django_convo.models import Departure, Participant
from tests.people import json_key, log_of, make_group, make_user, row_of, unread_of
from tests.recount import assert_counts, assert_has_owner
from tests.replay import replayed


def types(entries: Iterable[tuple[Any, ...]]) -> list[str]:
    return [entry[0] for entry in entries]


# add_participant


def test_add_admits_a_user_at_the_end_of_the_log(group: Any, ada: Any, stranger: Any) -> None:
    for body in ("one", "two"):
        actions.send_message(actor=ada, conversation=group, body=body)
    with replayed(group):
        conversation = actions.add_participant(actor=ada, conversation=group, user=stranger)
    row = row_of(group, stranger)
    assert (conversation.participant_count, row.role, row.added_by) == (4, "member", ada)
    assert (row.visible_from_seq, row.last_read_seq, row.joined_event_seq) == (1, 2, 4)
    assert unread_of(group, stranger) == 0
    assert log_of(group, after=3) == [
        ("participant.added", ada.pk, None, {"user": json_key(stranger), "role": "member"}),
    ]


@override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none")
def test_add_without_history_shows_only_what_follows(group: Any, ada: Any, stranger: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="before")
    actions.add_participant(actor=ada, conversation=group, user=stranger)
    actions.send_message(actor=ada, conversation=group, body="after")
    assert row_of(group, stranger).visible_from_seq == 2
    assert unread_of(group, stranger) == 1
    assert actions.mark_unread(actor=stranger, conversation=group, seq=1).last_read_seq == 0
    assert unread_of(group, stranger) == 1


def test_add_of_a_participant_changes_nothing(group: Any, ada: Any, cyd: Any) -> None:
    with replayed(group):
        again = actions.add_participant(actor=ada, conversation=group, user=cyd, role="moderator")
    assert again.participant_count == 3
    assert row_of(group, cyd).role == "member"
    assert len(log_of(group)) == 1


def test_add_is_for_owners_and_moderators(group: Any, bob: Any, cyd: Any, stranger: Any, site_admin: Any) -> None:
    for actor in (cyd, stranger):
        with pytest.raises(Denied, match="permission_denied"):
            actions.add_participant(actor=actor, conversation=group, user=stranger)
    assert actions.add_participant(actor=bob, conversation=group, user=stranger).participant_count == 4
    other = make_user("other")
    assert actions.add_participant(actor=site_admin, conversation=group, user=other).participant_count == 5
    assert actions.add_participant(actor=None, conversation=group, user=site_admin).participant_count == 6
    assert row_of(group, site_admin).added_by is None
    assert_counts(group.pk)


def test_add_gives_no_role_above_ones_own(group: Any, ada: Any, bob: Any, stranger: Any) -> None:
    with pytest.raises(Denied, match="role_too_high"):
        actions.add_participant(actor=bob, conversation=group, user=stranger, role="owner")
    with pytest.raises(Invalid, match="invalid_role"):
        actions.add_participant(actor=ada, conversation=group, user=stranger, role="king")
    actions.add_participant(actor=ada, conversation=group, user=stranger, role="owner")
    assert row_of(group, stranger).role == "owner"


def test_add_refuses_the_deactivated(group: Any, ada: Any) -> None:
    gone = make_user("gone", is_active=False)
    with pytest.raises(InvalidReference):
        actions.add_participant(actor=ada, conversation=group, user=gone)
    assert actions.add_participant(actor=None, conversation=group, user=gone).participant_count == 4


@override_settings(CONVO_MAX_PARTICIPANTS=3)
def test_add_refuses_too_many_but_not_the_same_again(group: Any, ada: Any, cyd: Any, stranger: Any) -> None:
    with pytest.raises(Invalid, match="too_many_participants"):
        actions.add_participant(actor=ada, conversation=group, user=stranger)
    actions.add_participant(actor=ada, conversation=group, user=cyd)
    assert_counts(group.pk)


def test_a_direct_is_fixed_for_everyone(direct: Any, ada: Any, bob: Any, cyd: Any, site_admin: Any) -> None:
    for actor in (ada, cyd, site_admin, None):
        for refused in (
            lambda actor=actor: actions.add_participant(actor=actor, conversation=direct, user=cyd),
            lambda actor=actor: actions.remove_participant(actor=actor, conversation=direct, user=bob),
            lambda actor=actor: actions.change_role(actor=actor, conversation=direct, user=bob, role="owner"),
        ):
            with pytest.raises(Denied, match="direct_is_fixed"):
                refused()
    for actor in (ada, cyd):
        with pytest.raises(Denied, match="direct_is_fixed"):
            actions.leave(actor=actor, conversation=direct)
        with pytest.raises(Denied, match="direct_is_fixed"):
            actions.remove_participant(actor=actor, conversation=direct, user=actor)
        with pytest.raises(Denied, match="direct_is_fixed"):
            actions.join(actor=actor, conversation=direct)
    assert len(log_of(direct)) == 1


# join


def test_join_admits_to_a_channel(channel: Any, bob: Any) -> None:
    with replayed(channel):
        conversation = actions.join(actor=bob, conversation=channel)
    row = row_of(channel, bob)
    assert (conversation.participant_count, row.role, row.added_by) == (2, "member", None)
    assert log_of(channel, after=1) == [
        ("participant.added", bob.pk, None, {"user": json_key(bob), "role": "member"}),
    ]


def test_join_again_emits_nothing(channel: Any, ada: Any) -> None:
    assert actions.join(actor=ada, conversation=channel).participant_count == 1
    assert row_of(channel, ada).role == "owner"
    assert len(log_of(channel)) == 1


def test_join_is_refused_in_groups_also_to_moderators_of_all(group: Any, stranger: Any, site_admin: Any) -> None:
    for actor in (stranger, site_admin):
        with pytest.raises(Denied, match="not_open_to_join"):
            actions.join(actor=actor, conversation=group)


def test_join_is_refused_without_the_capability_and_to_the_deactivated(channel: Any, bob: Any) -> None:
    narrowed = {role: ["-conversation.join"] for role in ("guest", "member")}
    with override_settings(CONVO_ROLES=narrowed), pytest.raises(Denied, match="permission_denied"):
        actions.join(actor=bob, conversation=channel)
    with pytest.raises(Denied, match="permission_denied"):
        actions.join(actor=make_user("gone", is_active=False), conversation=channel)


# leave, remove_participant


def test_leave_takes_the_row_and_leaves_a_departure(group: Any, cyd: Any) -> None:
    with replayed(group):
        conversation = actions.leave(actor=cyd, conversation=group)
    assert conversation.participant_count == 2
    assert not Participant.objects.filter(conversation=group.pk, user=cyd).exists()
    departure = Departure.objects.get(conversation=group.pk, user=cyd)
    assert departure.left_at == conversation.changed_at
    assert log_of(group, after=1) == [("participant.removed", cyd.pk, None, {"user": json_key(cyd)})]


def test_leave_again_emits_nothing(group: Any, cyd: Any, stranger: Any) -> None:
    actions.leave(actor=cyd, conversation=group)
    for nobody in (cyd, stranger):
        assert actions.leave(actor=nobody, conversation=group).participant_count == 2
    assert len(log_of(group)) == 2


def test_the_deactivated_can_still_leave(group: Any, cyd: Any) -> None:
    cyd.is_active = False
    cyd.save()
    assert actions.leave(actor=cyd, conversation=group).participant_count == 2


def test_remove_takes_those_below(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    with replayed(group):
        conversation = actions.remove_participant(actor=bob, conversation=group, user=cyd)
        actions.remove_participant(actor=ada, conversation=conversation, user=bob)
    assert log_of(group, after=1) == [
        ("participant.removed", bob.pk, None, {"user": json_key(cyd)}),
        ("participant.removed", ada.pk, None, {"user": json_key(bob)}),
    ]
    assert set(Departure.objects.values_list("user", flat=True)) == {bob.pk, cyd.pk}


def test_remove_is_refused_to_members_and_against_equals(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    peer = make_user("peer")
    actions.add_participant(actor=ada, conversation=group, user=peer, role="moderator")
    with pytest.raises(Denied, match="permission_denied"):
        actions.remove_participant(actor=cyd, conversation=group, user=bob)
    for user in (peer, ada):
        with pytest.raises(Denied, match="role_too_high"):
            actions.remove_participant(actor=bob, conversation=group, user=user)
    assert_counts(group.pk)


def test_remove_of_oneself_is_leaving(group: Any, cyd: Any) -> None:
    actions.remove_participant(actor=cyd, conversation=group, user=cyd)
    assert log_of(group, after=1) == [("participant.removed", cyd.pk, None, {"user": json_key(cyd)})]


def test_remove_of_nobody_emits_nothing(group: Any, ada: Any, stranger: Any) -> None:
    with replayed(group):
        assert actions.remove_participant(actor=ada, conversation=group, user=stranger).participant_count == 3
    assert len(log_of(group)) == 1
    assert not Departure.objects.exists()


def test_a_removed_user_can_do_nothing_even_with_an_old_instance(group: Any, ada: Any, cyd: Any) -> None:
    assert group.membership_of(cyd) is not None
    actions.remove_participant(actor=ada, conversation=group, user=cyd)
    with pytest.raises(Denied, match="permission_denied"):
        actions.send_message(actor=cyd, conversation=group, body="still here?")
    group.refresh_from_db()
    with pytest.raises(Denied, match="permission_denied"):
        actions.send_message(actor=cyd, conversation=group, body="still here?")


def test_an_instance_of_before_knows_who_came_since(group: Any, ada: Any, stranger: Any) -> None:
    assert group.membership_of(stranger) is None
    actions.add_participant(actor=ada, conversation=group, user=stranger)
    group.refresh_from_db()
    assert actions.add_participant(actor=ada, conversation=group, user=stranger).participant_count == 4


@pytest.mark.parametrize("history", ["all", "none"])
def test_rejoin_starts_anew(group: Any, ada: Any, cyd: Any, history: str) -> None:
    actions.leave(actor=cyd, conversation=group)
    actions.send_message(actor=ada, conversation=group, body="meanwhile")
    with override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS=history), replayed(group):
        actions.add_participant(actor=ada, conversation=group, user=cyd)
    row = row_of(group, cyd)
    assert (row.visible_from_seq, row.last_read_seq) == (1 if history == "all" else 2, 1)
    assert row.joined_event_seq == 4
    assert not Departure.objects.exists()
    assert unread_of(group, cyd) == 0


# ownership


def test_the_last_owners_leaving_hands_on_to_the_longest_standing_of_the_highest_role(
    group: Any, ada: Any, bob: Any, cyd: Any
) -> None:
    with replayed(group):
        actions.leave(actor=ada, conversation=group)
    assert log_of(group, after=1) == [
        ("participant.removed", ada.pk, None, {"user": json_key(ada)}),
        ("participant.updated", ada.pk, None, {"user": json_key(bob), "role": "owner"}),
    ]
    assert [row_of(group, user).role for user in (bob, cyd)] == ["owner", "member"]


def test_an_owners_leaving_changes_no_role_while_there_is_another(group: Any, ada: Any, bob: Any) -> None:
    actions.change_role(actor=ada, conversation=group, user=bob, role="owner")
    actions.leave(actor=ada, conversation=group)
    assert types(log_of(group, after=2)) == ["participant.removed"]
    assert_has_owner(group.pk)


def test_the_oldest_member_inherits_before_an_observer(ada: Any, bob: Any, cyd: Any, stranger: Any) -> None:
    group = make_group(ada, bob, cyd, stranger, roles={bob.pk: "observer"})
    actions.leave(actor=ada, conversation=group)
    assert row_of(group, cyd).role == "owner"


def test_the_last_ones_leaving_closes(ada: Any) -> None:
    group = make_group(ada)
    conversation = actions.leave(actor=ada, conversation=group)
    assert conversation.is_closed
    assert conversation.participant_count == 0
    assert types(log_of(group, after=1)) == ["participant.removed", "conversation.closed"]
    assert_counts(group.pk)


# change_role


def test_change_role_says_the_result(group: Any, ada: Any, cyd: Any) -> None:
    with replayed(group):
        row = actions.change_role(actor=ada, conversation=group, user=cyd, role="observer")
    assert row.role == row_of(group, cyd).role == "observer"
    assert log_of(group, after=1) == [
        ("participant.updated", ada.pk, None, {"user": json_key(cyd), "role": "observer"}),
    ]
    with pytest.raises(Denied, match="permission_denied"):
        actions.send_message(actor=cyd, conversation=group, body="hm?")


def test_change_role_to_the_same_emits_nothing(group: Any, ada: Any, cyd: Any) -> None:
    assert actions.change_role(actor=ada, conversation=group, user=cyd, role="member").role == "member"
    assert len(log_of(group)) == 1


# actor, user, role -> code; the group has ada (owner), bob (moderator), cyd (member).
REFUSED_ROLES = [
    ("cyd", "bob", "member", "permission_denied"),
    ("stranger", "cyd", "owner", "permission_denied"),
    ("bob", "cyd", "owner", "role_too_high"),
    ("bob", "ada", "member", "role_too_high"),
    ("bob", "bob", "member", "role_too_high"),
    ("ada", "ada", "member", "role_too_high"),
    (None, "ada", "member", "last_owner"),
    ("site_admin", "ada", "observer", "last_owner"),
]


@pytest.mark.parametrize(("actor", "user", "role", "code"), REFUSED_ROLES)
def test_change_role_is_refused(
    request: pytest.FixtureRequest, group: Any, actor: str | None, user: str, role: str, code: str
) -> None:
    acting = None if actor is None else request.getfixturevalue(actor)
    with pytest.raises(Denied, match=code):
        actions.change_role(actor=acting, conversation=group, user=request.getfixturevalue(user), role=role)
    assert len(log_of(group)) == 1


def test_change_role_of_nobody_and_to_nothing(group: Any, ada: Any, cyd: Any, stranger: Any) -> None:
    with pytest.raises(NotFound):
        actions.change_role(actor=ada, conversation=group, user=stranger, role="member")
    with pytest.raises(Invalid, match="invalid_role"):
        actions.change_role(actor=ada, conversation=group, user=cyd, role="admin")


def test_a_second_owner_lets_the_host_take_the_first_back(group: Any, ada: Any, bob: Any) -> None:
    actions.change_role(actor=ada, conversation=group, user=bob, role="owner")
    actions.change_role(actor=None, conversation=group, user=ada, role="member")
    assert [row_of(group, user).role for user in (ada, bob)] == ["member", "owner"]
