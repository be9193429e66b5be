"""Every read that crosses nouns."""

from .events import Log, read_log, read_logs
from .extras import decorate_messages
from .inbox import CHANNEL_ORDER, INBOX_ORDER, InboxFilters, inbox, inbox_page, open_channels, own, remember, visible
from .notify import Recipient, notify_recipients
from .snapshots import decorate
from .sync import Changes, Position, changes
from .unread import Unread, unread

__all__ = [
    "CHANNEL_ORDER",
    "INBOX_ORDER",
    "Changes",
    "InboxFilters",
    "Log",
    "Position",
    "Recipient",
    "Unread",
    "changes",
    "decorate",
    "decorate_messages",
    "inbox",
    "inbox_page",
    "notify_recipients",
    "open_channels",
    "own",
    "read_log",
    "read_logs",
    "remember",
    "unread",
    "visible",
]
