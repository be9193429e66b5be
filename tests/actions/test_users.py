"""A host's own `user.delete()`: leaving everywhere, with the log whole and ownership handed on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model

from django_convo import actions
from django_convo.models import Departure, Event, Participant, get_conversation_model, get_message_model
from tests.actions.test_messages import send
from tests.people import bodies_of, json_key, log_of, make_direct, make_group, make_user, row_of, unread_of
from tests.recount import assert_counts, assert_has_owner
from tests.replay import replayed


@contextmanager
def proxy_of(model: Any) -> Iterator[Any]:
    """Make a proxy as a host's app would have it when the project starts, and take it out of the registry again."""
    meta = type("Meta", (), {"proxy": True, "app_label": model._meta.app_label})
    proxy = type("Landlord", (model,), {"Meta": meta, "__module__": __name__})
    try:
        apps.get_app_config("django_convo").ready()
        yield proxy
    finally:
        del apps.all_models[model._meta.app_label][proxy._meta.model_name]
        apps.clear_cache()


def test_delete_takes_the_user_out_and_hands_ownership_on(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    send(ada, group, "mine")
    key, payload = ada.pk, json_key(ada)
    with replayed(group):
        ada.delete()
    assert log_of(group, after=2) == [
        ("participant.removed", None, None, {"user": payload}),
        ("participant.updated", None, None, {"user": json_key(bob), "role": "owner"}),
    ]
    assert not Participant.objects.filter(user_id=key).exists()
    assert get_conversation_model()._default_manager.get(pk=group.pk).participant_count == 2
    assert not Departure.objects.exists()
    assert_has_owner(group.pk)


def test_delete_keeps_the_messages_without_their_sender(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    send(ada, group, "by ada")
    send(bob, group, "by bob")
    bob.delete()
    assert bodies_of(group) == ["by ada", "by bob"]
    assert [item.sender_id for item in get_message_model()._default_manager.order_by("seq")] == [ada.pk, None]
    assert [unread_of(group, user) for user in (ada, cyd)] == [1, 2]
    # What a user who is gone had sent still counts, also after a recount.
    actions.mark_unread(actor=cyd, conversation=group, seq=1)
    assert unread_of(group, cyd) == 2
    assert_counts(group.pk)


def test_delete_leaves_the_log_whole_for_everyone_who_stays(group: Any, bob: Any) -> None:
    send(bob, group)
    actions.update_conversation(actor=bob, conversation=group, topic="by bob")
    bob.delete()
    assert [entry[1] for entry in log_of(group)][1:] == [None, None, None]
    assert_counts(group.pk)


def test_delete_of_the_last_one_closes(ada: Any) -> None:
    group = make_group(ada)
    ada.delete()
    stored = get_conversation_model()._default_manager.get(pk=group.pk)
    assert (stored.is_closed, stored.participant_count, stored.created_by) == (True, 0, None)
    assert [entry[0] for entry in log_of(group, after=1)] == ["participant.removed", "conversation.closed"]
    assert_counts(group.pk)


def test_delete_leaves_a_direct_to_the_other(direct: Any, ada: Any, bob: Any) -> None:
    send(ada, direct, "bye")
    ada.delete()
    assert get_conversation_model()._default_manager.get(pk=direct.pk).participant_count == 1
    assert unread_of(direct, bob) == 1
    assert [entry[0] for entry in log_of(direct, after=2)] == ["participant.removed"]
    assert_counts(direct.pk)


def test_delete_of_many_by_queryset_takes_the_same_way(group: Any, ada: Any, bob: Any, cyd: Any) -> None:
    other = make_group(bob, ada, kind="channel")
    make_direct(ada, bob)
    get_user_model()._default_manager.filter(pk__in=[ada.pk, bob.pk]).delete()
    assert row_of(group, cyd).role == "owner"
    assert get_conversation_model()._default_manager.get(pk=other.pk).is_closed
    for conversation in get_conversation_model()._default_manager.all():
        assert_counts(conversation.pk)


def test_delete_by_a_proxy_of_the_user_model_takes_the_same_way(group: Any, ada: Any, bob: Any) -> None:
    with proxy_of(type(ada)) as proxy:
        proxy._default_manager.get(pk=ada.pk).delete()
    assert row_of(group, bob).role == "owner"
    assert_counts(group.pk)


def test_delete_of_a_user_who_is_nowhere_writes_no_event(group: Any, stranger: Any) -> None:
    stranger.delete()
    assert Event.objects.count() == 1


def test_delete_reaches_closed_and_deleted_conversations(group: Any, ada: Any, cyd: Any) -> None:
    closed = make_group(ada, cyd)
    actions.close(actor=ada, conversation=closed)
    actions.delete_conversation(actor=ada, conversation=group)
    cyd.delete()
    for conversation in (closed, group):
        assert_counts(conversation.pk)


def test_forget_user_twice_changes_nothing(group: Any, cyd: Any) -> None:
    actions.forget_user(user=cyd)
    actions.forget_user(user=cyd)
    assert [entry[0] for entry in log_of(group, after=1)] == ["participant.removed"]
    user = make_user("late")
    actions.forget_user(user=user)
    assert len(log_of(group)) == 2
