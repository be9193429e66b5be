from __future__ import annotations

from typing import Any

import pytest

from django_convo import actions
from django_convo.exceptions import Denied, NotFound
from django_convo.models import SavedMessage
from tests.people import log_of, row_of
from tests.replay import replayed


@pytest.fixture
def message(group: Any, ada: Any) -> Any:
    return actions.send_message(actor=ada, conversation=group, body="The lamp is lit.")


def saved_by(user: Any) -> list[Any]:
    return list(SavedMessage.objects.filter(user=user).values_list("message", flat=True))


def test_save_keeps_it_for_oneself_once(group: Any, message: Any, bob: Any, cyd: Any) -> None:
    before, moment = len(log_of(group)), row_of(group, bob).updated_at
    with replayed(group):
        actions.save_message(actor=bob, message=message)
        actions.save_message(actor=bob, message=message)
    assert (saved_by(bob), saved_by(cyd)) == ([message.pk], [])
    assert (len(log_of(group)), row_of(group, bob).updated_at) == (before, moment)


def test_unsave_keeps_it_no_longer(group: Any, message: Any, bob: Any, cyd: Any) -> None:
    for user in (bob, cyd):
        actions.save_message(actor=user, message=message)
    before = len(log_of(group))
    actions.unsave_message(actor=bob, message=message)
    actions.unsave_message(actor=bob, message=message)
    assert (saved_by(bob), saved_by(cyd)) == ([], [message.pk])
    assert len(log_of(group)) == before


def test_whoever_sees_it_may_save_it_also_where_nothing_is_added(group: Any, message: Any, ada: Any, cyd: Any) -> None:
    actions.change_role(actor=ada, conversation=group, user=cyd, role="observer")
    actions.close(actor=ada, conversation=group)
    actions.save_message(actor=cyd, message=message)
    assert saved_by(cyd) == [message.pk]


def test_what_is_not_seen_is_not_saved_but_unsaved(
    group: Any, message: Any, cyd: Any, stranger: Any, site_admin: Any
) -> None:
    actions.save_message(actor=cyd, message=message)
    actions.leave(actor=cyd, conversation=group)
    for actor in (cyd, stranger, site_admin):
        with pytest.raises(NotFound):
            actions.save_message(actor=actor, message=message)
    actions.unsave_message(actor=cyd, message=message)
    assert not SavedMessage.objects.exists()


def test_a_deleted_message_is_not_saved(message: Any, ada: Any, bob: Any) -> None:
    actions.delete_message(actor=ada, message=message)
    with pytest.raises(Denied, match="message_deleted"):
        actions.save_message(actor=bob, message=message)
