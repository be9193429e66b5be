from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import AuditEntry, Event, Sanction, get_conversation_model
from django_convo.policy import get_policy
from tests.people import log_of, make_direct, make_group, make_user, row_of
from tests.recount import assert_has_owner
from tests.replay import replayed

SPEAKING = [
    lambda actor, own: actions.send_message(actor=actor, conversation=own.conversation, body="x"),
    lambda actor, own: actions.edit_message(actor=actor, message=own, body="x"),
    lambda actor, own: actions.add_reaction(actor=actor, message=own, emoji="👍"),
    lambda actor, own: actions.pin_message(actor=actor, message=own),
]


def fresh(conversation: Any) -> Any:
    return get_conversation_model()._default_manager.get(pk=conversation.pk)


def refused(call: Any, code: str) -> None:
    with pytest.raises(Denied) as error:
        call()
    assert error.value.code == code


def move_end(sanction: Sanction, **delta: float) -> None:
    Sanction.objects.filter(pk=sanction.pk).update(expires_at=timezone.now() + timedelta(**delta))


@pytest.mark.parametrize("place", ["conversation", "site"])
@pytest.mark.parametrize("saying", SPEAKING, ids=["send", "edit", "react", "pin"])
def test_mute_takes_speaking_away(group: Any, ada: Any, cyd: Any, site_admin: Any, place: str, saying: Any) -> None:
    own = actions.send_message(actor=cyd, conversation=group, body="hello")
    where, actor = (group, ada) if place == "conversation" else (None, site_admin)
    with replayed(group):
        sanction, is_new = actions.impose_sanction(actor=actor, user=cyd, kind="mute", conversation=where)

    assert is_new
    refused(lambda: saying(cyd, own), "muted")
    # Reading and taking back go on.
    assert actions.mark_read(actor=cyd, conversation=group).last_read_seq == 1
    actions.lift_sanction(actor=actor, sanction=sanction)
    saying(cyd, own)
    assert actions.delete_message(actor=cyd, message=own).is_deleted


def test_mute_elsewhere_is_no_matter(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    other = make_group(ada, bob, cyd)
    actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=other)

    assert actions.send_message(actor=cyd, conversation=group, body="hello").seq == 1


def test_muted_on_the_site_opens_nothing(group: Any, cyd: Any, ada: Any, site_admin: Any) -> None:
    actions.impose_sanction(actor=site_admin, user=cyd, kind="mute")

    for kind in ("direct", "group", "channel"):
        refused(lambda kind=kind: actions.create_conversation(actor=cyd, participants=[ada], kind=kind), "muted")


def test_ban_removes_and_keeps_out(ada: Any, bob: Any, cyd: Any) -> None:
    channel = make_group(ada, bob, cyd, kind="channel")
    with replayed(channel):
        sanction, _ = actions.impose_sanction(actor=ada, user=cyd, kind="ban", conversation=channel)

    assert log_of(channel, after=1) == [("participant.removed", ada.pk, None, {"user": key(cyd)})]
    assert fresh(channel).participant_count == 2
    refused(lambda: actions.join(actor=cyd, conversation=channel), "banned")
    refused(lambda: actions.add_participant(actor=bob, conversation=channel, user=cyd), "permission_denied")
    for actor in (ada, None):
        refused(
            lambda actor=actor: actions.add_participant(actor=actor, conversation=channel, user=cyd), "user_banned"
        )
    actions.lift_sanction(actor=ada, sanction=sanction)
    assert actions.join(actor=cyd, conversation=channel).participant_count == 3


def key(user: Any) -> Any:
    return user.pk if isinstance(user.pk, int) else str(user.pk)


def test_ban_of_the_owner_hands_on(group: Any, ada: Any, bob: Any, site_admin: Any) -> None:
    with replayed(group):
        actions.impose_sanction(actor=site_admin, user=ada, kind="ban", conversation=group)

    assert_has_owner(group.pk)
    assert row_of(group, bob).role == "owner"
    # One entry: the removal is part of the ban.
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["sanction.imposed"]


def test_ban_of_who_takes_no_part_keeps_them_out(channel: Any, ada: Any, stranger: Any) -> None:
    events = fresh(channel).event_seq
    actions.impose_sanction(actor=ada, user=stranger, kind="ban", conversation=channel)

    assert fresh(channel).event_seq == events
    refused(lambda: actions.join(actor=stranger, conversation=channel), "banned")


