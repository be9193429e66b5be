"""Creating, changing, closing and deleting conversations."""

from .changes import close_conversation, delete_conversation, reopen_conversation, update_conversation
from .creation import create_conversation

__all__ = [
    "close_conversation",
    "create_conversation",
    "delete_conversation",
    "reopen_conversation",
    "update_conversation",
]
