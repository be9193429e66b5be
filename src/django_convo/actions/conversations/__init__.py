"""Creating, changing, closing and deleting conversations."""

from .changes import close, delete_conversation, reopen, update_conversation
from .creation import create_conversation, find_direct

__all__ = [
    "close",
    "create_conversation",
    "delete_conversation",
    "find_direct",
    "reopen",
    "update_conversation",
]
