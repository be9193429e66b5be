"""Scheduled messages: keeping, changing, dropping and sending them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from django_convo import actions
from django_convo.models import ScheduledMessage

from .base import Base, bodies, numbers, people, rooms


class ScheduledRules(Base):
    @rule(
        room=rooms,
        actor=people,
        body=bodies,
        client_id=st.sampled_from([None, "later"]),
        named=st.lists(people, max_size=1),
        file=st.none() | numbers,
    )
    def schedule(
        self, room: int, actor: int, body: str, client_id: str | None, named: list[int], file: int | None
    ) -> None:
        conversation = self.room(room)
        by = self.person(actor, conversation)
        own = [key for key, user in self.uploads.items() if user == by.pk]
        content = {
            "actor": by,
            "conversation": conversation,
            "body": body,
            "client_id": client_id,
            "send_at": self.due,
            "mentions": [self.person(item, conversation) for item in named],
            "attachments": own[:1] if file is not None else [],
        }
        row = self.attempt(conversation, actions.schedule_message, **content)
        if row is None:
            return
        slot = (conversation.pk, by.pk)
        if row.was_created:
            awaited = [key for status, _, _, keys in self.waiting.values() if status == "pending" for key in keys]
            assert not set(awaited) & set(content["attachments"])
            self.waiting[row.pk] = ("pending", slot, body, content["attachments"])
        if client_id:
            assert row.was_created == (slot not in self.scheduled_as)
            assert self.scheduled_as.setdefault(slot, row.pk) == row.pk
            assert actions.find_repeated_schedule(**content) == row

    @precondition(lambda self: self.waiting)
    @rule(number=numbers, actor=people, body=bodies, is_other=st.booleans(), is_moving=st.booleans())
    def update_scheduled(self, number: int, actor: int, body: str, is_other: bool, is_moving: bool) -> None:
        row = self.waiting_row(number)
        by = self.person(actor) if is_other else self.sender_of(row)
        moved = {"send_at": row.send_at + timedelta(minutes=1)} if is_moving else {}
        done = self.attempt(row.conversation, actions.update_scheduled, actor=by, scheduled=row, body=body, **moved)
        if done is not None:
            assert by.pk == row.sender_id
            status, slot, _, files = self.waiting[row.pk]
            self.waiting[row.pk] = ("pending" if is_moving else status, slot, body, files)

    @precondition(lambda self: self.waiting)
    @rule(number=numbers, actor=people, is_other=st.booleans())
    def cancel_scheduled(self, number: int, actor: int, is_other: bool) -> None:
        row = self.waiting_row(number)
        by = self.person(actor) if is_other else self.sender_of(row)
        self.attempt(None, actions.cancel_scheduled, actor=by, scheduled=row)
        assert self.code == (None if by.pk == row.sender_id and not self.is_banned(by) else "not_found")
        if self.refusal is None:
            del self.waiting[row.pk]
            self.scheduled_as = {slot: key for slot, key in self.scheduled_as.items() if key != row.pk}

    @precondition(lambda self: self.waiting)
    @rule()
    def send_due(self) -> None:
        pending = {key for key, found in self.waiting.items() if found[0] == "pending"}
        ScheduledMessage.objects.filter(status="pending").update(due_at=timezone.now())
        dealt_with = actions.send_due()
        assert {row.pk for row in dealt_with} == pending
        for row in dealt_with:
            self.dealt_with(row)
        assert not ScheduledMessage.objects.filter(status="pending", due_at__lte=timezone.now()).exists()

    @precondition(lambda self: self.waiting)
    @rule(number=numbers, is_due=st.booleans())
    def send_due_message(self, number: int, is_due: bool) -> None:
        """Send one when it is time, and not before."""
        row = self.waiting_row(number)
        moment = timezone.now() + timedelta(minutes=0 if is_due else 30)
        ScheduledMessage.objects.filter(pk=row.pk).update(due_at=moment)
        done = actions.send_due_message(scheduled=row)
        assert (done is not None) == (is_due and row.status == "pending")
        if done is not None:
            self.dealt_with(done)

    def dealt_with(self, row: Any) -> None:
        """Remember what became of it: the message that was asked for, a refusal, or a wait in slow mode."""
        _, slot, body, files = self.waiting[row.pk]
        self.touched.add(row.conversation_id)
        if row.status != "sent":
            assert (row.status, bool(row.code)) in {("failed", True), ("pending", False)}
            self.waiting[row.pk] = (row.status, slot, body, files)
            return
        message = self.messages.get(pk=row.message_id)
        assert ((message.conversation_id, message.sender_id), message.message_body) == (slot, body)
        del self.waiting[row.pk]
        for key in files:
            del self.uploads[key]
            self.files[key] = message.pk

    def waiting_row(self, number: int) -> Any:
        rows = ScheduledMessage.objects.select_related("conversation", "sender")
        return rows.get(pk=self.pick(sorted(self.waiting), number))

    def sender_of(self, row: Any) -> Any:
        return next(user for user in self.users if user.pk == row.sender_id)