def test_ban_from_the_site_hides_everything(group: Any, direct: Any, ada: Any, bob: Any, site_admin: Any) -> None:
    actions.send_message(actor=ada, conversation=group, body="hello")
    sanction, _ = actions.impose_sanction(actor=site_admin, user=bob, kind="ban")
    policy = get_policy()

    for rows in (policy.visible_conversations(bob), policy.visible_messages(bob), policy.visible_users(bob)):
        assert not rows.exists()
    assert policy.audience(group, None, [ada.pk, bob.pk]) == {ada.pk}
    refused(lambda: actions.send_message(actor=bob, conversation=group, body="x"), "banned")
    refused(lambda: actions.close(actor=bob, conversation=group), "banned")
    # They are still there, and see it all when it is over.
    assert fresh(group).participant_count == 3
    actions.lift_sanction(actor=site_admin, sanction=sanction)
    assert policy.visible_conversations(bob).count() == 2


def test_a_direct_has_mutes_but_no_bans(direct: Any, bob: Any, site_admin: Any) -> None:
    refused(
        lambda: actions.impose_sanction(actor=site_admin, user=bob, kind="ban", conversation=direct),
        "direct_is_fixed",
    )
    assert actions.impose_sanction(actor=site_admin, user=bob, kind="mute", conversation=direct)[1]


@pytest.mark.parametrize("kind", ["mute", "ban"])
def test_it_ends_by_itself(channel: Any, ada: Any, bob: Any, kind: str) -> None:
    actions.join(actor=bob, conversation=channel)
    ends = timezone.now() + timedelta(hours=1)
    sanction, _ = actions.impose_sanction(actor=ada, user=bob, kind=kind, conversation=channel, expires_at=ends)

    def act() -> Any:
        if kind == "ban":
            return actions.join(actor=bob, conversation=channel)
        return actions.send_message(actor=bob, conversation=channel, body="x")

    refused(act, "banned" if kind == "ban" else "muted")
    move_end(sanction, seconds=-1)
    act()
    # What is over is not lifted, and the next one is new.
    entries = AuditEntry.objects.count()
    assert actions.lift_sanction(actor=ada, sanction=sanction).lifted_at is None
    assert AuditEntry.objects.count() == entries
    assert actions.impose_sanction(actor=ada, user=bob, kind=kind, conversation=channel)[1]


def test_again_takes_the_new_reason_and_end(group: Any, ada: Any, cyd: Any) -> None:
    first, _ = actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=group, reason="noise")
    same, is_new = actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=group, reason="noise")
    assert (same, is_new, AuditEntry.objects.count()) == (first, False, 1)

    ends = timezone.now() + timedelta(days=1)
    longer, is_new = actions.impose_sanction(
        actor=ada, user=cyd, kind="mute", conversation=group, reason="noise again", expires_at=ends
    )

    assert (longer, is_new, Sanction.objects.count(), AuditEntry.objects.count()) == (first, False, 1, 2)
    first.refresh_from_db()
    assert (first.reason, first.expires_at) == ("noise again", ends)
    # Another place and another kind are others.
    assert actions.impose_sanction(actor=ada, user=cyd, kind="ban", conversation=group)[1]


def test_entries_say_who_did_what_to_whom(group: Any, bob: Any, cyd: Any) -> None:
    ends = timezone.now() + timedelta(days=1)
    sanction, _ = actions.impose_sanction(
        actor=bob, user=cyd, kind="mute", conversation=group, reason="secret", expires_at=ends
    )
    for _ in range(2):
        lifted = actions.lift_sanction(actor=bob, sanction=sanction)

    assert (lifted.lifted_by, lifted.lifted_at is not None) == (bob, True)
    imposed, ended = AuditEntry.objects.order_by("pk")
    assert (imposed.action, ended.action) == ("sanction.imposed", "sanction.lifted")
    for entry in (imposed, ended):
        assert (entry.actor, entry.user, entry.conversation_id) == (bob, cyd, group.pk)
        assert entry.detail == {
            "user": key(cyd),
            "sanction": str(sanction.pk),
            "kind": "mute",
            "expires_at": ends.isoformat(),
        }


def test_sync_tells_of_what_one_may_do(group: Any, ada: Any, cyd: Any) -> None:
    before = row_of(group, cyd).updated_at
    sanction, _ = actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=group)
    between = row_of(group, cyd).updated_at
    actions.lift_sanction(actor=ada, sanction=sanction)

    assert before < between < row_of(group, cyd).updated_at
    assert Event.objects.filter(conversation=group.pk).count() == 1


