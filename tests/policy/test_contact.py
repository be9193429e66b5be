"""Whom one may be brought together with is asked for each pair, at every door."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from django.test import override_settings

from django_convo import actions
from django_convo.exceptions import Denied, InvalidReference
from django_convo.models import Event, get_conversation_model
from django_convo.policy import Policy
from django_convo.policy import capabilities as c
from tests.people import make_group, make_user


class Pairs(Policy):
    """People may be brought together only in the pairs that are listed; notes whom it was asked about."""

    friends: set[frozenset[Any]] = set()
    asked: list[frozenset[Any]] = []

    def can(self, actor: Any, capability: str, *, users: Iterable[Any] = (), **kwargs: Any) -> bool:
        if capability == c.CONTACT:
            pairs = [frozenset({actor.pk, user.pk}) for user in users]
            type(self).asked.extend(pairs)
            return all(pair in self.friends for pair in pairs)
        return super().can(actor, capability, users=users, **kwargs)


class SayingWhy(Pairs):
    def can(self, actor: Any, capability: str, **kwargs: Any) -> bool:
        if not super().can(actor, capability, **kwargs):
            raise Denied("no_booking", "Book something first.")
        return True


@pytest.fixture
def dan(db: None) -> Any:
    return make_user("dan")


@pytest.fixture(autouse=True)
def _pairs() -> Any:
    Pairs.friends, Pairs.asked = set(), []
    with override_settings(CONVO_POLICY="tests.policy.test_contact.Pairs"):
        yield


def befriend(*people: Any) -> None:
    Pairs.friends |= {frozenset({one.pk, two.pk}) for one in people for two in people if one != two}
    Pairs.asked.clear()


def pair(one: Any, two: Any) -> frozenset[Any]:
    return frozenset({one.pk, two.pk})


def test_a_direct_needs_the_pair(ada: Any, bob: Any) -> None:
    for kind in (None, "direct", "group"):
        with pytest.raises(InvalidReference):
            actions.create_conversation(actor=ada, participants=[bob], kind=kind)
    assert get_conversation_model()._default_manager.count() == 0
    befriend(ada, bob)
    assert actions.create_conversation(actor=ada, participants=[bob])[1]
    assert Pairs.asked == [pair(ada, bob)]


def test_a_group_needs_every_pair_once_also_those_among_the_invited(ada: Any, bob: Any, cyd: Any, dan: Any) -> None:
    befriend(ada, bob, cyd)
    befriend(ada, bob, dan)
    with pytest.raises(InvalidReference):
        make_group(ada, bob, cyd, dan)
    assert pair(cyd, dan) in Pairs.asked
    befriend(cyd, dan)
    make_group(ada, bob, cyd, dan)
    assert sorted(map(sorted, Pairs.asked)) == sorted(
        sorted(pair(one, two)) for one, two in [(ada, bob), (ada, cyd), (ada, dan), (bob, cyd), (bob, dan), (cyd, dan)]
    )


def test_adding_needs_a_pair_with_each_who_is_there(ada: Any, bob: Any, cyd: Any) -> None:
    befriend(ada, bob)
    group = make_group(ada, bob)
    befriend(ada, cyd)
    with pytest.raises(InvalidReference):
        actions.add_participant(actor=ada, conversation=group, user=cyd)
    befriend(bob, cyd)
    actions.add_participant(actor=ada, conversation=group, user=cyd)
    assert sorted(map(sorted, Pairs.asked)) == sorted([sorted(pair(ada, cyd)), sorted(pair(bob, cyd))])
    # Who is there already is brought together with nobody.
    Pairs.friends.clear()
    actions.add_participant(actor=ada, conversation=group, user=cyd)


def test_joining_needs_a_pair_with_each_who_is_there(ada: Any, bob: Any, cyd: Any) -> None:
    befriend(ada, bob)
    channel = make_group(ada, bob, kind="channel")
    befriend(ada, cyd)
    with pytest.raises(InvalidReference):
        actions.join(actor=cyd, conversation=channel)
    befriend(bob, cyd)
    assert actions.join(actor=cyd, conversation=channel).participant_count == 3
    Pairs.friends.clear()
    actions.join(actor=cyd, conversation=channel)


def test_an_existing_direct_is_found_without_being_asked(ada: Any, bob: Any) -> None:
    befriend(ada, bob)
    first, _ = actions.create_conversation(actor=ada, participants=[bob])
    Pairs.friends.clear()
    assert actions.create_conversation(actor=bob, participants=[ada])[0].pk == first.pk


def test_the_host_itself_brings_anyone_together(ada: Any, bob: Any, cyd: Any) -> None:
    group, _ = actions.create_conversation(actor=None, participants=[ada, bob], kind="group")
    actions.add_participant(actor=None, conversation=group, user=cyd)
    assert Pairs.asked == []


def test_a_refusal_tells_no_more_than_an_unknown_id_would(ada: Any, bob: Any, cyd: Any) -> None:
    befriend(ada, bob)
    group = make_group(ada, bob)
    with override_settings(CONVO_POLICY="tests.policy.test_contact.SayingWhy"):
        for refused in (
            lambda: actions.create_conversation(actor=ada, participants=[cyd]),
            lambda: actions.add_participant(actor=ada, conversation=group, user=cyd),
        ):
            with pytest.raises(InvalidReference) as raised:
                refused()
            assert raised.value.code == "invalid_reference"
    assert Event.objects.count() == 1


class Noting(Policy):
    """Allows everything, and notes what the subject was."""

    seen: list[tuple[str, Any]] = []

    def can(self, actor: Any, capability: str, *, subject: Any = None, **kwargs: Any) -> bool:
        self.seen.append((capability, subject))
        return True


def test_the_subject_is_handed_to_the_policy(ada: Any, bob: Any) -> None:
    Noting.seen.clear()
    with override_settings(CONVO_POLICY="tests.policy.test_contact.Noting"):
        actions.create_conversation(actor=ada, participants=[bob], subject=bob)
    assert Noting.seen == [(c.CREATE_DIRECT, bob), (c.CONTACT, bob)]
