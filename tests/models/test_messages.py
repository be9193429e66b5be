from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from django_convo import actions
from django_convo.models import get_message_model
from django_convo.models.messages import EXCERPT_LENGTH


def manager() -> Any:
    return get_message_model()._default_manager


def test_counted_are_live_messages_by_users_by_others(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    for actor, body in ((ada, "own"), (bob, "other"), (None, "system"), (bob, "deleted"), (cyd, "gone")):
        actions.send_message(actor=actor, conversation=group, body=body)
    manager().filter(message_body="deleted").update(deleted_at=timezone.now(), message_body="")
    cyd.delete()
    counted = manager().counted(ada).order_by("seq")
    assert [message.message_body for message in counted] == ["other", "gone"]


@pytest.mark.parametrize("values", [{"seq": 1}, {"seq": 3, "client_id": "1"}, {"seq": 0}, {"seq": 3, "count_seq": -1}])
def test_the_database_refuses_a_second_number_or_client_id(group: Any, ada: Any, values: dict[str, Any]) -> None:
    actions.send_message(actor=ada, conversation=group, body="one", client_id="1")
    row = {"sender": ada, "count_seq": 2, "message_body": "two"} | values
    with pytest.raises(IntegrityError), transaction.atomic():
        manager().create(conversation_id=group.pk, **row)


def test_the_same_client_id_is_free_elsewhere(group: Any, direct: Any, ada: Any, bob: Any) -> None:
    for number, (conversation, sender) in enumerate([(group, ada), (group, bob), (group, None), (direct, ada)]):
        manager().create(
            conversation_id=conversation.pk, sender=sender, client_id="1", seq=number + 1, count_seq=number + 1
        )
    manager().create(conversation_id=group.pk, sender=ada, client_id=None, seq=8, count_seq=8)
    manager().create(conversation_id=group.pk, sender=ada, client_id=None, seq=9, count_seq=9)
    assert manager().count() == 6


def test_an_excerpt_is_the_beginning(group: Any, ada: Any) -> None:
    message = actions.send_message(actor=ada, conversation=group, body="é" * (EXCERPT_LENGTH + 1))
    assert message.excerpt == "é" * EXCERPT_LENGTH
    assert str(message) == f"1 in {group.pk}"
    assert not message.is_deleted


def test_a_messages_sender_and_quote_may_go_but_not_the_message(group: Any, ada: Any, bob: Any) -> None:
    question = actions.send_message(actor=ada, conversation=group, body="?")
    answer = actions.send_message(actor=bob, conversation=group, body="!", reply_to=question)
    manager().filter(pk=question.pk).delete()
    assert manager().get(pk=answer.pk).reply_to is None
    bob.delete()
    assert manager().get(pk=answer.pk).sender is None
