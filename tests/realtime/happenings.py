"""Everything durable that may happen in a group, by what it is called: what tests of frames carry out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django_convo import actions
from django_convo.types import EventType
from tests.people import make_group, make_user


@dataclass(kw_only=True)
class World:
    """A group of Ada, who owns it, Bob and Cyd; Ada has said three things, the last in a thread, and Bob one."""

    ada: Any
    bob: Any
    cyd: Any
    newcomer: Any
    group: Any
    messages: list[Any]

    @property
    def first(self) -> Any:
        """What Ada said first."""
        return self.messages[0]


def make_world() -> World:
    ada, bob, cyd, newcomer = (make_user(name) for name in ("ada", "bob", "cyd", "newcomer"))
    group = make_group(ada, bob, cyd, title="before")
    first = actions.send_message(actor=ada, conversation=group, body="one")
    messages = [
        first,
        actions.send_message(actor=ada, conversation=group, body="two", mentions=[bob.pk]),
        actions.send_message(actor=ada, conversation=group, body="three", thread_root=first),
        actions.send_message(actor=bob, conversation=group, body="four", reply_to=first),
    ]
    return World(ada=ada, bob=bob, cyd=cyd, newcomer=newcomer, group=group, messages=messages)


def restore(world: World) -> None:
    actions.delete_message(actor=world.ada, message=world.first)
    actions.restore_message(actor=world.ada, message=world.first)


def reopen(world: World) -> None:
    actions.close(actor=world.ada, conversation=world.group)
    actions.reopen(actor=world.ada, conversation=world.group)


def take_back_reaction(world: World) -> None:
    actions.add_reaction(actor=world.cyd, message=world.first, emoji="👍")
    actions.add_reaction(actor=world.ada, message=world.first, emoji="👍")
    actions.remove_reaction(actor=world.cyd, message=world.first, emoji="👍")


def unpin(world: World) -> None:
    actions.pin_message(actor=world.ada, message=world.first)
    actions.unpin_message(actor=world.ada, message=world.first)


HAPPENINGS: dict[str, Callable[[World], Any]] = {
    EventType.CONVERSATION_UPDATED: lambda w: actions.update_conversation(
        actor=w.ada, conversation=w.group, title="after"
    ),
    EventType.CONVERSATION_CLOSED: lambda w: actions.close(actor=w.ada, conversation=w.group),
    EventType.CONVERSATION_REOPENED: reopen,
    EventType.PARTICIPANT_ADDED: lambda w: actions.add_participant(actor=w.ada, conversation=w.group, user=w.newcomer),
    EventType.PARTICIPANT_REMOVED: lambda w: actions.remove_participant(actor=w.ada, conversation=w.group, user=w.cyd),
    EventType.PARTICIPANT_UPDATED: lambda w: actions.change_role(
        actor=w.ada, conversation=w.group, user=w.cyd, role="moderator"
    ),
    EventType.MESSAGE_CREATED: lambda w: actions.send_message(
        actor=w.ada, conversation=w.group, body="five", client_id="c-5", reply_to=w.first, thread_root=w.first
    ),
    EventType.MESSAGE_UPDATED: lambda w: actions.edit_message(actor=w.ada, message=w.first, body="better"),
    EventType.MESSAGE_DELETED: lambda w: actions.delete_message(actor=w.ada, message=w.first),
    EventType.MESSAGE_RESTORED: restore,
    EventType.REACTION_ADDED: lambda w: actions.add_reaction(actor=w.cyd, message=w.first, emoji="👍"),
    EventType.REACTION_REMOVED: take_back_reaction,
    EventType.MESSAGE_PINNED: lambda w: actions.pin_message(actor=w.ada, message=w.first),
    EventType.MESSAGE_UNPINNED: unpin,
}
# What happens before anybody is there to see it, and what nobody sees afterwards: these have tests of their own.
ELSEWHERE = {EventType.CONVERSATION_CREATED, EventType.CONVERSATION_DELETED}
