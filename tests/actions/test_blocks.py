from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.exceptions import Denied, InvalidReference
from django_convo.models import Block, Event, ScheduledMessage, get_conversation_model
from tests.people import log_of, make_direct, make_group, make_user, row_of, unread_of
from tests.replay import replayed


@pytest.fixture(params=["by_ada", "by_bob"])
def blocked(request: Any, ada: Any, bob: Any) -> None:
    """One of the two has blocked the other; who, makes no difference."""
    blocker, other = (ada, bob) if request.param == "by_ada" else (bob, ada)
    actions.block_user(actor=blocker, user=other)


def test_block_is_kept_once(ada: Any, bob: Any) -> None:
    first = actions.block_user(actor=ada, user=bob)
    again = actions.block_user(actor=ada, user=bob)

    assert (first.pk, first.blocker, first.blocked) == (again.pk, ada, bob)
    assert Block.objects.count() == 1


def test_block_is_of_others(ada: Any) -> None:
    with pytest.raises(Denied) as error:
        actions.block_user(actor=ada, user=ada)

    assert error.value.code == "not_oneself"
    assert not Block.objects.exists()


def test_unblock_takes_back_ones_own_alone(ada: Any, bob: Any, direct: Any) -> None:
    actions.block_user(actor=ada, user=bob)
    actions.unblock_user(actor=bob, user=ada)
    assert Block.objects.count() == 1

    for _ in range(2):
        actions.unblock_user(actor=ada, user=bob)

    assert not Block.objects.exists()
    actions.send_message(actor=bob, conversation=direct, body="again")


def test_block_tells_nobody_and_counts_nothing(ada: Any, bob: Any, direct: Any) -> None:
    actions.send_message(actor=bob, conversation=direct, body="hello")
    with replayed(direct):
        actions.block_user(actor=ada, user=bob)

    assert log_of(direct, after=2) == []
    assert (unread_of(direct, ada), unread_of(direct, bob)) == (1, 0)
    assert row_of(direct, ada).last_read_seq == 0


Saying = Callable[[Any, Any], Any]
# What one of two says to the other, given one's own message.
SAYING: dict[str, Saying] = {
    "send": lambda actor, own: actions.send_message(actor=actor, conversation=own.conversation, body="x"),
    "edit": lambda actor, own: actions.edit_message(actor=actor, message=own, body="x"),
    "react": lambda actor, own: actions.add_reaction(actor=actor, message=own, emoji="👍"),
    "pin": lambda actor, own: actions.pin_message(actor=actor, message=own),
    "forward": lambda actor, own: actions.forward_message(actor=actor, message=own, conversation=own.conversation),
}


@pytest.mark.parametrize("name", SAYING)
def test_nothing_is_said_between_the_two(ada: Any, bob: Any, direct: Any, name: str) -> None:
    own = {user.pk: actions.send_message(actor=user, conversation=direct, body="before") for user in (ada, bob)}
    actions.block_user(actor=ada, user=bob)
    events = Event.objects.count()

    # Neither by the one who was blocked nor by the one who did it, and as any other refusal.
    for user in (ada, bob):
        with pytest.raises(Denied) as error:
            SAYING[name](user, own[user.pk])
        assert (error.value.code, str(error.value.detail)) == (Denied().code, str(Denied().detail))

    assert Event.objects.count() == events


def test_reading_archiving_deleting_and_reporting_go_on(ada: Any, bob: Any, direct: Any) -> None:
    own = actions.send_message(actor=bob, conversation=direct, body="mine")
    theirs = actions.send_message(actor=ada, conversation=direct, body="theirs")
    actions.block_user(actor=ada, user=bob)

    with replayed(direct):
        assert actions.mark_read(actor=bob, conversation=direct).last_read_seq == 2
        assert actions.update_membership(actor=bob, conversation=direct, archived=True).archived_at is not None
        assert actions.delete_message(actor=bob, message=own).is_deleted
        assert actions.report_message(actor=bob, message=theirs, reason="abuse")[1]


