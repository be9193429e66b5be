from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, InvalidReference, NotFound
from django_convo.models import Event, Participant, get_conversation_model
from tests.people import log_of, make_direct, make_group, make_user, row_of, unread_of
from tests.recount import assert_counts
from tests.replay import replayed


def conversations() -> int:
    return get_conversation_model()._default_manager.count()


# create_conversation


def test_create_makes_a_direct_of_two(ada: Any, bob: Any) -> None:
    conversation, is_new = actions.create_conversation(actor=ada, participants=[bob])
    assert is_new
    assert (conversation.kind, conversation.participant_count, conversation.created_by) == ("direct", 2, ada)
    assert {row.user_id: row.role for row in Participant.objects.filter(conversation=conversation.pk)} == {
        ada.pk: "member",
        bob.pk: "member",
    }
    assert_counts(conversation.pk)


def test_create_makes_a_group_of_three_with_the_creator_as_owner(ada: Any, bob: Any, cyd: Any) -> None:
    conversation, _ = actions.create_conversation(
        actor=ada, participants=[bob, cyd, bob, ada], title="Trip", topic="When?", metadata={"a": 1}
    )
    stored = get_conversation_model()._default_manager.get(pk=conversation.pk)
    assert (stored.kind, stored.participant_count) == ("group", 3)
    assert (stored.title, stored.topic, stored.metadata) == ("Trip", "When?", {"a": 1})
    assert [row_of(stored, user).role for user in (ada, bob, cyd)] == ["owner", "member", "member"]
    assert row_of(stored, bob).added_by == ada
    assert row_of(stored, ada).added_by is None
    assert stored.last_message_at == stored.created_at
    assert_counts(stored.pk)


def test_create_makes_a_group_of_one(ada: Any) -> None:
    conversation, _ = actions.create_conversation(actor=ada, participants=[])
    assert (conversation.kind, conversation.participant_count) == ("group", 1)


def test_create_by_the_host_gives_the_roles_it_is_told(ada: Any, bob: Any) -> None:
    conversation, _ = actions.create_conversation(
        actor=None, participants=[ada, bob], kind="group", roles={ada.pk: "owner"}
    )
    assert conversation.created_by is None
    assert [row_of(conversation, user).role for user in (ada, bob)] == ["owner", "member"]


def test_create_emits_one_event(ada: Any, bob: Any) -> None:
    conversation = make_group(ada, bob)
    assert log_of(conversation) == [("conversation.created", ada.pk, None, {"kind": "group"})]


def test_create_with_a_body_sends_the_first_message(ada: Any, bob: Any) -> None:
    conversation, _ = actions.create_conversation(actor=ada, participants=[bob], body="hello", client_id="1")
    assert [entry[0] for entry in log_of(conversation)] == ["conversation.created", "message.created"]
    assert (conversation.last_seq, unread_of(conversation, bob), unread_of(conversation, ada)) == (1, 1, 0)
    again, is_new = actions.create_conversation(actor=ada, participants=[bob], body="hello", client_id="1")
    assert (again.pk, is_new, again.last_seq) == (conversation.pk, False, 1)
    actions.create_conversation(actor=bob, participants=[ada], body="hello back")
    assert unread_of(conversation, ada) == 1
    assert_counts(conversation.pk)


def test_create_finds_the_direct_from_either_side_and_emits_nothing(ada: Any, bob: Any) -> None:
    first = make_direct(ada, bob)
    for actor, other in ((ada, bob), (bob, ada), (None, None)):
        people = [ada, bob] if actor is None else [other]
        again, is_new = actions.create_conversation(actor=actor, participants=people)
        assert (again.pk, is_new) == (first.pk, False)
    assert len(log_of(first)) == 1
    assert conversations() == 1


def test_create_finds_the_direct_although_the_policy_would_refuse_a_new_one(ada: Any, bob: Any, cyd: Any) -> None:
    first = make_direct(ada, bob)
    narrowed = {role: ["-conversation.create_direct"] for role in ("guest", "member")}
    with override_settings(CONVO_ROLES=narrowed):
        assert make_direct(ada, bob).pk == first.pk
        with pytest.raises(Denied, match="permission_denied"):
            make_direct(ada, cyd)


def test_create_makes_one_direct_for_each_subject(ada: Any, bob: Any) -> None:
    # Any row of the host's can be a subject; users are the rows that every project has.
    plain = make_direct(ada, bob)
    about_ada, about_bob = make_direct(ada, bob, subject=ada), make_direct(bob, ada, subject=bob)
    assert len({plain.pk, about_ada.pk, about_bob.pk}) == 3
    assert make_direct(bob, ada, subject=ada).pk == about_ada.pk
    stored = get_conversation_model()._default_manager.get(pk=about_ada.pk)
    assert (stored.subject, stored.subject_id) == (ada, str(ada.pk))


