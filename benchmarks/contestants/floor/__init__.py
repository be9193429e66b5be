"""The floor: for each answer one statement by hand, or the few that are quicker, and one JSON dump, in a bare view.

It gives the same JSON, to members alone, and nothing else: no policy to replace, no bans, no blocks, no audit, no
throttles, no other users or databases than these, no schema and no hooks.
"""

from .views import inbox, messages, search, sync, unread

__all__ = ["inbox", "messages", "search", "sync", "unread"]
