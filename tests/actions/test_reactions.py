from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from django_convo import actions
from django_convo.exceptions import Denied, Invalid, NotFound
from django_convo.models import Block, Reaction
from tests.people import json_key, log_of, make_user
from tests.replay import replayed


@pytest.fixture
def message(group: Any, ada: Any) -> Any:
    return actions.send_message(actor=ada, conversation=group, body="The lamp is lit.")


def reactions_of(message: Any) -> list[tuple[str, Any]]:
    return list(Reaction.objects.filter(message=message.pk).order_by("pk").values_list("emoji", "user"))


def test_add_reacts_once(group: Any, message: Any, ada: Any, bob: Any, cyd: Any) -> None:
    before = len(log_of(group))
    with replayed(group):
        actions.add_reaction(actor=bob, message=message, emoji="👍")
        actions.add_reaction(actor=cyd, message=message, emoji="👍")
        actions.add_reaction(actor=bob, message=message, emoji="🎉")
        actions.add_reaction(actor=bob, message=message, emoji="👍")
        actions.add_reaction(actor=ada, message=message, emoji="👍")
    assert reactions_of(message) == [("👍", bob.pk), ("👍", cyd.pk), ("🎉", bob.pk), ("👍", ada.pk)]
    assert log_of(group, after=before) == [
        ("reaction.added", user.pk, 1, {"message_id": str(message.pk), "emoji": emoji, "user": json_key(user)})
        for user, emoji in ((bob, "👍"), (cyd, "👍"), (bob, "🎉"), (ada, "👍"))
    ]


def test_remove_takes_ones_own_back(group: Any, message: Any, bob: Any, cyd: Any) -> None:
    for user in (bob, cyd):
        actions.add_reaction(actor=user, message=message, emoji="👍")
    before = len(log_of(group))
    with replayed(group):
        actions.remove_reaction(actor=bob, message=message, emoji="👍")
        actions.remove_reaction(actor=bob, message=message, emoji="👍")
        actions.remove_reaction(actor=cyd, message=message, emoji="🎉")
        actions.remove_reaction(actor=cyd, message=message, emoji="nothing that is one")
    assert reactions_of(message) == [("👍", cyd.pk)]
    assert log_of(group, after=before) == [
        ("reaction.removed", bob.pk, 1, {"message_id": str(message.pk), "emoji": "👍", "user": json_key(bob)})
    ]


def test_spellings_of_an_emoji_are_one(message: Any, bob: Any) -> None:
    for emoji in ("❤", "❤\ufe0f"):
        actions.add_reaction(actor=bob, message=message, emoji=emoji)
    assert reactions_of(message) == [("❤\ufe0f", bob.pk)]
    actions.remove_reaction(actor=bob, message=message, emoji="❤")
    assert reactions_of(message) == []


def test_tones_and_similar_emoji_are_different(message: Any, bob: Any) -> None:
    emoji = ["👍", "👍🏻", "👍🏿", "🧑", "👩", "🇫🇷", "🇷🇪", "1️⃣", "2️⃣"]
    for text in emoji:
        actions.add_reaction(actor=bob, message=message, emoji=text)
    assert [text for text, _user in reactions_of(message)] == emoji


@pytest.mark.parametrize("emoji", ["", "yes", "👍👍", "👍\x00", "\ud800", "x" * 65, 1, None])
def test_what_is_no_emoji_is_refused(group: Any, message: Any, bob: Any, emoji: Any) -> None:
    before = len(log_of(group))
    with pytest.raises(Invalid, match="invalid_emoji"):
        actions.add_reaction(actor=bob, message=message, emoji=emoji)
    assert (reactions_of(message), len(log_of(group))) == ([], before)


@pytest.mark.parametrize("emoji", ["", "👍\x00", "\ud800", "x" * 65, 1, None])
def test_remove_refuses_what_no_reaction_can_be(message: Any, bob: Any, emoji: Any) -> None:
    with pytest.raises(Invalid, match="invalid_emoji"):
        actions.remove_reaction(actor=bob, message=message, emoji=emoji)


@override_settings(CONVO_REACTIONS=["👍", ":party:", "❤"])
def test_a_host_names_its_own_set(message: Any, bob: Any) -> None:
    for emoji in (":party:", "❤", "👍"):
        actions.add_reaction(actor=bob, message=message, emoji=emoji)
    for emoji in ("🎉", ":other:", "❤\ufe0f"):
        with pytest.raises(Invalid, match="invalid_emoji"):
            actions.add_reaction(actor=bob, message=message, emoji=emoji)
    assert [text for text, _user in reactions_of(message)] == [":party:", "❤", "👍"]
    with override_settings(CONVO_REACTIONS=["👍"]):
        actions.remove_reaction(actor=bob, message=message, emoji=":party:")
        actions.remove_reaction(actor=bob, message=message, emoji="❤")
    assert [text for text, _user in reactions_of(message)] == ["👍"]


