"""A machine that takes every action in any order, and what it expects of each."""

from .base import Base
from .conversations import ConversationRules
from .files import FileRules
from .messages import MessageRules
from .own import OwnRules
from .participants import ParticipantRules
from .scheduled import ScheduledRules
from .upkeep import UpkeepRules
from .users import UserRules

__all__ = [
    "Base",
    "ConversationRules",
    "FileRules",
    "MessageRules",
    "OwnRules",
    "ParticipantRules",
    "ScheduledRules",
    "UpkeepRules",
    "UserRules",
]
