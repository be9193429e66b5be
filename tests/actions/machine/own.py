"""What people do for themselves: reading, drafts, saved messages, their own row."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from django_convo import actions
from django_convo.models import Participant

from .base import Base, bodies, numbers, people, rooms


class OwnRules(Base):
    @rule(room=rooms, actor=people, seq=st.none() | numbers)
    def mark_read(self, room: int, actor: int, seq: int | None) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation)
        before = Participant.objects.filter(conversation=conversation.pk, user=by).first()
        row = self.attempt(conversation, actions.mark_read, actor=by, conversation=conversation, seq=seq)
        if row is not None:
            last = conversation.last_seq
            assert row.last_read_seq == max(before.last_read_seq, last if seq is None else min(seq, last))

    @rule(room=rooms, actor=people, seq=numbers)
    def mark_unread(self, room: int, actor: int, seq: int) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation)
        row = self.attempt(conversation, actions.mark_unread, actor=by, conversation=conversation, seq=seq)
        assert row is None or row.last_read_seq == min(seq - 1, conversation.last_seq)

    @rule(room=rooms, actor=people, seq=numbers)
    def mark_delivered(self, room: int, actor: int, seq: int) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation)
        before = Participant.objects.filter(conversation=conversation.pk, user=by).first()
        row = self.attempt(conversation, actions.mark_delivered, actor=by, conversation=conversation, seq=seq)
        if row is not None:
            assert row.last_delivered_seq == max(before.last_delivered_seq, min(seq, conversation.last_seq))

    @rule(
        room=rooms,
        actor=people,
        archived=st.booleans(),
        pinned=st.booleans(),
        is_muted=st.booleans(),
        notify=st.sampled_from(["all", "none"]),
    )
    def update_membership(
        self, room: int, actor: int, archived: bool, pinned: bool, is_muted: bool, notify: str
    ) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation)
        row = self.attempt(
            conversation,
            actions.update_membership,
            actor=by,
            conversation=conversation,
            archived=archived,
            pinned=pinned,
            muted_until=timezone.now() + timedelta(hours=1) if is_muted else None,
            notify=notify,
        )
        if row is not None:
            moments = (row.archived_at, row.pinned_at, row.muted_until)
            assert [moment is not None for moment in moments] == [archived, pinned, is_muted]
            assert row.notify == notify

    @rule(room=rooms, actor=people, seq=st.none() | numbers, body=bodies | st.just(""))
    def save_draft(self, room: int, actor: int, seq: int | None, body: str) -> None:
        conversation = self.room(room)
        by, answered = self.person(actor, conversation), None if seq is None else self.message(conversation, seq)
        done = self.attempt(
            conversation, actions.save_draft, actor=by, conversation=conversation, body=body, reply_to=answered
        )
        if done is not None and body:
            self.drafts[conversation.pk, by.pk] = body
        elif done is not None:
            self.drafts.pop((conversation.pk, by.pk), None)

    @rule(number=numbers, room=rooms, actor=people)
    def delete_draft(self, number: int, room: int, actor: int) -> None:
        """Take back one that there is, or one that there is not."""
        conversation = self.room(room)
        here = [user for user in self.users if (conversation.pk, user.pk) in self.drafts]
        by = self.pick(here, number) or self.person(actor, conversation)
        if self.attempt(conversation, actions.delete_draft, actor=by, conversation=conversation) is not None:
            self.drafts.pop((conversation.pk, by.pk), None)

    @rule(room=rooms, actor=people, seq=numbers)
    def save_message(self, room: int, actor: int, seq: int) -> None:
        conversation = self.room(room)
        by, message = self.person(actor, conversation), self.message(conversation, seq)
        if message is not None and self.attempt(conversation, actions.save_message, actor=by, message=message):
            assert not message.is_deleted
            self.saved.add((by.pk, message.pk))

    @precondition(lambda self: self.saved)
    @rule(number=numbers, is_other=st.booleans(), actor=people)
    def unsave_message(self, number: int, is_other: bool, actor: int) -> None:
        """Whoever saved it keeps it no longer; somebody else takes nothing from them."""
        user, key = self.pick(sorted(self.saved, key=str), number)
        by = self.person(actor) if is_other else next(one for one in self.users if one.pk == user)
        self.attempt(None, actions.unsave_message, actor=by, message=self.messages.get(pk=key))
        assert self.refusal is None
        self.saved.discard((by.pk, key))

    @rule(room=rooms, actor=people, is_typing=st.booleans())
    def show_typing(self, room: int, actor: int, is_typing: bool) -> None:
        """Shown to others where one may send, slow mode aside, and refused as a send is."""
        conversation = self.room(room)
        by = self.person(actor, conversation)
        expected = self.refusal_of_sending(by, conversation)
        if conversation.deleted_at is None:
            self.attempt(conversation, actions.show_typing, actor=by, conversation=conversation, is_typing=is_typing)
            is_inside = Participant.objects.filter(conversation=conversation.pk, user=by).exists()
            assert self.code == (
                "permission_denied" if not is_inside else None if expected == "slow_mode" else expected
            )
