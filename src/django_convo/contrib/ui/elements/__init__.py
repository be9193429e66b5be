"""The three elements that wrap what is live, as contexts of their templates: for the pages and for the tags alike."""

from .badge import badge_context
from .inbox import inbox_context
from .surroundings import api_root, surroundings
from .thread import Thread, open_thread, thread_context

__all__ = [
    "Thread",
    "api_root",
    "badge_context",
    "inbox_context",
    "open_thread",
    "surroundings",
    "thread_context",
]
