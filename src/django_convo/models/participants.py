"""Participants: who is in a conversation now, and how far each has read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings as django_settings
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.types import ROLE_RANK, ConversationRole, NotifyLevel

from .base import UpdatedModel
from .conversations import AbstractConversation

if TYPE_CHECKING:
    from .drafts import Draft


class ParticipantQuerySet(models.QuerySet["Participant"]):
    """Reads and bounded writes over participants."""

    def change(self, **values: Any) -> int:
        """Update and move `updated_at`, from which `sync` tells what changed of one's own; return the row count."""
        return self.update(updated_at=timezone.now(), **values)

    def behind(self, seq: int) -> ParticipantQuerySet:
        """Keep those who may see the message `seq` and have not read so far."""
        return self.filter(last_read_seq__lt=seq, visible_from_seq__lte=seq)

    def with_unread(self) -> ParticipantQuerySet:
        """Add `unread_count`: two counters of the server's, never a count over messages."""
        return self.annotate(unread_count=models.F("conversation__count_seq") - models.F("read_count_seq"))


class Participant(UpdatedModel):
    """A user in a conversation. The row exists exactly while the user is a member."""

    # Without a reverse manager, but with a name for queries: a page of conversations reads one's own row in a join.
    conversation: models.ForeignKey[AbstractConversation, AbstractConversation] = models.ForeignKey(
        settings.CONVERSATION_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        related_query_name="convo_participant",
        db_index=False,
        verbose_name=_("conversation"),
    )
    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,
        verbose_name=_("user"),
    )
    role = models.CharField(
        _("role"), max_length=16, choices=ConversationRole.choices, default=ConversationRole.MEMBER
    )
    joined_at = models.DateTimeField(_("joined at"), default=timezone.now, editable=False)
    added_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("added by"),
    )
    # Messages below `visible_from_seq` and events below `joined_event_seq` are not this member's to see.
    visible_from_seq = models.BigIntegerField(default=1, editable=False)
    joined_event_seq = models.BigIntegerField(default=1, editable=False)
    # unread = conversation.count_seq - read_count_seq, always equal to a recount of live messages by others after
    # last_read_seq.
    last_read_seq = models.BigIntegerField(default=0, editable=False)
    read_count_seq = models.BigIntegerField(default=0, editable=False)
    last_delivered_seq = models.BigIntegerField(default=0, editable=False)
    mention_count = models.PositiveIntegerField(default=0, editable=False)
    muted_until = models.DateTimeField(_("muted until"), null=True, blank=True)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)
    pinned_at = models.DateTimeField(_("pinned at"), null=True, blank=True)
    notify = models.CharField(_("notify"), max_length=16, choices=NotifyLevel.choices, default=NotifyLevel.ALL)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints = (
            models.UniqueConstraint(fields=["conversation", "user"], name="convo_participant_once"),
            models.CheckConstraint(
                condition=models.Q(last_read_seq__gte=0, visible_from_seq__gte=1, joined_event_seq__gte=1),
                name="convo_participant_counters",
            ),
        )
        indexes = (
            # The first participants of each conversation in the inbox, and their pages, in the order of joining.
            models.Index(fields=["conversation", "id"], name="convo_participant_order"),
            # Own state that changed since a moment, for sync.
            models.Index(fields=["user", "updated_at"], name="convo_participant_updated"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} in {self.conversation_id} as {self.role}"

    @cached_property
    def own_draft(self) -> Draft | None:
        """What the member has begun to write, or None; lists of conversations read it in a join."""
        drafts: Any = apps.get_model("django_convo", "Draft")._default_manager.using(self._state.db)
        draft: Draft | None = drafts.filter(conversation=self.conversation_id, user=self.user_id).first()
        return draft

    @property
    def rank(self) -> int:
        """How high the role stands; one may touch only those below."""
        return ROLE_RANK[self.role]

    def is_archived(self, last_message_at: Any, now: Any = None) -> bool:
        """Say whether the conversation is out of the inbox: archived, and no newer message unless muted."""
        if self.archived_at is None:
            return False
        return self.archived_at >= last_message_at or self.is_muted(now)

    def is_muted(self, now: Any = None) -> bool:
        """Say whether the member wants to hear nothing at the moment."""
        return self.muted_until is not None and self.muted_until > (now or timezone.now())


class Departure(models.Model):
    """A user has left a conversation; what `sync` reports as removed. Pruned with the log."""

    user = models.ForeignKey(
        django_settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    conversation: models.ForeignKey[AbstractConversation, AbstractConversation] = models.ForeignKey(
        settings.CONVERSATION_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    left_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("departure")
        verbose_name_plural = _("departures")
        constraints = (models.UniqueConstraint(fields=["conversation", "user"], name="convo_departure_once"),)
        indexes = (
            # POST /sync/: what one has left since a moment.
            models.Index(fields=["user", "left_at"], name="convo_departure_recent"),
        )

    def __str__(self) -> str:
        return f"{self.user_id} left {self.conversation_id}"