def test_host_itself_still_speaks(ada: Any, bob: Any, direct: Any) -> None:
    actions.block_user(actor=ada, user=bob)

    assert actions.send_message(actor=None, conversation=direct, body="Booked").seq == 1


@pytest.mark.usefixtures("blocked")
@pytest.mark.parametrize("kind", ["direct", "group", "channel"])
def test_nothing_is_opened_between_the_two(ada: Any, bob: Any, kind: str) -> None:
    for actor, other in ((ada, bob), (bob, ada)):
        with pytest.raises(InvalidReference):
            actions.create_conversation(actor=actor, participants=[other], kind=kind)

    assert not get_conversation_model()._default_manager.exists()


@pytest.mark.usefixtures("blocked")
def test_neither_brings_the_other_into_a_larger_one(ada: Any, bob: Any, cyd: Any) -> None:
    talk = make_group(ada, cyd)
    with pytest.raises(InvalidReference):
        actions.create_conversation(actor=ada, participants=[bob, cyd])
    with pytest.raises(InvalidReference):
        actions.add_participant(actor=ada, conversation=talk, user=bob)


@pytest.mark.usefixtures("blocked")
def test_others_may_bring_both_into_a_larger_one(ada: Any, bob: Any, cyd: Any) -> None:
    both = make_group(cyd, ada, bob)
    alone = make_group(cyd, ada)
    actions.add_participant(actor=cyd, conversation=alone, user=bob)

    for conversation in (both, alone):
        with replayed(conversation):
            actions.send_message(actor=ada, conversation=conversation, body="to all")


@pytest.mark.usefixtures("blocked")
def test_both_are_not_left_alone_with_each_other(ada: Any, bob: Any, cyd: Any) -> None:
    group = make_group(cyd, ada, bob, roles={ada.pk: "moderator", bob.pk: "moderator"})
    actions.leave(actor=cyd, conversation=group)

    for actor in (ada, bob):
        with pytest.raises(Denied):
            actions.send_message(actor=actor, conversation=group, body="finally alone")
        with pytest.raises(Denied):
            actions.update_conversation(actor=actor, conversation=group, title="finally alone")
    actions.leave(actor=bob, conversation=group)


@pytest.mark.usefixtures("blocked")
def test_a_channel_of_one_is_not_joined_and_nobody_is_added_to_it(ada: Any, bob: Any, site_admin: Any) -> None:
    channel = make_group(ada, kind="channel")
    with pytest.raises(InvalidReference):
        actions.join(actor=bob, conversation=channel)
    with pytest.raises(InvalidReference):
        actions.add_participant(actor=ada, conversation=channel, user=bob)
    with pytest.raises(InvalidReference):
        actions.add_participant(actor=site_admin, conversation=channel, user=bob)


@pytest.mark.usefixtures("blocked")
def test_a_block_keeps_nobody_out_of_a_channel(ada: Any, bob: Any) -> None:
    channel = make_group(ada, make_user("other"), kind="channel")

    assert actions.join(actor=bob, conversation=channel).participant_count == 3


def test_a_direct_that_is_there_is_found_but_takes_nothing(ada: Any, bob: Any, direct: Any) -> None:
    actions.block_user(actor=ada, user=bob)

    assert make_direct(bob, ada) == direct
    with pytest.raises(Denied):
        actions.create_conversation(actor=bob, participants=[ada], body="hello?")


def test_what_was_scheduled_before_the_block_is_refused_when_due(ada: Any, bob: Any, direct: Any) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    scheduled = actions.schedule_message(actor=bob, conversation=direct, body="later", send_at=soon)
    actions.block_user(actor=ada, user=bob)
    ScheduledMessage.objects.update(due_at=timezone.now())

    done = actions.send_due_message(scheduled=scheduled)

    assert done is not None
    assert (done.status, done.code) == ("failed", "permission_denied")
    assert log_of(direct, after=1) == []
