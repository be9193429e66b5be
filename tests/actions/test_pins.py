from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import PinnedMessage
from tests.people import log_of
from tests.replay import replayed

ACTIONS = [actions.pin_message, actions.unpin_message]


@pytest.fixture
def message(group: Any, ada: Any) -> Any:
    return actions.send_message(actor=ada, conversation=group, body="The lamp is lit.")


def pins_of(conversation: Any) -> list[tuple[Any, Any]]:
    rows = PinnedMessage.objects.filter(conversation=conversation.pk).order_by("pk")
    return list(rows.values_list("message", "pinned_by"))


def test_pin_keeps_it_in_view_once(group: Any, message: Any, bob: Any, cyd: Any) -> None:
    before = len(log_of(group))
    with replayed(group):
        actions.pin_message(actor=cyd, message=message)
        actions.pin_message(actor=bob, message=message)
    assert pins_of(group) == [(message.pk, cyd.pk)]
    assert log_of(group, after=before) == [("message.pinned", cyd.pk, 1, {"message_id": str(message.pk)})]


def test_unpin_takes_it_off_whoever_pinned(group: Any, message: Any, bob: Any, cyd: Any) -> None:
    actions.pin_message(actor=cyd, message=message)
    before = len(log_of(group))
    with replayed(group):
        actions.unpin_message(actor=bob, message=message)
        actions.unpin_message(actor=cyd, message=message)
    assert pins_of(group) == []
    assert log_of(group, after=before) == [("message.unpinned", bob.pk, 1, {"message_id": str(message.pk)})]


def test_the_host_pins_too(group: Any, message: Any) -> None:
    with replayed(group):
        actions.pin_message(actor=None, message=message)
    assert pins_of(group) == [(message.pk, None)]
    actions.unpin_message(actor=None, message=message)
    assert [entry[:2] for entry in log_of(group, after=2)] == [("message.pinned", None), ("message.unpinned", None)]


@override_settings(CONVO_MAX_PINS=2)
def test_a_conversation_has_a_few_pins(group: Any, message: Any, ada: Any) -> None:
    others = [actions.send_message(actor=ada, conversation=group, body=body) for body in ("two", "three")]
    for pinned in (message, others[0]):
        actions.pin_message(actor=ada, message=pinned)
    before = len(log_of(group))
    with pytest.raises(Invalid, match="too_many_pins"):
        actions.pin_message(actor=ada, message=others[1])
    actions.pin_message(actor=ada, message=message)
    assert len(log_of(group)) == before
    actions.unpin_message(actor=ada, message=message)
    actions.pin_message(actor=ada, message=others[1])
    assert [key for key, _user in pins_of(group)] == [item.pk for item in others]


@pytest.mark.parametrize("action", ACTIONS, ids=["pin", "unpin"])
def test_pinning_is_for_those_who_see_and_may(
    group: Any, message: Any, ada: Any, cyd: Any, stranger: Any, site_admin: Any, action: Any
) -> None:
    for actor in (stranger, site_admin):
        with pytest.raises(NotFound):
            action(actor=actor, message=message)
    actions.change_role(actor=ada, conversation=group, user=cyd, role="observer")
    with pytest.raises(Denied, match="permission_denied"):
        action(actor=cyd, message=message)
    actions.close(actor=ada, conversation=group)
    with pytest.raises(Denied, match="conversation_closed"):
        action(actor=ada, message=message)


def test_a_deleted_message_is_pinned_no_longer(group: Any, message: Any, ada: Any) -> None:
    actions.pin_message(actor=ada, message=message)
    with replayed(group):
        actions.delete_message(actor=ada, message=message)
    assert pins_of(group) == []
    with pytest.raises(Denied, match="message_deleted"):
        actions.pin_message(actor=ada, message=message)
    before = len(log_of(group))
    actions.unpin_message(actor=ada, message=message)
    assert len(log_of(group)) == before


def test_a_pin_stays_when_whoever_pinned_is_gone(group: Any, message: Any, cyd: Any) -> None:
    actions.pin_message(actor=cyd, message=message)
    with replayed(group):
        cyd.delete()
    assert pins_of(group) == [(message.pk, None)]