@pytest.mark.parametrize("kind", ["mute", "ban"])
def test_it_is_for_higher_roles_alone(group: Any, ada: Any, bob: Any, cyd: Any, stranger: Any, kind: str) -> None:
    second = make_user("second")
    actions.add_participant(actor=ada, conversation=group, user=second, role="moderator")
    sanction, _ = actions.impose_sanction(actor=ada, user=bob, kind="mute", conversation=group)

    def impose(actor: Any, user: Any) -> Any:
        return lambda: actions.impose_sanction(actor=actor, user=user, kind=kind, conversation=group)

    refused(impose(cyd, bob), "permission_denied")
    refused(impose(stranger, cyd), "permission_denied")
    refused(impose(second, bob), "role_too_high")
    refused(impose(second, ada), "role_too_high")
    refused(impose(second, second), "not_oneself")
    refused(lambda: actions.lift_sanction(actor=bob, sanction=sanction), "not_oneself")
    refused(lambda: actions.lift_sanction(actor=second, sanction=sanction), "role_too_high")
    refused(lambda: actions.lift_sanction(actor=cyd, sanction=sanction), "permission_denied")
    assert AuditEntry.objects.count() == 1


def test_on_the_site_it_is_for_those_who_may(ada: Any, bob: Any, site_admin: Any) -> None:
    make_direct(ada, bob)
    other = make_user("other-admin", is_admin=True)
    refused(lambda: actions.impose_sanction(actor=ada, user=bob, kind="ban"), "permission_denied")
    refused(lambda: actions.impose_sanction(actor=site_admin, user=site_admin, kind="ban"), "not_oneself")
    refused(lambda: actions.impose_sanction(actor=site_admin, user=other, kind="ban"), "role_too_high")
    assert not Sanction.objects.exists()
    # The host itself stands above all, and its own acts are not in the log.
    assert actions.impose_sanction(actor=None, user=other, kind="ban")[0].created_by is None
    refused(lambda: actions.impose_sanction(actor=other, user=bob, kind="ban"), "banned")
    assert not AuditEntry.objects.exists()


def test_banned_administrators_administer_nobody(cyd: Any, site_admin: Any, settings: Any) -> None:
    settings.CONVO_REGISTRATION = "admin"
    actions.impose_sanction(actor=None, user=site_admin, kind="ban")

    refused(lambda: actions.update_user(actor=site_admin, user=cyd, fields={}), "permission_denied")
    refused(lambda: actions.delete_user(actor=site_admin, user=cyd), "permission_denied")
    refused(lambda: actions.erase_user(actor=site_admin, user=cyd), "banned")
    refused(lambda: actions.register_user(actor=site_admin, fields={}, password="x"), "registration_closed")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"kind": "flog"}, "invalid_kind"),
        ({"kind": "mute", "expires_at": timezone.now() - timedelta(seconds=1)}, "expires_in_the_past"),
        ({"kind": "mute", "reason": "x" * 21}, "text_too_long"),
        ({"kind": "mute", "reason": "\ud800"}, "invalid_text"),
    ],
    ids=["kind", "past", "long", "surrogate"],
)
def test_it_refuses_what_it_cannot_hold(
    group: Any, ada: Any, cyd: Any, settings: Any, fields: dict[str, Any], code: str
) -> None:
    settings.CONVO_MESSAGE_MAX_LENGTH = 20
    with pytest.raises(Invalid) as error:
        actions.impose_sanction(actor=ada, user=cyd, conversation=group, **fields)
    assert error.value.code == code
    assert not Sanction.objects.exists()


def test_what_is_gone_is_not_found(group: Any, ada: Any, cyd: Any, site_admin: Any) -> None:
    sanction, _ = actions.impose_sanction(actor=ada, user=cyd, kind="mute", conversation=group)
    Sanction.objects.all().delete()
    with pytest.raises(NotFound):
        actions.lift_sanction(actor=ada, sanction=sanction)
    gone = make_user("gone")
    gone.delete()
    gone.pk = sanction.user_id.__class__(int=1) if hasattr(sanction.user_id, "hex") else 2**31 - 1
    with pytest.raises(NotFound):
        actions.impose_sanction(actor=site_admin, user=gone, kind="ban")


def test_no_owner_sanctions_who_moderates_any_conversation(group: Any, ada: Any, site_admin: Any) -> None:
    """They would be refused everything there, and could not undo it."""
    for kind in ("mute", "ban"):
        with pytest.raises(Denied, match="role_too_high"):
            actions.impose_sanction(actor=ada, user=site_admin, kind=kind, conversation=group)
    actions.add_participant(actor=None, conversation=group, user=site_admin)
    with pytest.raises(Denied, match="role_too_high"):
        actions.impose_sanction(actor=ada, user=site_admin, kind="ban", conversation=group)
    actions.close(actor=site_admin, conversation=group)
