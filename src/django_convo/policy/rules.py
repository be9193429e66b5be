"""What a conversation's own state forbids, whoever asks: no policy can allow it."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import Denied
from django_convo.types import ConversationKind

from . import capabilities as c

# A direct is the two people it was made for, for good.
_FIXED_IN_DIRECT = frozenset({c.PARTICIPANT_ADD, c.PARTICIPANT_REMOVE, c.PARTICIPANT_SET_ROLE, c.JOIN, c.DELETE})
# A closed conversation can be read, left and administered, but nothing is added to it.
_FROZEN_WHEN_CLOSED = c.SPEAKING | {c.PARTICIPANT_ADD, c.JOIN}


def direct_is_fixed() -> Denied:
    """Return the refusal of whatever would change who is in a direct."""
    return Denied("direct_is_fixed", _("A direct conversation is fixed: archive it to hide it."))


def not_open_to_join() -> Denied:
    """Return the refusal of coming in by oneself where one has to be added."""
    return Denied("not_open_to_join", _("Only channels can be joined. Ask to be added."))


def refusal(conversation: Any, capability: str, *, is_host: bool = False) -> Denied | None:
    """Return what the state of the conversation says against this, or None.

    The host itself may still write into a closed conversation; a direct is fixed for it too, because its key says who
    is in it.
    """
    if conversation.is_direct and capability in _FIXED_IN_DIRECT:
        return direct_is_fixed()
    if capability == c.JOIN and conversation.kind != ConversationKind.CHANNEL:
        return not_open_to_join()
    if conversation.is_closed and capability in _FROZEN_WHEN_CLOSED and not is_host:
        return Denied("conversation_closed", _("This conversation is closed."))
    return None
