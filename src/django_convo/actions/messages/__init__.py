"""Sending, editing, deleting and restoring messages."""

from .attachments import delete_attachment
from .content import CLIENT_ID_MAX_LENGTH
from .deleting import delete_message, restore_message
from .editing import edit_message
from .forwarding import find_repeated_forward, forward_message
from .hooks import OutgoingMessage
from .mentions import EVERYONE
from .sending import find_repeated, send_message

__all__ = [
    "CLIENT_ID_MAX_LENGTH",
    "EVERYONE",
    "OutgoingMessage",
    "delete_attachment",
    "delete_message",
    "edit_message",
    "find_repeated",
    "find_repeated_forward",
    "forward_message",
    "restore_message",
    "send_message",
]
