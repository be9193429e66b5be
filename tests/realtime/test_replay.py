"""Stale state + the frames of a socket = fresh state, for everything that happens, one's own state included."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from django_convo import actions
from django_convo.testing.sockets import SocketClient, call
from tests.realtime.conftest import run
from tests.realtime.following import Follower
from tests.realtime.happenings import HAPPENINGS, World, make_world
from tests.replay import Client


def archive_and_hear(world: World) -> None:
    actions.update_membership(actor=world.bob, conversation=world.group, archived=True)
    actions.send_message(actor=world.ada, conversation=world.group, body="back again")


# What moves one's own state: Bob's, in each of these.
OWN: dict[str, Callable[[World], Any]] = {
    "read": lambda w: actions.mark_read(actor=w.bob, conversation=w.group),
    "read to the middle": lambda w: actions.mark_read(actor=w.bob, conversation=w.group, seq=2),
    "unread": lambda w: actions.mark_unread(actor=w.bob, conversation=w.group, seq=1),
    "delivered": lambda w: actions.mark_delivered(actor=w.bob, conversation=w.group, seq=2),
    "archive": lambda w: actions.update_membership(actor=w.bob, conversation=w.group, archived=True),
    "archive and hear": archive_and_hear,
    "pin": lambda w: actions.update_membership(actor=w.bob, conversation=w.group, pinned=True),
    "mute": lambda w: actions.update_membership(
        actor=w.bob, conversation=w.group, muted_until=timezone.now() + timedelta(days=1)
    ),
    "notify": lambda w: actions.update_membership(actor=w.bob, conversation=w.group, notify="none"),
    "draft": lambda w: actions.save_draft(actor=w.bob, conversation=w.group, body="hm"),
    "mention": lambda w: actions.send_message(actor=w.ada, conversation=w.group, body="you", mentions=[w.bob.pk]),
    "mention all": lambda w: actions.send_message(
        actor=w.ada, conversation=w.group, body="all", mentions=["everyone"]
    ),
    "edit that names nobody any more": lambda w: actions.edit_message(actor=w.ada, message=w.messages[1], body="-"),
    "one's own send": lambda w: actions.send_message(actor=w.bob, conversation=w.group, body="mine"),
    "delete an unread message": lambda w: actions.delete_message(actor=w.ada, message=w.messages[1]),
    "one's own role": lambda w: actions.change_role(actor=w.ada, conversation=w.group, user=w.bob, role="moderator"),
    "erasure": lambda w: actions.erase_user(actor=None, user=w.ada, keep_account=True),
    "a user goes": lambda w: w.cyd.delete(),
}


@pytest.mark.parametrize("happen", HAPPENINGS.values(), ids=HAPPENINGS)
def test_stale_state_and_frames_are_the_fresh_state(
    transactional_db: None, no_sweep: None, happen: Callable[[World], Any]
) -> None:
    assert_caught_up_by_frames(happen)


@pytest.mark.parametrize("happen", OWN.values(), ids=OWN)
def test_stale_own_state_and_frames_are_the_fresh_state_in_a_large_conversation(
    transactional_db: None, no_sweep: None, settings: Any, happen: Callable[[World], Any]
) -> None:
    settings.CONVO_LARGE_CONVERSATION = 1
    assert_caught_up_by_frames(happen)


def assert_caught_up_by_frames(happen: Callable[[World], Any]) -> None:
    """Assert it of the one who acts and of another member, and that the same frames once more change nothing."""
    world = make_world()
    clients = [Client(user, world.group.pk) for user in (world.ada, world.bob)]

    async def test() -> None:
        async with SocketClient(world.ada) as ada, SocketClient(world.bob) as bob:
            followers = [Follower(socket, client) for socket, client in zip((ada, bob), clients, strict=True)]
            await call(happen, world)
            for follower in followers:
                await follower.catch_up()
                for frame in follower.socket.frames:
                    follower.apply(frame)
                await follower.catch_up()

    run(test())
