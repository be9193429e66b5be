"""Conversations: the counters from which order, unread and delivery are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.db import connections, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo.types import ConversationKind

from .base import CreatedModel
from .fields import ExactCharField, ParticipantsField, uuid7, validate_metadata

if TYPE_CHECKING:
    from .participants import Participant

C = TypeVar("C", bound="AbstractConversation")


def _participant_model() -> type[Participant]:
    return apps.get_model("django_convo", "Participant")


class ConversationQuerySet(models.QuerySet[C], Generic[C]):
    """Reads and locks over conversations."""

    def live(self) -> ConversationQuerySet[C]:
        """Leave out the tombstones of deleted conversations."""
        return self.filter(deleted_at=None)

    def having(self, user: Any) -> ConversationQuerySet[C]:
        """Keep those of which the user is a participant."""
        return self.filter(
            models.Exists(self._participants().filter(conversation=models.OuterRef("pk"), user=user)),
        )

    def locked(self) -> ConversationQuerySet[C]:
        """Lock in id order, as every writer does; needs a transaction.

        NO KEY UPDATE on PostgreSQL, so that a host may insert a foreign key to a conversation that is being written
        to; the other databases know no such lock.
        """
        no_key = connections[self.db].vendor == "postgresql"
        return self.order_by("pk").select_for_update(no_key=no_key, of=("self",) if no_key else ())

    def _participants(self) -> models.QuerySet[Participant]:
        return _participant_model()._default_manager.using(self.db)


class AbstractConversation(CreatedModel):
    """Base of the conversation model; a host that swaps it subclasses this and adds columns."""

    conversation_id = models.UUIDField(_("conversation id"), primary_key=True, default=uuid7, editable=False)
    participants = ParticipantsField(
        django_settings.AUTH_USER_MODEL,
        through="django_convo.Participant",
        through_fields=("conversation", "user"),
        verbose_name=_("participants"),
    )
    created_by = models.ForeignKey(
        django_settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("created by"),
    )
    kind = models.CharField(
        _("kind"), max_length=16, choices=ConversationKind.choices, default=ConversationKind.GROUP, editable=False
    )
    title = models.CharField(_("title"), max_length=200, blank=True)
    topic = models.CharField(_("topic"), max_length=1000, blank=True)
    metadata = models.JSONField(_("metadata"), default=dict, blank=True, validators=[validate_metadata])
    # Counters, moved only under the row's lock. `last_seq` numbers messages, `count_seq` those that count as unread,
    # `event_seq` the log; `membership_version` moves when someone gains or loses sight.
    last_seq = models.BigIntegerField(default=0, editable=False)
    count_seq = models.BigIntegerField(default=0, editable=False)
    event_seq = models.BigIntegerField(default=0, editable=False)
    membership_version = models.BigIntegerField(default=0, editable=False)
    participant_count = models.PositiveIntegerField(default=0, editable=False)
    # A plain column: a foreign key here and one in Message would be a ring of migrations once one of them is swapped.
    last_message_id = models.UUIDField(null=True, editable=False)
    last_message_at = models.DateTimeField(_("last message at"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    direct_key = ExactCharField(max_length=64, null=True, unique=True, editable=False)
    subject_type = models.ForeignKey(
        ContentType, on_delete=models.PROTECT, null=True, blank=True, editable=False, related_name="+"
    )
    subject_id = ExactCharField(max_length=64, null=True, blank=True, editable=False)
    subject = GenericForeignKey("subject_type", "subject_id")
    slow_mode_seconds = models.PositiveIntegerField(_("slow mode in seconds"), default=0)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True, editable=False)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        abstract = True
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(subject_type=None, subject_id=None)
                | models.Q(subject_type__isnull=False, subject_id__isnull=False),
                name="convo_conversation_subject_whole",
            ),
            models.CheckConstraint(
                condition=models.Q(last_seq__gte=models.F("count_seq"), count_seq__gte=0, event_seq__gte=0),
                name="convo_conversation_counters",
            ),
        )
        indexes = (
            # Sweep and sync: which conversations changed since a moment.
            models.Index(fields=["changed_at"], name="convo_conversation_changed"),
            # GET /conversations/?kind=channel&joined=false, newest first; the admin's change list by kind.
            models.Index(fields=["kind", "last_message_at", "conversation_id"], name="convo_conversation_kind"),
            # GET /conversations/?subject_type=…&subject_id=…: all conversations about one row of the host's.
            models.Index(fields=["subject_type", "subject_id"], name="convo_conversation_subject"),
        )

    def __str__(self) -> str:
        return self.title or f"{self.get_kind_display()} {self.pk}"

    @property
    def is_direct(self) -> bool:
        return self.kind == ConversationKind.DIRECT

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    def membership_of(self, user: Any) -> Participant | None:
        """Return the user's participant row, or None; asked of the database once per instance and user."""
        key, known = user.pk, self._known_memberships()
        if key not in known:
            known[key] = self._participants().filter(user=user).first()
        return known[key]

    def remember_membership(self, user: Any, participant: Participant | None) -> None:
        """Keep a row that was read anyway, so that `membership_of` need not ask again."""
        self._known_memberships()[user.pk] = participant

    def knows_membership_of(self, user: Any) -> bool:
        """Say whether `membership_of` would answer without a query."""
        return user.pk in self._known_memberships()

    def forget_memberships(self) -> None:
        """Drop what was remembered, after participants have changed."""
        self.__dict__.pop("_convo_memberships", None)

    def inherit_memberships(self, older: AbstractConversation) -> None:
        """Take over what an instance that was read earlier remembers, if nothing has changed since.

        Both columns have to agree: numbers that a rollback took back are given anew, moments are not.
        """
        if (self.membership_version, self.changed_at) == (older.membership_version, older.changed_at):
            self._known_memberships().update(older._known_memberships())

    def _known_memberships(self) -> dict[Any, Participant | None]:
        """Return what is remembered; void where the instance has since been refreshed to another version."""
        known: dict[Any, Participant | None]
        version, known = self.__dict__.get("_convo_memberships", (None, {}))
        if version != self.membership_version:
            known = {}
            self.__dict__["_convo_memberships"] = (self.membership_version, known)
        return known

    def _participants(self) -> models.QuerySet[Participant]:
        return _participant_model()._default_manager.using(self._state.db).filter(conversation_id=self.pk)


class Conversation(AbstractConversation):
    """The conversation model where the host names no other in `CONVO_CONVERSATION_MODEL`."""

    class Meta(AbstractConversation.Meta):
        swappable = "CONVO_CONVERSATION_MODEL"
