"""Every write, for the host's own code as for the API: keyword-only, in the caller's transaction."""

from .base import UNSET
from .conversations import (
    close,
    create_conversation,
    delete_conversation,
    find_direct,
    reopen,
    update_conversation,
)
from .membership import mark_read, mark_unread, update_membership
from .messages import find_repeated, send_message
from .participants import (
    add_participant,
    change_role,
    forget_user,
    join,
    leave,
    remove_participant,
)
from .users import delete_user, register_user, update_user

__all__ = [
    "UNSET",
    "add_participant",
    "change_role",
    "close",
    "create_conversation",
    "delete_conversation",
    "delete_user",
    "find_direct",
    "find_repeated",
    "forget_user",
    "join",
    "leave",
    "mark_read",
    "mark_unread",
    "register_user",
    "remove_participant",
    "reopen",
    "send_message",
    "update_conversation",
    "update_membership",
    "update_user",
]
