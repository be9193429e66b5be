from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, TooSoon
from django_convo.models import ScheduledMessage, get_conversation_model, get_message_model
from tests.people import log_of, make_user
from tests.replay import replayed


@pytest.fixture
def slow(group: Any, ada: Any) -> Any:
    return actions.update_conversation(actor=ada, conversation=group, slow_mode_seconds=30)


def move_back(message: Any, seconds: float) -> None:
    """Let the message have been sent earlier."""
    rows = get_message_model()._default_manager.filter(pk=message.pk)
    rows.update(sent_at=message.sent_at - timedelta(seconds=seconds))


def test_update_sets_it(group: Any, bob: Any) -> None:
    with replayed(group):
        for _ in range(2):
            changed = actions.update_conversation(actor=bob, conversation=group, slow_mode_seconds=30)

    assert changed.slow_mode_seconds == 30
    assert get_conversation_model()._default_manager.get(pk=group.pk).slow_mode_seconds == 30
    assert log_of(group, after=1) == [
        ("conversation.updated", bob.pk, None, {"fields": ["slow_mode_seconds"]}),
    ]


def test_update_is_for_owners_and_moderators(group: Any, cyd: Any) -> None:
    with pytest.raises(Denied):
        actions.update_conversation(actor=cyd, conversation=group, slow_mode_seconds=30)


@pytest.mark.parametrize("seconds", [-1, 61, True, 1.5, "30"])
def test_update_holds_its_bounds(group: Any, ada: Any, settings: Any, seconds: Any) -> None:
    settings.CONVO_SLOW_MODE_MAX_SECONDS = 60
    with pytest.raises(Invalid) as error:
        actions.update_conversation(actor=ada, conversation=group, slow_mode_seconds=seconds)
    assert (error.value.code, error.value.field) == ("invalid_slow_mode", "slow_mode_seconds")
    for within in (60, 0):
        assert (
            actions.update_conversation(actor=ada, conversation=group, slow_mode_seconds=within).slow_mode_seconds
            == within
        )


def test_a_member_waits(slow: Any, cyd: Any) -> None:
    message = actions.send_message(actor=cyd, conversation=slow, body="one")
    with replayed(slow), pytest.raises(TooSoon) as error:
        actions.send_message(actor=cyd, conversation=slow, body="two")

    assert error.value.code == "slow_mode"
    assert 20 < error.value.wait <= 30
    move_back(message, 20)
    with pytest.raises(TooSoon) as error:
        actions.send_message(actor=cyd, conversation=slow, body="two")
    assert 0 < error.value.wait <= 10
    move_back(message, 31)
    assert actions.send_message(actor=cyd, conversation=slow, body="two").seq == 2


def test_each_member_waits_for_their_own(slow: Any, cyd: Any) -> None:
    other = make_user("other")
    actions.add_participant(actor=None, conversation=slow, user=other)
    for user in (cyd, other):
        actions.send_message(actor=user, conversation=slow, body="one")


def test_moderators_and_the_host_do_not_wait(slow: Any, ada: Any, bob: Any) -> None:
    for actor in (ada, bob, None):
        for body in ("one", "two"):
            actions.send_message(actor=actor, conversation=slow, body=body)


def test_a_retry_does_not_wait(slow: Any, cyd: Any) -> None:
    first = actions.send_message(actor=cyd, conversation=slow, body="one", client_id="a")

    assert actions.send_message(actor=cyd, conversation=slow, body="one", client_id="a") == first


def test_deleting_does_not_end_the_wait(slow: Any, cyd: Any) -> None:
    message = actions.send_message(actor=cyd, conversation=slow, body="one")
    actions.delete_message(actor=cyd, message=message)
    with pytest.raises(TooSoon):
        actions.send_message(actor=cyd, conversation=slow, body="two")


def test_editing_does_not_wait(slow: Any, cyd: Any) -> None:
    message = actions.send_message(actor=cyd, conversation=slow, body="one")

    assert actions.edit_message(actor=cyd, message=message, body="uno").message_body == "uno"


def test_forwarding_waits(slow: Any, cyd: Any) -> None:
    message = actions.send_message(actor=cyd, conversation=slow, body="one")
    with pytest.raises(TooSoon):
        actions.forward_message(actor=cyd, message=message, conversation=slow)


def test_it_ends_when_it_is_switched_off(slow: Any, ada: Any, cyd: Any) -> None:
    actions.send_message(actor=cyd, conversation=slow, body="one")
    actions.update_conversation(actor=ada, conversation=slow, slow_mode_seconds=0)

    assert actions.send_message(actor=cyd, conversation=slow, body="two").seq == 2


def test_what_is_due_waits_as_well(slow: Any, cyd: Any) -> None:
    soon = timezone.now() + timedelta(minutes=1)
    scheduled = actions.schedule_message(actor=cyd, conversation=slow, body="later", send_at=soon)
    message = actions.send_message(actor=cyd, conversation=slow, body="now")
    for seconds, status in ((0, "pending"), (31, "sent")):
        move_back(message, seconds)
        ScheduledMessage.objects.update(due_at=timezone.now())
        done = actions.send_due_message(scheduled=scheduled)
        assert done is not None
        assert done.status == status
