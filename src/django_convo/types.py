"""The words of the domain: kinds, roles and event types, as they stand in rows, JSON and settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _


class ConversationKind(models.TextChoices):
    """What a conversation is; fixed when it is created."""

    DIRECT = "direct", _("direct")
    GROUP = "group", _("group")
    CHANNEL = "channel", _("channel")


class ConversationRole(models.TextChoices):
    """A participant's role in one conversation."""

    OWNER = "owner", _("owner")
    MODERATOR = "moderator", _("moderator")
    MEMBER = "member", _("member")
    OBSERVER = "observer", _("observer")


# Who may change whom: a role may touch only those below it.
ROLE_RANK: dict[str, int] = {
    ConversationRole.OBSERVER: 0,
    ConversationRole.MEMBER: 1,
    ConversationRole.MODERATOR: 2,
    ConversationRole.OWNER: 3,
}


class MessageKind(models.TextChoices):
    """Who speaks: a user, or the host itself."""

    USER = "user", _("user")
    SYSTEM = "system", _("system")


class NotifyLevel(models.TextChoices):
    """What a participant wants to be told about."""

    ALL = "all", _("everything")
    MENTIONS = "mentions", _("mentions only")
    NONE = "none", _("nothing")


class EventType(models.TextChoices):
    """The durable events, numbered by `event_seq` within their conversation."""

    CONVERSATION_CREATED = "conversation.created", _("conversation created")
    CONVERSATION_UPDATED = "conversation.updated", _("conversation updated")
    CONVERSATION_CLOSED = "conversation.closed", _("conversation closed")
    CONVERSATION_REOPENED = "conversation.reopened", _("conversation reopened")
    CONVERSATION_DELETED = "conversation.deleted", _("conversation deleted")
    PARTICIPANT_ADDED = "participant.added", _("participant added")
    PARTICIPANT_REMOVED = "participant.removed", _("participant removed")
    PARTICIPANT_UPDATED = "participant.updated", _("participant updated")
    MESSAGE_CREATED = "message.created", _("message created")
    MESSAGE_UPDATED = "message.updated", _("message updated")
    MESSAGE_DELETED = "message.deleted", _("message deleted")
    MESSAGE_RESTORED = "message.restored", _("message restored")
    REACTION_ADDED = "reaction.added", _("reaction added")
    REACTION_REMOVED = "reaction.removed", _("reaction removed")
    MESSAGE_PINNED = "message.pinned", _("message pinned")
    MESSAGE_UNPINNED = "message.unpinned", _("message unpinned")


class ScheduledStatus(models.TextChoices):
    """What has become of a scheduled message."""

    PENDING = "pending", _("pending")
    SENT = "sent", _("sent")
    FAILED = "failed", _("failed")


class ReportReason(models.TextChoices):
    """Why a message was reported."""

    SPAM = "spam", _("spam")
    ABUSE = "abuse", _("abuse")
    OTHER = "other", _("other")


class ReportStatus(models.TextChoices):
    """What has become of a report."""

    OPEN = "open", _("open")
    RESOLVED = "resolved", _("resolved")
    DISMISSED = "dismissed", _("dismissed")


class SanctionKind(models.TextChoices):
    """What a sanction takes away: speaking, or taking part at all."""

    MUTE = "mute", _("mute")
    BAN = "ban", _("ban")


class AuditAction(models.TextChoices):
    """The acts of power that the audit log keeps."""

    CONVERSATION_VIEWED = "conversation.viewed", _("conversation viewed")
    MESSAGE_VIEWED = "message.viewed", _("message viewed")
    CONVERSATION_CLOSED = "conversation.closed", _("conversation closed")
    CONVERSATION_REOPENED = "conversation.reopened", _("conversation reopened")
    CONVERSATION_DELETED = "conversation.deleted", _("conversation deleted")
    PARTICIPANT_ADDED = "participant.added", _("participant added")
    PARTICIPANT_REMOVED = "participant.removed", _("participant removed")
    PARTICIPANT_UPDATED = "participant.updated", _("participant updated")
    MESSAGE_DELETED = "message.deleted", _("message deleted")
    MESSAGE_RESTORED = "message.restored", _("message restored")
    ATTACHMENT_DELETED = "attachment.deleted", _("attachment deleted")
    REPORT_RESOLVED = "report.resolved", _("report resolved")
    REPORT_DISMISSED = "report.dismissed", _("report dismissed")
    REPORT_REOPENED = "report.reopened", _("report reopened")
    SANCTION_IMPOSED = "sanction.imposed", _("sanction imposed")
    SANCTION_LIFTED = "sanction.lifted", _("sanction lifted")
    USER_UPDATED = "user.updated", _("user updated")
    USER_DELETED = "user.deleted", _("user deleted")
    USER_ERASED = "user.erased", _("user erased")


class HintKind(models.TextChoices):
    """What a hint is about; of one or two letters, since it travels with each."""

    EVENT = "e", _("there is something new in a log")
    OWN = "o", _("somebody's own state has changed")
    ACCESS = "a", _("somebody may have gained or lost sight")
    LOGIN = "l", _("somebody's login may be over")
    READ = "r", _("somebody has read")
    DELIVERED = "d", _("messages have reached somebody")
    TYPING = "t", _("somebody types, or no longer does")
    PRESENCE = "p", _("somebody is there, or no longer is")


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """A word from one process to the others that there is something to look at; it may be lost, or come twice.

    What is durable is read from the rows. Reading, typing and presence are in no row of a log: their hint is all there
    is, and holds ids and numbers alone: who may hear of it is asked where it is delivered.
    """

    kind: HintKind
    conversation_id: UUID | None = None
    user_id: Any = None
    # Of whom a hub says that they are there, or are not: many at once, when it repeats it.
    user_ids: tuple[Any, ...] = ()
    # The event, or the message up to which somebody has read.
    number: int | None = None
    is_on: bool = True
    # Which hub speaks, where it speaks of its own connections.
    origin: str = ""
