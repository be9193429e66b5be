"""What the operator's commands write: repairing counters, and removing what is older than the retention."""

from .conversations import prune_conversation, walk_expired_conversations
from .log import Position, prune_departures, prune_events
from .messages import prune_messages, walk_conversations_with_expired
from .repairing import MAX_FILLED_EVENTS, repair_conversation, repair_misplaced
from .tombstones import empty_tombstones

__all__ = [
    "MAX_FILLED_EVENTS",
    "Position",
    "empty_tombstones",
    "prune_conversation",
    "prune_departures",
    "prune_events",
    "prune_messages",
    "repair_conversation",
    "repair_misplaced",
    "walk_conversations_with_expired",
    "walk_expired_conversations",
]
