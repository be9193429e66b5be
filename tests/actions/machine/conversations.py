"""Conversations: making, changing, closing and deleting them."""

from __future__ import annotations

from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from django_convo import actions
from django_convo.models import Participant

from .base import MOST_CONVERSATIONS, SLOW, Base, bodies, kinds, numbers, people, roles, rooms


class ConversationRules(Base):
    @precondition(lambda self: len(self.rooms) < MOST_CONVERSATIONS)
    @rule(actor=people, others=st.lists(people, max_size=3), kind=kinds, role=roles)
    def create(self, actor: int, others: list[int], kind: str, role: str) -> None:
        by, invited = self.person_or_host(actor), [self.person(number) for number in others]
        given = {user.pk: role for user in invited[:1]}
        made = self.attempt(
            None, actions.create_conversation, actor=by, participants=invited, kind=kind, roles=given, body="first"
        )
        # Two who are kept apart are not brought together.
        apart = any((user.pk, by.pk) in self.blocks or (by.pk, user.pk) in self.blocks for user in invited if by)
        assert self.code == (self.refusal_on_the_site(by) or ("invalid_reference" if apart else None))
        if made is not None:
            self.started(made[0])

    @precondition(lambda self: len(self.rooms) < MOST_CONVERSATIONS)
    @rule(actor=people, other=people, body=st.none() | bodies)
    def create_direct(self, actor: int, other: int, body: str | None) -> None:
        one, two = self.person(actor), self.person(other)
        if one == two:
            return
        known = actions.find_direct(actor=one, participants=[two])
        # Refused as any contact is, or, where there is one already, as any message is.
        made = self.attempt(known, actions.create_conversation, actor=one, participants=[two], body=body)
        if made is not None:
            room, is_new = made
            assert is_new == (known is None) == (room.pk not in self.rooms)
            self.started(room)
            assert actions.find_direct(actor=one, participants=[two]) == room

    @rule(room=rooms, actor=people, title=bodies, topic=bodies)
    def update(self, room: int, actor: int, title: str, topic: str) -> None:
        conversation = self.room(room)
        by = self.leader(actor, conversation)
        values = {"topic": topic} if conversation.is_direct else {"title": title, "topic": topic}
        self.attempt(conversation, actions.update_conversation, actor=by, conversation=conversation, **values)

    @rule(room=rooms, actor=people, seconds=st.sampled_from([0, SLOW, SLOW]))
    def slow_down(self, room: int, actor: int, seconds: int) -> None:
        conversation = self.room(room)
        by = self.leader(actor, conversation)
        row = self.attempt(
            conversation, actions.update_conversation, actor=by, conversation=conversation, slow_mode_seconds=seconds
        )
        is_changed = seconds != conversation.slow_mode_seconds
        assert row is None or row.event_seq == conversation.event_seq + is_changed

    @rule(room=rooms, actor=people, is_opening=st.booleans())
    def close_or_reopen(self, room: int, actor: int, is_opening: bool) -> None:
        conversation = self.room(room)
        by = self.leader(actor, conversation)
        action = actions.reopen if is_opening else actions.close
        row = self.attempt(conversation, action, actor=by, conversation=conversation)
        assert row is None or row.is_closed != is_opening

    @precondition(lambda self: len(self.rooms) > 1)
    @rule(room=rooms, actor=people)
    def delete_conversation(self, room: int, actor: int) -> None:
        conversation = self.room(room)
        by = self.leader(actor, conversation) if actor % 2 else None
        self.attempt(conversation, actions.delete_conversation, actor=by, conversation=conversation)

    @rule(room=rooms)
    def refresh_access(self, room: int) -> None:
        conversation = self.room(room)
        row = self.attempt(conversation, actions.refresh_access, conversation=conversation)
        if row is not None:
            self.refreshed[row.pk] = row.changed_at
            moved = (row.membership_version - 1, row.event_seq)
            assert moved == (conversation.membership_version, conversation.event_seq)

    @rule(room=rooms, actor=people, seq=numbers, is_admin=st.booleans())
    def look_in(self, room: int, actor: int, seq: int, is_admin: bool) -> None:
        """What somebody was shown by power alone is written down, and nothing else."""
        conversation = self.room(room)
        by = self.admin if is_admin and self.admin else self.person(actor, conversation)
        message = self.message(conversation, seq)
        row = Participant.objects.filter(conversation=conversation.pk, user=by).first()
        with override_settings(CONVO_ROLES={"admin": ["conversation.view_any"]}):
            entry = actions.record_view(actor=by, conversations=[conversation], messages=[message] if message else [])
        is_hidden = row is None or (message is not None and message.seq < row.visible_from_seq)
        assert (entry is not None) == (is_hidden and by == self.admin)
