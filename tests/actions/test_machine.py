"""Every action in any order: each counter equals its recount, and each stale client catches up, after each step."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from django_convo import actions
from django_convo.actions import maintenance
from django_convo.exceptions import Conflict, ConvoError, Denied, InvalidReference
from django_convo.models import (
    Event,
    Participant,
    Sanction,
    ScheduledMessage,
    get_conversation_model,
    get_message_model,
)
from tests.people import make_user
from tests.recount import assert_counts, assert_has_owner
from tests.replay import Client, assert_caught_up

# Servers pay a round trip for each of the many statements.
EXAMPLES = 20 if os.environ.get("CONVO_TEST_DATABASE", "sqlite") == "sqlite" else 10
STEPS = 30
MOST_CONVERSATIONS = 4

numbers = st.integers(min_value=0, max_value=11)
people = st.integers(min_value=0, max_value=9)
rooms = st.integers(min_value=0, max_value=MOST_CONVERSATIONS - 1)
roles = st.sampled_from(["owner", "moderator", "member", "observer"])
bodies = st.sampled_from(["hello", "again", "👋 x", "line\nbreak"])
client_ids = st.sampled_from([None, None, "x", "x "])


class Conversations(RuleBasedStateMachine):
    """Five users, one of them a site administrator, and up to four conversations."""

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.stack.enter_context(transaction.atomic())
        # At the end, so that each run begins with nothing.
        self.stack.callback(transaction.set_rollback, True)
        self.users = [make_user(f"user{number}", is_admin=number == 4) for number in range(5)]
        self.rooms: list[Any] = []
        self.with_owner: set[Any] = set()
        self.clients: dict[tuple[Any, Any], Client] = {}
        # What each `client_id` has sent; a body of None is known to nobody any more.
        self.sent: dict[tuple[Any, Any, str], tuple[Any, str | None]] = {}
        self.oldest: dict[Any, int] = {}
        self.gone: set[str] = set()
        self.touched: set[Any] = set()

    def teardown(self) -> None:
        self.stack.close()

    @initialize(history=st.sampled_from(["all", "none"]), kind=st.sampled_from(["group", "channel"]))
    def begin(self, history: str, kind: str) -> None:
        """Choose what newcomers see, and make a conversation: without one, most steps would do nothing."""
        self.history = history
        self.stack.enter_context(override_settings(CONVO_HISTORY_FOR_NEW_PARTICIPANTS=history))
        first, *others = self.users[:4]
        self.started(actions.create_conversation(actor=first, participants=others, kind=kind, body="first")[0])

    # Choosing whom and what, so that most steps are allowed and some are not.

    def person(self, number: int, room: Any = None) -> Any:
        """Return one of the users, for even numbers one of those in the room."""
        if room is not None and number % 2 == 0:
            rows = Participant.objects.filter(conversation=room).select_related("user").order_by("pk")
            inside = [row.user for row in rows]
            if inside:
                return inside[number // 2 % len(inside)]
        return self.users[number // 2 % len(self.users)]

    def room(self, number: int) -> Any:
        return get_conversation_model()._default_manager.get(pk=self.rooms[number % len(self.rooms)])

    def attempt(self, room: Any, action: Callable[[], Any]) -> Any:
        """Act; a refusal leaves everything as it was."""
        self.touched.add(room.pk)
        before = self.footprint(room.pk)
        with suppress(ConvoError), transaction.atomic():
            return action()
        assert self.footprint(room.pk) == before
        return None

    def footprint(self, key: Any) -> Any:
        row = get_conversation_model()._default_manager.filter(pk=key).values().first()
        return row, list(Participant.objects.filter(conversation=key).order_by("pk").values())

    def started(self, room: Any) -> None:
        if room.pk not in self.rooms:
            self.rooms.append(room.pk)
        self.touched.add(room.pk)

    # The actions.

    @rule(actor=people, others=st.lists(people, max_size=3), kind=st.sampled_from(["group", "channel"]), role=roles)
    def create(self, actor: int, others: list[int], kind: str, role: str) -> None:
        if len(self.rooms) < MOST_CONVERSATIONS:
            invited = [self.person(number) for number in others]
            given = {user.pk: role for user in invited[:1]}
            by = None if actor == 9 else self.person(actor)
            # Two who are kept apart are not brought together.
            with suppress(InvalidReference), transaction.atomic():
                self.started(
                    actions.create_conversation(actor=by, participants=invited, kind=kind, roles=given, body="first")[
                        0
                    ]
                )

    @rule(actor=people, other=people, body=st.none() | bodies)
    def create_direct(self, actor: int, other: int, body: str | None) -> None:
        one, two = self.person(actor), self.person(other)
        if one != two and len(self.rooms) < MOST_CONVERSATIONS:
            # Refused as any contact is, or, where there is one already, as any message is.
            with suppress(InvalidReference, Denied), transaction.atomic():
                room, is_new = actions.create_conversation(actor=one, participants=[two], body=body)
                assert is_new == (room.pk not in self.rooms)
                self.started(room)

    @rule(room=rooms, actor=people, body=bodies, client_id=client_ids, answered=numbers)
    def send(self, room: int, actor: int, body: str, client_id: str | None, answered: int) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        by = None if actor == 9 else self.person(actor, conversation.pk)
        key = (conversation.pk, None if by is None else by.pk, client_id or "")
        known = self.sent.get(key) if client_id else None
        reply_to = None
        if client_id is None:
            reply_to = get_message_model()._default_manager.filter(conversation=conversation.pk, seq=answered).first()
        is_conflict = known is not None and known[1] != body and conversation.deleted_at is None
        message = self.attempt(
            conversation,
            lambda: self.expect(
                Conflict if is_conflict else None,
                actions.send_message,
                actor=by,
                conversation=conversation,
                body=body,
                client_id=client_id,
                reply_to=reply_to,
            ),
        )
        if message is not None and client_id:
            if known:
                assert (message.pk, message.was_created) == (known[0], False)
            else:
                assert message.was_created
                self.sent[key] = (message.pk, body)

    def expect(self, error: type[ConvoError] | None, action: Callable[..., Any], **arguments: Any) -> Any:
        if error is None:
            return action(**arguments)
        with pytest.raises(error):
            action(**arguments)
        return None

    @rule(room=rooms, actor=people, seq=st.none() | numbers)
    def mark_read(self, room: int, actor: int, seq: int | None) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        by = self.person(actor, conversation.pk)
        before = Participant.objects.filter(conversation=conversation.pk, user=by).first()
        row = self.attempt(conversation, lambda: actions.mark_read(actor=by, conversation=conversation, seq=seq))
        if row is not None:
            last = conversation.last_seq
            assert row.last_read_seq == max(before.last_read_seq, last if seq is None else min(seq, last))

    @rule(room=rooms, actor=people, seq=numbers)
    def mark_unread(self, room: int, actor: int, seq: int) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        by = self.person(actor, conversation.pk)
        row = self.attempt(conversation, lambda: actions.mark_unread(actor=by, conversation=conversation, seq=seq))
        if row is not None:
            assert row.last_read_seq == min(seq - 1, conversation.last_seq)

    @rule(room=rooms, actor=people, user=people, role=roles)
    def add(self, room: int, actor: int, user: int, role: str) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        by, added = self.person(actor, conversation.pk), self.person(user)
        was_inside = Participant.objects.filter(conversation=conversation.pk, user=added).exists()
        done = self.attempt(
            conversation,
            lambda: actions.add_participant(actor=by, conversation=conversation, user=added, role=role),
        )
        if done is not None and not was_inside:
            row = Participant.objects.get(conversation=conversation.pk, user=added)
            oldest = self.oldest.get(conversation.pk, 1)
            assert row.visible_from_seq == (oldest if self.history == "all" else conversation.last_seq + 1)
            assert row.joined_event_seq == conversation.event_seq + 1
            assert row.role == role

    @rule(room=rooms, actor=people, user=people)
    def remove(self, room: int, actor: int, user: int) -> None:
        if self.rooms:
            conversation = self.room(room)
            by = None if actor == 9 else self.person(actor, conversation.pk)
            removed = self.person(user, conversation.pk)
            done = self.attempt(
                conversation,
                lambda: actions.remove_participant(actor=by, conversation=conversation, user=removed),
            )
            if done is not None:
                assert not Participant.objects.filter(conversation=conversation.pk, user=removed).exists()

    @rule(room=rooms, actor=people)
    def leave(self, room: int, actor: int) -> None:
        if self.rooms:
            conversation = self.room(room)
            by = self.person(actor, conversation.pk)
            self.attempt(conversation, lambda: actions.leave(actor=by, conversation=conversation))

    @rule(room=rooms, actor=people)
    def join(self, room: int, actor: int) -> None:
        if self.rooms:
            conversation = self.room(room)
            by = self.person(actor)
            self.attempt(conversation, lambda: actions.join(actor=by, conversation=conversation))

    @rule(room=rooms, actor=people, user=people, role=roles)
    def change_role(self, room: int, actor: int, user: int, role: str) -> None:
        if self.rooms:
            conversation = self.room(room)
            by = None if actor == 9 else self.person(actor, conversation.pk)
            changed = self.person(user, conversation.pk)
            row = self.attempt(
                conversation,
                lambda: actions.change_role(actor=by, conversation=conversation, user=changed, role=role),
            )
            assert row is None or row.role == role

    @rule(room=rooms, actor=people, title=bodies, topic=bodies)
    def update(self, room: int, actor: int, title: str, topic: str) -> None:
        if self.rooms:
            conversation = self.room(room)
            by = self.person(actor, conversation.pk)
            values = {"topic": topic} if conversation.is_direct else {"title": title, "topic": topic}
            self.attempt(
                conversation, lambda: actions.update_conversation(actor=by, conversation=conversation, **values)
            )

    @rule(room=rooms, actor=people, is_closing=st.booleans())
    def close_or_reopen(self, room: int, actor: int, is_closing: bool) -> None:
        if self.rooms:
            conversation = self.room(room)
            by = self.person(actor, conversation.pk)
            action = actions.close if is_closing else actions.reopen
            self.attempt(conversation, lambda: action(actor=by, conversation=conversation))

    @rule(room=rooms, actor=people, chance=numbers)
    def delete_conversation(self, room: int, actor: int, chance: int) -> None:
        if self.rooms and chance == 0:
            conversation = self.room(room)
            by = self.person(actor, conversation.pk)
            self.attempt(conversation, lambda: actions.delete_conversation(actor=by, conversation=conversation))

    @rule(room=rooms, actor=people, archived=st.booleans(), pinned=st.booleans())
    def update_membership(self, room: int, actor: int, archived: bool, pinned: bool) -> None:
        if self.rooms:
            conversation = self.room(room)
            by = self.person(actor, conversation.pk)
            self.attempt(
                conversation,
                lambda: actions.update_membership(
                    actor=by, conversation=conversation, archived=archived, pinned=pinned
                ),
            )

    @rule(user=people, chance=numbers)
    def delete_user(self, user: int, chance: int) -> None:
        if chance == 0 and len(self.users) > 3:
            going = self.person(user)
            key = going.pk
            going.delete()
            self.forget(going, key)

    def forget(self, going: Any, key: Any) -> None:
        self.users.remove(going)
        self.gone.add(str(key))
        self.clients = {pair: client for pair, client in self.clients.items() if pair[1] != key}
        self.sent = {pair: sent for pair, sent in self.sent.items() if pair[1] != key}
        self.touched.update(self.rooms)

    @rule(user=people, chance=numbers, keep_account=st.booleans())
    def erase_user(self, user: int, chance: int, keep_account: bool) -> None:
        if chance > 1 or (len(self.users) <= 3 and not keep_account):
            return
        erased = self.person(user)
        key = erased.pk
        actions.erase_user(actor=None, user=erased, keep_account=keep_account)
        written = get_message_model()._default_manager.filter(conversation__in=self.rooms, sender=key)
        assert not written.filter(deleted_at=None).exists()
        # A retry is told that its `client_id` was used, and no more.
        self.sent = {pair: (sent[0], None) if pair[1] == key else sent for pair, sent in self.sent.items()}
        self.touched.update(self.rooms)
        if not keep_account:
            self.forget(erased, key)

    @rule(room=rooms, limit=st.integers(min_value=1, max_value=3))
    def prune_messages(self, room: int, limit: int) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        before = timezone.now() + timedelta(minutes=1)
        self.attempt(
            conversation,
            lambda: maintenance.prune_messages(conversation_id=conversation.pk, before=before, limit=limit),
        )
        messages = get_message_model()._default_manager
        left = messages.filter(conversation=conversation.pk).order_by("seq").values_list("seq", flat=True).first()
        self.oldest[conversation.pk] = left or 1
        self.sent = {pair: sent for pair, sent in self.sent.items() if messages.filter(pk=sent[0]).exists()}

    @rule(room=rooms, actor=people, seq=numbers, is_deleting=st.booleans())
    def report(self, room: int, actor: int, seq: int, is_deleting: bool) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        message = self.message(conversation, seq)
        if message is not None:
            by = self.person(actor, conversation.pk)
            made = self.attempt(conversation, lambda: actions.report_message(actor=by, message=message, reason="spam"))
            if made is not None:
                self.attempt(
                    conversation,
                    lambda: actions.review_report(
                        actor=None, report=made[0], status="resolved", delete_message=is_deleting
                    ),
                )

    @rule(room=rooms, actor=people, seq=numbers, body=bodies | st.just(""))
    def keep_for_oneself(self, room: int, actor: int, seq: int, body: str) -> None:
        """Save a message, begin another one, and note that it has arrived."""
        if not self.rooms:
            return
        conversation = self.room(room)
        by, message = self.person(actor, conversation.pk), self.message(conversation, seq)
        if message is not None:
            self.attempt(conversation, lambda: actions.save_message(actor=by, message=message))
        self.attempt(
            conversation,
            lambda: actions.save_draft(actor=by, conversation=conversation, body=body, reply_to=message),
        )
        self.attempt(conversation, lambda: actions.mark_delivered(actor=by, conversation=conversation, seq=seq))

    def message(self, conversation: Any, seq: int) -> Any:
        return get_message_model()._default_manager.filter(conversation=conversation.pk, seq=seq).first()

    @rule(room=rooms, actor=people, root=numbers, named=st.lists(people, max_size=2), everyone=st.booleans())
    def send_in_a_thread(self, room: int, actor: int, root: int, named: list[int], everyone: bool) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        by = None if actor == 9 else self.person(actor, conversation.pk)
        mentions = [self.person(number, conversation.pk) for number in named]
        self.attempt(
            conversation,
            lambda: actions.send_message(
                actor=by,
                conversation=conversation,
                body="in a thread",
                thread_root=self.message(conversation, root),
                mentions=[*mentions, *([actions.EVERYONE] if everyone else [])],
            ),
        )

    @rule(room=rooms, actor=people, seq=numbers, body=bodies, named=st.none() | st.lists(people, max_size=2))
    def edit(self, room: int, actor: int, seq: int, body: str, named: list[int] | None) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        message = self.message(conversation, seq)
        if message is not None:
            by = None if actor == 9 else self.person(actor, conversation.pk)
            given = {} if named is None else {"mentions": [self.person(item, conversation.pk) for item in named]}
            self.attempt(
                conversation, lambda: actions.edit_message(actor=by, message=message, body=body + " edited", **given)
            )

    @rule(room=rooms, actor=people, seq=numbers, is_own=st.booleans())
    def delete_message(self, room: int, actor: int, seq: int, is_own: bool) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        message = self.message(conversation, seq)
        if message is not None:
            by = message.sender if is_own else self.person(actor, conversation.pk)
            self.attempt(conversation, lambda: actions.delete_message(actor=by, message=message))

    @rule(room=rooms, actor=people, seq=numbers, is_own=st.booleans())
    def restore_message(self, room: int, actor: int, seq: int, is_own: bool) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        message = self.message(conversation, seq)
        if message is not None:
            by = message.deleted_by if is_own else self.person(actor, conversation.pk)
            self.attempt(conversation, lambda: actions.restore_message(actor=by, message=message))

    @rule(room=rooms, actor=people, seq=numbers, emoji=st.sampled_from("👍🎉"), is_adding=st.booleans())
    def react(self, room: int, actor: int, seq: int, emoji: str, is_adding: bool) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        message = self.message(conversation, seq)
        if message is not None:
            by = self.person(actor, conversation.pk)
            action = actions.add_reaction if is_adding else actions.remove_reaction
            self.attempt(conversation, lambda: action(actor=by, message=message, emoji=emoji))

    @rule(room=rooms, actor=people, seq=numbers, is_pinning=st.booleans())
    def pin(self, room: int, actor: int, seq: int, is_pinning: bool) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        message = self.message(conversation, seq)
        if message is not None:
            by = self.person(actor, conversation.pk)
            action = actions.pin_message if is_pinning else actions.unpin_message
            self.attempt(conversation, lambda: action(actor=by, message=message))

    @rule(room=rooms, to=rooms, actor=people, seq=numbers)
    def forward(self, room: int, to: int, actor: int, seq: int) -> None:
        if not self.rooms:
            return
        conversation, there = self.room(room), self.room(to)
        message = self.message(conversation, seq)
        if message is not None:
            by = self.person(actor, conversation.pk)
            self.attempt(there, lambda: actions.forward_message(actor=by, message=message, conversation=there))

    @rule(room=rooms, actor=people, body=bodies, named=st.lists(people, max_size=1))
    def send_later(self, room: int, actor: int, body: str, named: list[int]) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        by = self.person(actor, conversation.pk)
        scheduled = self.attempt(
            conversation,
            lambda: actions.schedule_message(
                actor=by,
                conversation=conversation,
                body=body,
                mentions=[self.person(item, conversation.pk) for item in named],
                send_at=timezone.now() + timedelta(minutes=1),
            ),
        )
        if scheduled is not None:
            ScheduledMessage.objects.filter(status="pending").update(due_at=timezone.now())

    @rule()
    def send_due(self) -> None:
        self.touched.update(self.rooms)
        actions.send_due()
        assert not ScheduledMessage.objects.filter(status="pending", due_at__lte=timezone.now()).exists()

    @rule(one=people, two=people, is_blocking=st.booleans())
    def block(self, one: int, two: int, is_blocking: bool) -> None:
        actor, user = self.person(one), self.person(two)
        if actor != user:
            action = actions.block_user if is_blocking else actions.unblock_user
            action(actor=actor, user=user)
            # Nobody's state is another for it.
            self.touched.update(self.rooms)

    @rule(room=rooms, actor=people, user=people, kind=st.sampled_from(["mute", "ban"]))
    def sanction(self, room: int, actor: int, user: int, kind: str) -> None:
        if not self.rooms:
            return
        conversation = self.room(room)
        by, sanctioned = self.person(actor, conversation.pk), self.person(user, conversation.pk)
        self.attempt(
            conversation,
            lambda: actions.impose_sanction(actor=by, user=sanctioned, kind=kind, conversation=conversation),
        )

    @rule(chance=numbers)
    def lift_sanctions(self, chance: int) -> None:
        for sanction in Sanction.objects.active() if chance < 4 else ():
            if sanction.conversation.deleted_at is None:
                actions.lift_sanction(actor=None, sanction=sanction)

    # What holds after each step.

    @invariant()
    def everything_adds_up(self) -> None:
        for key in sorted(self.touched):
            assert_counts(key, oldest=self.oldest.get(key, 1))
            self.check_ownership(key)
            self.check_clients(key)
        self.touched.clear()

    def check_ownership(self, key: Any) -> None:
        if Participant.objects.filter(conversation=key, role="owner").exists():
            self.with_owner.add(key)
        if key in self.with_owner:
            assert_has_owner(key)

    def check_clients(self, key: Any) -> None:
        row = get_conversation_model()._default_manager.get(pk=key)
        members = set(Participant.objects.filter(conversation=key).values_list("user", flat=True))
        assert_caught_up([client for pair, client in self.clients.items() if pair[0] == key], gone=self.gone)
        self.clients = {pair: item for pair, item in self.clients.items() if pair[0] != key or pair[1] in members}
        if row.deleted_at is not None:
            assert Event.objects.filter(conversation=key).latest("event_seq").type in {
                "conversation.deleted",
                "participant.removed",
                "participant.updated",
                "conversation.closed",
            }
            return
        for user in get_user_model()._default_manager.filter(pk__in=members):
            client = self.clients.get((key, user.pk))
            # Those who left and came back load anew.
            if client is None or client.event_seq != row.event_seq:
                self.clients[key, user.pk] = Client(user, key)


@pytest.mark.django_db
def test_any_sequence_of_actions_keeps_every_count_and_every_client_right() -> None:
    run_state_machine_as_test(
        Conversations,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            # A change is judged by the same examples twice; who runs it by hand looks for new ones.
            derandomize=os.environ.get("CI") == "true",
            suppress_health_check=list(HealthCheck),
        ),
    )
