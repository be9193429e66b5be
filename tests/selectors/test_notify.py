from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from django_convo import actions, events
from django_convo.models import Block, Sanction, get_message_model
from django_convo.policy import Policy
from django_convo.selectors import notify_recipients
from tests.people import make_group, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def people() -> Any:
    return [make_user(name) for name in ("ada", "bob", "cyd", "dan")]


@pytest.fixture
def group(people: Any) -> Any:
    ada, *others = people
    return make_group(ada, *others)


def told(message: Any) -> list[tuple[Any, str]]:
    stored = get_message_model()._default_manager.select_related("conversation").get(pk=message.pk)
    return [(recipient.user, recipient.reason) for recipient in notify_recipients(stored)]


def send(actor: Any, conversation: Any, **options: Any) -> Any:
    return actions.send_message(actor=actor, conversation=conversation, body="Is the lamp lit?", **options)


def level(user: Any, conversation: Any, **options: Any) -> None:
    actions.update_membership(actor=user, conversation=conversation, **options)


def test_everybody_is_told_but_the_sender(group: Any, people: Any) -> None:
    ada, bob, cyd, dan = people
    assert told(send(bob, group)) == [(ada, "message"), (cyd, "message"), (dan, "message")]


def test_a_system_message_is_told_to_all(group: Any, people: Any) -> None:
    assert told(send(None, group)) == [(user, "message") for user in people]


def test_reasons_are_the_nearest(group: Any, people: Any) -> None:
    ada, bob, cyd, dan = people
    root, asked = send(bob, group), send(cyd, group)
    message = send(ada, group, thread_root=root, reply_to=asked, mentions=[cyd])
    assert told(message) == [(bob, "reply"), (cyd, "mention"), (dan, "message")]
    assert told(send(cyd, group, reply_to=message)) == [(ada, "reply"), (bob, "message"), (dan, "message")]
    everyone = send(ada, group, mentions=[actions.EVERYONE])
    assert told(everyone) == [(bob, "mention"), (cyd, "mention"), (dan, "mention")]


def test_levels_are_kept(group: Any, people: Any) -> None:
    ada, bob, cyd, dan = people
    level(bob, group, notify="mentions")
    level(cyd, group, notify="none")
    asked = send(bob, group)
    assert told(send(ada, group)) == [(dan, "message")]
    assert told(send(ada, group, reply_to=asked)) == [(dan, "message")]
    assert told(send(ada, group, mentions=[bob, cyd])) == [(bob, "mention"), (dan, "message")]
    assert told(send(ada, group, mentions=[actions.EVERYONE])) == [(bob, "mention"), (dan, "mention")]


def test_muted_means_nothing_until_then(group: Any, people: Any) -> None:
    ada, bob, cyd, dan = people
    level(bob, group, muted_until=timezone.now() + timedelta(hours=1))
    level(cyd, group, muted_until=timezone.now() - timedelta(hours=1))
    level(dan, group, archived=True)
    assert told(send(ada, group, mentions=[bob])) == [(cyd, "message"), (dan, "message")]


def test_a_block_keeps_it_from_either_side(group: Any, people: Any) -> None:
    ada, bob, cyd, dan = people
    Block.objects.create(blocker=bob, blocked=ada)
    Block.objects.create(blocker=ada, blocked=cyd)
    Block.objects.create(blocker=cyd, blocked=dan)
    assert told(send(ada, group)) == [(dan, "message")]
    assert told(send(None, group)) == [(user, "message") for user in people]


def test_the_banned_and_deactivated_hear_nothing(group: Any, people: Any) -> None:
    ada, bob, cyd, dan = people
    Sanction.objects.create(user=bob, kind="ban")
    Sanction.objects.create(user=cyd, kind="ban", conversation=group)
    assert told(send(ada, group)) == [(dan, "message")]
    Sanction.objects.update(lifted_at=timezone.now())
    Sanction.objects.create(user=dan, kind="ban", expires_at=timezone.now() - timedelta(hours=1))
    Sanction.objects.create(user=bob, kind="mute")
    Sanction.objects.create(user=cyd, kind="ban", conversation=make_group(ada, cyd))
    assert told(send(ada, group)) == [(bob, "message"), (cyd, "message"), (dan, "message")]


def test_the_deactivated_hear_nothing(group: Any, people: Any) -> None:
    ada, bob, cyd, dan = people
    if not hasattr(type(bob), "is_active") or "is_active" not in {field.name for field in bob._meta.fields}:
        pytest.skip("This host's users cannot be deactivated.")
    bob.is_active = False
    bob.save()
    assert told(send(ada, group)) == [(cyd, "message"), (dan, "message")]


@override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS="none")
def test_whoever_may_not_see_it_is_not_told(group: Any, people: Any) -> None:
    ada, bob, cyd, dan = people
    message, newcomer = send(ada, group), make_user("newcomer")
    actions.leave(actor=cyd, conversation=group)
    actions.add_participant(actor=ada, conversation=group, user=newcomer)
    assert told(message) == [(bob, "message"), (dan, "message")]
    assert told(send(ada, group)) == [(bob, "message"), (dan, "message"), (newcomer, "message")]


def test_nobody_is_told_of_what_is_gone(group: Any, people: Any) -> None:
    ada, *_others = people
    deleted, message = send(ada, group), send(ada, group)
    actions.delete_message(actor=ada, message=deleted)
    assert told(deleted) == []
    assert len(told(message)) == 3
    actions.delete_conversation(actor=ada, conversation=group)
    assert told(message) == []


class Quiet(Policy):
    """Shows nobody a message."""

    def visible_messages(self, actor: Any) -> QuerySet[Any]:
        return get_message_model()._default_manager.none()

    def audience(self, conversation: Any, message: Any, user_ids: Any) -> set[Any]:
        return set()


def test_the_policy_says_who_may_see_it(group: Any, people: Any) -> None:
    message = send(people[0], group)
    with override_settings(CONVO_POLICY=f"{__name__}.Quiet"):
        assert told(message) == []


@pytest.mark.parametrize("number", [1, 300])
def test_two_queries_however_many_take_part(number: int) -> None:
    ada, *others = [make_user("member") for _ in range(number + 1)]
    group = make_group(ada, *others)
    message = send(ada, group, mentions=[others[0]])
    stored = get_message_model()._default_manager.select_related("conversation").get(pk=message.pk)
    with CaptureQueriesContext(connection) as queries:
        recipients = notify_recipients(stored)
        names = {str(recipient.user) for recipient in recipients}
    assert len(queries) == 2
    assert (len(recipients), bool(names)) == (number, True)


@pytest.mark.django_db(transaction=True)
def test_a_subscriber_tells_them_after_the_commit() -> None:
    heard: list[tuple[Any, str]] = []

    def tell(event: Any) -> None:
        rows = get_message_model()._default_manager.select_related("conversation")
        message = rows.get(pk=event.payload["message_id"])
        heard.extend((recipient.user.pk, recipient.reason) for recipient in notify_recipients(message))

    ada, bob = make_user("ada"), make_user("bob")
    group = make_group(ada, bob)
    events.subscribe("message.created", tell)
    try:
        send(ada, group)
    finally:
        events.unsubscribe("message.created", tell)
    assert heard == [(bob.pk, "message")]