@pytest.mark.parametrize(
    ("arguments", "code", "field"),
    [
        ({"kind": "direct", "participants": []}, "direct_needs_two", "participants"),
        ({"kind": "party"}, "invalid_kind", "kind"),
        ({"title": "a direct's"}, "direct_has_no_title", "title"),
        ({"kind": "group", "title": "x" * 201}, "text_too_long", "title"),
        ({"kind": "group", "topic": "x" * 1001}, "text_too_long", "topic"),
        ({"kind": "group", "title": "\x00"}, "invalid_text", "title"),
        ({"kind": "group", "title": "\ud800"}, "invalid_text", "title"),
        ({"kind": "group", "metadata": []}, "metadata_not_an_object", "metadata"),
        ({"body": " "}, "blank", "message_body"),
        ({"body": "x", "client_id": ""}, "invalid_client_id", "client_id"),
    ],
)
def test_create_refuses_what_is_invalid_and_leaves_nothing(
    ada: Any, bob: Any, arguments: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Invalid) as raised:
        actions.create_conversation(actor=ada, **({"participants": [bob]} | arguments))
    assert (raised.value.code, raised.value.field) == (code, field)
    assert conversations() == 0
    assert Event.objects.count() == 0


def test_create_refuses_a_role_that_does_not_exist(ada: Any, bob: Any) -> None:
    with pytest.raises(Invalid, match="invalid_role"):
        make_group(ada, bob, roles={bob.pk: "king"})


def test_create_refuses_a_subject_that_is_not_saved(ada: Any, bob: Any) -> None:
    subject = type(ada)()
    with pytest.raises(Invalid, match="subject_not_saved"):
        make_direct(ada, bob, subject=subject)


def test_create_refuses_a_subject_whose_key_is_too_long(ada: Any, bob: Any) -> None:
    subject = type(ada)(pk="k" * 65)
    subject._state.adding = False
    for make in (make_group, make_direct):
        with pytest.raises(Invalid, match="text_too_long"):
            make(ada, bob, subject=subject)
    assert not get_conversation_model()._default_manager.exists()


@override_settings(CONVO_MAX_PARTICIPANTS=2)
def test_create_refuses_too_many(ada: Any, bob: Any, cyd: Any) -> None:
    with pytest.raises(Invalid, match="too_many_participants"):
        make_group(ada, bob, cyd)


@pytest.mark.parametrize("kind", ["direct", "group", "channel"])
def test_create_refuses_a_site_role_that_lacks_the_capability(ada: Any, bob: Any, kind: str) -> None:
    narrowed = {role: [f"-conversation.create_{kind}"] for role in ("guest", "member")}
    with override_settings(CONVO_ROLES=narrowed), pytest.raises(Denied, match="permission_denied"):
        actions.create_conversation(actor=ada, participants=[bob], kind=kind)


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("kind", ["direct", "group"])
def test_create_refuses_a_deactivated_member_wherever_they_stand(ada: Any, bob: Any, kind: str, position: int) -> None:
    gone = make_user("gone", is_active=False)
    people = [gone] if kind == "direct" else [bob]
    if kind == "group":
        people.insert(position, gone)
    with pytest.raises(InvalidReference):
        actions.create_conversation(actor=ada, participants=people, kind=kind)


# update_conversation


def test_update_changes_what_differs_and_says_what(group: Any, ada: Any) -> None:
    with replayed(group):
        row = actions.update_conversation(
            actor=ada, conversation=group, title="New", topic="", metadata={"color": "red"}
        )
    assert (row.title, row.metadata) == ("New", {"color": "red"})
    assert log_of(group, after=1) == [
        ("conversation.updated", ada.pk, None, {"fields": ["metadata", "title"]}),
    ]


def test_update_is_refused_to_members(group: Any, cyd: Any, stranger: Any) -> None:
    for actor in (cyd, stranger):
        with pytest.raises(Denied, match="permission_denied"):
            actions.update_conversation(actor=actor, conversation=group, title="mine")
    assert get_conversation_model()._default_manager.get(pk=group.pk).title == ""


def test_update_to_the_same_emits_nothing(group: Any, ada: Any) -> None:
    actions.update_conversation(actor=ada, conversation=group, title="", topic="", metadata={})
    actions.update_conversation(actor=ada, conversation=group)
    assert len(log_of(group)) == 1


def test_update_tells_json_true_from_one(group: Any, ada: Any) -> None:
    actions.update_conversation(actor=ada, conversation=group, metadata={"on": 1})
    row = actions.update_conversation(actor=ada, conversation=group, metadata={"on": True})
    stored = get_conversation_model()._default_manager.get(pk=group.pk)
    assert row.metadata["on"] is True
    assert stored.metadata["on"] is True


def test_update_of_a_direct_leaves_its_title_alone(direct: Any, ada: Any) -> None:
    for actor in (ada, None):
        with pytest.raises(Denied, match="direct_is_fixed"):
            actions.update_conversation(actor=actor, conversation=direct, title="Us")
    actions.update_conversation(actor=None, conversation=direct, topic="Booking 7")
    assert log_of(direct, after=1) == [("conversation.updated", None, None, {"fields": ["topic"]})]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"title": "x" * 201}, "text_too_long"),
        ({"topic": "\x00"}, "invalid_text"),
        ({"title": None}, "invalid_text"),
        ({"metadata": "x"}, "metadata_not_an_object"),
    ],
)
def test_update_refuses_what_is_invalid(group: Any, ada: Any, arguments: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid, match=code):
        actions.update_conversation(actor=ada, conversation=group, **arguments)
    assert len(log_of(group)) == 1


