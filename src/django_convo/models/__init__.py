"""The models, and the getters for the two that a host may swap."""

from .base import get_conversation_model, get_message_model
from .conversations import AbstractConversation, Conversation, ConversationQuerySet
from .events import Event
from .messages import AbstractMessage, Message, MessageQuerySet
from .participants import Departure, Participant, ParticipantQuerySet

__all__ = [
    "AbstractConversation",
    "AbstractMessage",
    "Conversation",
    "ConversationQuerySet",
    "Departure",
    "Event",
    "Message",
    "MessageQuerySet",
    "Participant",
    "ParticipantQuerySet",
    "get_conversation_model",
    "get_message_model",
]
