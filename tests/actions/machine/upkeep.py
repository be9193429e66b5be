"""What the operator's commands do, at any time between what people do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from django_convo import actions
from django_convo.actions import maintenance
from django_convo.models import Attachment, Departure, MessageRevision, Report, SavedMessage, get_conversation_model

from .base import Base, numbers, rooms


class UpkeepRules(Base):
    @property
    def soon(self) -> Any:
        """A moment by which everything is old."""
        return timezone.now() + timedelta(hours=1)

    @rule(room=rooms, limit=st.integers(min_value=1, max_value=3))
    def prune_messages(self, room: int, limit: int) -> None:
        conversation = self.room(room)
        before, number = self.soon, self.messages.filter(conversation=conversation.pk).count()
        walked = set(maintenance.walk_conversations_with_expired(kind=conversation.kind, before=before))
        assert (conversation.pk in walked) >= (number > 1 and conversation.deleted_at is None)
        pruned = self.attempt(
            conversation, maintenance.prune_messages, conversation_id=conversation.pk, before=before, limit=limit
        )
        rows = self.messages.filter(conversation=conversation.pk).order_by("seq")
        left = list(rows.values_list("pk", "seq"))
        if pruned is not None and number > 1:
            assert pruned == number - len(left) == min(limit, number - 1)
        self.oldest[conversation.pk] = left[0][1] if left else 1
        self.forget_messages()
        if pruned and len(left) == number:
            # The newest stays, without what it had.
            self.forget_kept({left[-1][0]})

    @precondition(lambda self: len(self.rooms) > 1)
    @rule(room=rooms)
    def delete_and_prune(self, room: int) -> None:
        """Of those that were deleted nothing is left, once their time is over."""
        conversation = self.room(room)
        self.attempt(conversation, actions.delete_conversation, actor=None, conversation=conversation)
        self.prune_conversations()

    def prune_conversations(self) -> None:
        """Remove what was deleted, in portions; a conversation with reports keeps its row."""
        deleted = set(get_conversation_model()._default_manager.exclude(deleted_at=None).values_list("pk", flat=True))
        assert set(maintenance.walk_expired_conversations(before=self.soon)) == deleted
        for key in deleted:
            is_reported = Report.objects.filter(conversation=key).exists()
            while not maintenance.prune_conversation(conversation_id=key, limit=5):
                pass
            assert get_conversation_model()._default_manager.filter(pk=key).exists() == is_reported
            self.forget_room(key, is_reported)
        self.forget_messages()
        if not self.rooms:
            room, _ = actions.create_conversation(actor=None, participants=self.users, kind="group", body="anew")
            self.started(room)

    def forget_room(self, key: Any, is_kept: bool) -> None:
        """Forget a conversation that was pruned; sanctions stand in the row of one that is kept."""
        self.rooms = [room for room in self.rooms if room != key]
        self.touched.discard(key)
        self.with_owner.discard(key)
        self.clients = {pair: client for pair, client in self.clients.items() if pair[0] != key}
        self.drafts = {pair: body for pair, body in self.drafts.items() if pair[0] != key}
        self.waiting = {item: found for item, found in self.waiting.items() if found[1][0] != key}
        self.scheduled_as = {pair: item for pair, item in self.scheduled_as.items() if pair[0] != key}
        if not is_kept:
            self.sanctions = {item: found for item, found in self.sanctions.items() if found[2] != key}

    def forget_messages(self) -> None:
        """Forget what was in messages that have no row any more."""
        known = {sent[0] for sent in self.sent.values()} | {pair[1] for pair in self.saved} | set(self.files.values())
        gone = known - set(self.messages.filter(pk__in=known).values_list("pk", flat=True))
        self.sent = {pair: sent for pair, sent in self.sent.items() if sent[0] not in gone}
        self.forget_kept(gone)

    def forget_kept(self, messages: set[Any]) -> None:
        self.saved = {pair for pair in self.saved if pair[1] not in messages}
        self.files = {file: message for file, message in self.files.items() if message not in messages}

    @rule(chance=numbers, limit=st.sampled_from([2, 1_000]))
    def empty_tombstones_and_departures(self, chance: int, limit: int) -> None:
        """What a deleted message said and had goes for good; so does who had left."""
        if chance > 2:
            return
        deleted = set(self.messages.exclude(deleted_at=None).values_list("pk", flat=True))
        position: int | None = 0
        while position is not None:
            _, position = maintenance.empty_tombstones(before=self.soon, after=position, limit=limit)
        for model in (MessageRevision, Attachment, SavedMessage):
            assert not model._default_manager.filter(message__in=deleted).exists()
        self.forget_kept(deleted)
        self.touched.update(self.rooms)
        maintenance.prune_departures(before=self.soon, limit=100)
        assert not Departure.objects.exists()

    @rule(room=rooms)
    def repair(self, room: int) -> None:
        """There is nothing to repair."""
        conversation = self.room(room)
        before = self.footprint(conversation)
        differences = self.attempt(conversation, maintenance.repair_conversation, conversation=conversation)
        assert differences in ([], None)
        assert self.footprint(conversation) == before
