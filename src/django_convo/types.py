"""The words of the domain: kinds, roles and event types, as they stand in rows, JSON and settings."""

from __future__ import annotations

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
