"""Who is in a conversation, and what stands between people: blocks, sanctions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from django_convo import actions
from django_convo.models import Participant, Sanction

from .base import Base, numbers, people, roles, rooms

sanction_kinds = st.sampled_from(["mute", "ban"])


class ParticipantRules(Base):
    @rule(room=rooms, actor=people, user=people, role=roles)
    def add(self, room: int, actor: int, user: int, role: str) -> None:
        conversation = self.room(room)
        by, added = self.leader(actor, conversation), self.person(user)
        was_inside = self.is_inside(conversation, added)
        done = self.attempt(
            conversation, actions.add_participant, actor=by, conversation=conversation, user=added, role=role
        )
        if done is not None and not was_inside:
            row = Participant.objects.get(conversation=conversation.pk, user=added)
            oldest = self.oldest.get(conversation.pk, 1)
            assert row.visible_from_seq == (oldest if self.history == "all" else conversation.last_seq + 1)
            assert row.joined_event_seq == conversation.event_seq + 1
            assert row.role == role
            assert not self.is_kept_out(conversation, added)

    @rule(room=rooms, actor=people, user=people)
    def remove(self, room: int, actor: int, user: int) -> None:
        conversation = self.room(room)
        by, removed = self.leader(actor, conversation), self.person(user, conversation)
        done = self.attempt(
            conversation, actions.remove_participant, actor=by, conversation=conversation, user=removed
        )
        assert done is None or not self.is_inside(conversation, removed)

    @rule(room=rooms, actor=people)
    def leave(self, room: int, actor: int) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation)
        done = self.attempt(conversation, actions.leave, actor=by, conversation=conversation)
        assert done is None or not self.is_inside(conversation, by)

    @rule(room=rooms, actor=people)
    def join(self, room: int, actor: int) -> None:
        conversation = self.room(room)
        by = self.person(actor)
        done = self.attempt(conversation, actions.join, actor=by, conversation=conversation)
        assert done is None or (self.is_inside(conversation, by) and not self.is_kept_out(conversation, by))

    @rule(room=rooms, actor=people, user=people, role=roles)
    def change_role(self, room: int, actor: int, user: int, role: str) -> None:
        conversation = self.room(room)
        by, changed = self.leader(actor, conversation), self.person(user, conversation)
        row = self.attempt(
            conversation, actions.change_role, actor=by, conversation=conversation, user=changed, role=role
        )
        assert row is None or row.role == role

    @rule(one=people, two=people, is_unblocking=st.booleans())
    def block(self, one: int, two: int, is_unblocking: bool) -> None:
        actor, user = self.person(one), self.person(two)
        action = actions.unblock_user if is_unblocking else actions.block_user
        self.attempt(None, action, actor=actor, user=user)
        assert self.code == ("not_oneself" if actor == user and not is_unblocking else None)
        if is_unblocking:
            self.blocks.discard((actor.pk, user.pk))
        elif actor != user:
            self.blocks.add((actor.pk, user.pk))
        # Nobody's state is another for it.
        both = Participant.objects.filter(conversation__in=self.rooms, user__in=[actor, user])
        self.touched.update(both.values_list("conversation", flat=True))

    @rule(room=rooms, actor=people, user=people, kind=sanction_kinds)
    def sanction(self, room: int, actor: int, user: int, kind: str) -> None:
        conversation = self.room(room)
        by, sanctioned = self.leader(actor, conversation), self.person(user, conversation)
        made = self.impose(conversation, actor=by, user=sanctioned, kind=kind, conversation=conversation)
        if made and kind == "ban":
            assert not self.is_inside(conversation, sanctioned)

    @rule(user=people, kind=sanction_kinds, is_host=st.booleans())
    def sanction_on_the_site(self, user: int, kind: str, is_host: bool) -> None:
        by, sanctioned = None if is_host else self.admin, self.person(user)
        is_refused = self.refusal_on_the_site(by) == "banned" or (by is not None and by == sanctioned)
        self.impose(None, actor=by, user=sanctioned, kind=kind)
        assert (self.refusal is not None) == is_refused
        self.touch_rooms_of(sanctioned.pk)

    def impose(self, room: Any, **arguments: Any) -> bool:
        """Impose a sanction; says whether there is one. Of one kind there is one at a time."""
        made = self.attempt(room, actions.impose_sanction, **arguments)
        if made is None:
            return False
        sanction, is_new = made
        suffered = (arguments["user"].pk, arguments["kind"], None if room is None else room.pk)
        assert is_new == (suffered not in self.sanctions.values())
        assert self.sanctions.setdefault(sanction.pk, suffered) == suffered
        return True

    @precondition(lambda self: self.sanctions)
    @rule(number=numbers, actor=people)
    def lift_sanction(self, number: int, actor: int) -> None:
        sanction = self.pick(list(Sanction.objects.active().order_by("pk")), number)
        place = sanction.conversation
        by = self.leader(actor, place) if place else self.person(actor) if actor % 2 else None
        self.attempt(place, actions.lift_sanction, actor=by, sanction=sanction)
        if self.refusal is None:
            del self.sanctions[sanction.pk]
            self.touch_rooms_of(sanction.user_id)

    def touch_rooms_of(self, key: Any) -> None:
        own = Participant.objects.filter(user=key, conversation__in=self.rooms)
        self.touched.update(own.values_list("conversation", flat=True))

    def is_inside(self, room: Any, user: Any) -> bool:
        return Participant.objects.filter(conversation=room.pk, user=user.pk).exists()

    def is_kept_out(self, room: Any, user: Any) -> bool:
        return (user.pk, "ban", room.pk) in self.sanctions.values()