# close, reopen


def test_close_and_reopen(group: Any, ada: Any, bob: Any) -> None:
    with replayed(group):
        assert actions.close(actor=bob, conversation=group).is_closed
        assert not actions.reopen(actor=ada, conversation=group).is_closed
    assert log_of(group, after=1) == [
        ("conversation.closed", bob.pk, None, {}),
        ("conversation.reopened", ada.pk, None, {}),
    ]


def test_close_and_reopen_are_refused_to_members(group: Any, cyd: Any) -> None:
    with pytest.raises(Denied, match="permission_denied"):
        actions.close(actor=cyd, conversation=group)
    actions.close(actor=None, conversation=group)
    with pytest.raises(Denied, match="permission_denied"):
        actions.reopen(actor=cyd, conversation=group)


def test_close_twice_emits_once(group: Any, ada: Any) -> None:
    actions.reopen(actor=ada, conversation=group)
    first = actions.close(actor=ada, conversation=group).closed_at
    assert actions.close(actor=ada, conversation=group).closed_at == first
    assert [entry[0] for entry in log_of(group, after=1)] == ["conversation.closed"]


def test_a_closed_conversation_takes_nothing_new(channel: Any, ada: Any, bob: Any, cyd: Any) -> None:
    actions.add_participant(actor=ada, conversation=channel, user=bob)
    actions.send_message(actor=ada, conversation=channel, body="last words")
    actions.close(actor=ada, conversation=channel)
    for refused in (
        lambda: actions.send_message(actor=ada, conversation=channel, body="more"),
        lambda: actions.add_participant(actor=ada, conversation=channel, user=cyd),
        lambda: actions.join(actor=cyd, conversation=channel),
    ):
        with pytest.raises(Denied, match="conversation_closed"):
            refused()
    assert unread_of(channel, bob) == 1
    actions.mark_read(actor=bob, conversation=channel)
    actions.update_membership(actor=bob, conversation=channel, archived=True)
    actions.leave(actor=bob, conversation=channel)
    # The host itself is not bound by closing.
    actions.send_message(actor=None, conversation=channel, body="refund issued")
    actions.add_participant(actor=None, conversation=channel, user=cyd)
    assert_counts(channel.pk)


# delete_conversation


def test_delete_leaves_a_tombstone_that_no_action_finds(group: Any, ada: Any, bob: Any) -> None:
    actions.send_message(actor=bob, conversation=group, body="words")
    actions.delete_conversation(actor=ada, conversation=group)
    stored = get_conversation_model()._default_manager.get(pk=group.pk)
    assert stored.deleted_at is not None
    assert log_of(group, after=2) == [("conversation.deleted", ada.pk, None, {})]
    for gone in (
        lambda: actions.delete_conversation(actor=ada, conversation=group),
        lambda: actions.update_conversation(actor=ada, conversation=group, title="x"),
        lambda: actions.close(actor=ada, conversation=group),
        lambda: actions.reopen(actor=ada, conversation=group),
        lambda: actions.send_message(actor=bob, conversation=group, body="x"),
        lambda: actions.mark_read(actor=bob, conversation=group),
        lambda: actions.mark_read(actor=bob, conversation=group, seq=0),
        lambda: actions.mark_unread(actor=bob, conversation=group, seq=1),
        lambda: actions.update_membership(actor=bob, conversation=group, pinned=True),
        lambda: actions.add_participant(actor=ada, conversation=group, user=bob),
        lambda: actions.remove_participant(actor=ada, conversation=group, user=bob),
        lambda: actions.leave(actor=bob, conversation=group),
        lambda: actions.join(actor=bob, conversation=group),
        lambda: actions.change_role(actor=ada, conversation=group, user=bob, role="member"),
        lambda: actions.send_message(actor=None, conversation=group, body="x"),
    ):
        with pytest.raises(NotFound):
            gone()
    assert_counts(group.pk)


def test_delete_is_for_owners_and_moderators_of_all(group: Any, bob: Any, cyd: Any, site_admin: Any) -> None:
    for actor in (bob, cyd):
        with pytest.raises(Denied, match="permission_denied"):
            actions.delete_conversation(actor=actor, conversation=group)
    actions.delete_conversation(actor=site_admin, conversation=group)
    assert log_of(group, after=1) == [("conversation.deleted", site_admin.pk, None, {})]


def test_delete_of_a_direct_is_refused_to_everyone(direct: Any, ada: Any, site_admin: Any) -> None:
    for actor in (ada, site_admin, None):
        with pytest.raises(Denied, match="direct_is_fixed"):
            actions.delete_conversation(actor=actor, conversation=direct)
    assert len(log_of(direct)) == 1