@override_settings(CONVO_REACTIONS=["x" * 65])
def test_a_text_of_the_host_that_no_column_holds_is_refused(message: Any, bob: Any) -> None:
    with pytest.raises(Invalid, match="invalid_emoji"):
        actions.add_reaction(actor=bob, message=message, emoji="x" * 65)


@override_settings(CONVO_MAX_REACTIONS=2)
def test_a_message_has_a_few_different_reactions_from_anyone(message: Any, bob: Any, cyd: Any) -> None:
    for emoji in ("👍", "🎉"):
        actions.add_reaction(actor=bob, message=message, emoji=emoji)
    with pytest.raises(Invalid, match="too_many_reactions"):
        actions.add_reaction(actor=cyd, message=message, emoji="🙂")
    actions.add_reaction(actor=cyd, message=message, emoji="👍")
    actions.remove_reaction(actor=bob, message=message, emoji="🎉")
    actions.add_reaction(actor=cyd, message=message, emoji="🙂")
    assert reactions_of(message) == [("👍", bob.pk), ("👍", cyd.pk), ("🙂", cyd.pk)]


@pytest.mark.parametrize("action", [actions.add_reaction, actions.remove_reaction], ids=["add", "remove"])
def test_reacting_is_for_those_who_see_and_may(
    group: Any, message: Any, ada: Any, bob: Any, cyd: Any, stranger: Any, site_admin: Any, action: Any
) -> None:
    actions.add_reaction(actor=bob, message=message, emoji="👍")
    for actor in (stranger, site_admin):
        with pytest.raises(NotFound):
            action(actor=actor, message=message, emoji="👍")
    actions.change_role(actor=ada, conversation=group, user=cyd, role="observer")
    with pytest.raises(Denied, match="permission_denied"):
        action(actor=cyd, message=message, emoji="👍")
    actions.close(actor=ada, conversation=group)
    with pytest.raises(Denied, match="conversation_closed"):
        action(actor=bob, message=message, emoji="👍")
    assert reactions_of(message) == [("👍", bob.pk)]


@pytest.mark.parametrize("action", [actions.add_reaction, actions.remove_reaction], ids=["add", "remove"])
def test_a_deleted_message_takes_none(message: Any, ada: Any, bob: Any, action: Any) -> None:
    actions.add_reaction(actor=bob, message=message, emoji="👍")
    actions.delete_message(actor=ada, message=message)
    with pytest.raises(Denied, match="message_deleted"):
        action(actor=bob, message=message, emoji="👍")


def test_reactions_are_back_when_a_deletion_is_undone(group: Any, message: Any, ada: Any, bob: Any) -> None:
    actions.add_reaction(actor=bob, message=message, emoji="👍")
    with replayed(group):
        actions.delete_message(actor=ada, message=message)
    with replayed(group):
        actions.restore_message(actor=ada, message=message)
    assert reactions_of(message) == [("👍", bob.pk)]


def test_blocked_people_do_not_react_to_each_other(direct: Any, ada: Any, bob: Any) -> None:
    message = actions.send_message(actor=ada, conversation=direct, body="Hello")
    Block.objects.create(blocker=ada, blocked=bob)
    for actor in (ada, bob):
        with pytest.raises(Denied, match="permission_denied"):
            actions.add_reaction(actor=actor, message=message, emoji="👍")


def test_reactions_of_a_user_who_is_gone_count_on(group: Any, message: Any, bob: Any, cyd: Any) -> None:
    for user in (bob, cyd):
        actions.add_reaction(actor=user, message=message, emoji="👍")
    with replayed(group):
        cyd.delete()
    assert reactions_of(message) == [("👍", bob.pk), ("👍", None)]


def test_reactions_of_one_who_left_count_on(group: Any, message: Any, cyd: Any) -> None:
    actions.add_reaction(actor=cyd, message=message, emoji="👍")
    actions.leave(actor=cyd, conversation=group)
    with replayed(group):
        cyd.delete()
    assert reactions_of(message) == [("👍", None)]
    # Whoever comes later is not taken for them.
    newcomer = make_user("newcomer")
    actions.add_participant(actor=None, conversation=group, user=newcomer)
    actions.add_reaction(actor=newcomer, message=message, emoji="👍")
    assert reactions_of(message) == [("👍", None), ("👍", newcomer.pk)]
