"""The models, and the getters for the two that a host may swap."""

from .attachments import Attachment
from .audit import AuditEntry
from .base import get_conversation_model, get_message_model
from .blocks import Block, BlockQuerySet
from .conversations import AbstractConversation, Conversation, ConversationQuerySet
from .drafts import Draft
from .events import Event
from .mentions import Mention
from .messages import AbstractMessage, Message, MessageQuerySet
from .participants import Departure, Participant, ParticipantQuerySet
from .pins import PinnedMessage
from .reactions import Reaction
from .reports import Report
from .revisions import MessageRevision
from .sanctions import Sanction, SanctionQuerySet
from .saved import SavedMessage
from .scheduled import ScheduledMessage
from .tickets import Ticket

__all__ = [
    "AbstractConversation",
    "AbstractMessage",
    "Attachment",
    "AuditEntry",
    "Block",
    "BlockQuerySet",
    "Conversation",
    "ConversationQuerySet",
    "Departure",
    "Draft",
    "Event",
    "Mention",
    "Message",
    "MessageQuerySet",
    "MessageRevision",
    "Participant",
    "ParticipantQuerySet",
    "PinnedMessage",
    "Reaction",
    "Report",
    "Sanction",
    "SanctionQuerySet",
    "SavedMessage",
    "ScheduledMessage",
    "Ticket",
    "get_conversation_model",
    "get_message_model",
]
