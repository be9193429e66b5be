"""Every write, for the host's own code as for the API: keyword-only, in the caller's transaction."""

from .access import refresh_access
from .attachments import create_attachment
from .audit import record_view
from .base import UNSET
from .blocks import block_user, unblock_user
from .conversations import (
    close,
    create_conversation,
    delete_conversation,
    find_direct,
    reopen,
    update_conversation,
)
from .drafts import delete_draft, save_draft
from .erasure import erase_user
from .membership import mark_delivered, mark_read, mark_unread, update_membership
from .messages import (
    EVERYONE,
    OutgoingMessage,
    delete_attachment,
    delete_message,
    edit_message,
    find_repeated,
    find_repeated_forward,
    forward_message,
    restore_message,
    send_message,
)
from .participants import (
    add_participant,
    change_role,
    forget_user,
    join,
    leave,
    remove_participant,
)
from .pins import pin_message, unpin_message
from .reactions import add_reaction, remove_reaction
from .reports import report_message, review_report
from .sanctions import impose_sanction, lift_sanction
from .saved import save_message, unsave_message
from .scheduled import (
    cancel_scheduled,
    find_repeated_schedule,
    schedule_message,
    send_due,
    send_due_message,
    update_scheduled,
)
from .tickets import issue_ticket, redeem_ticket
from .typing import show_typing
from .users import delete_user, register_user, update_user

__all__ = [
    "EVERYONE",
    "UNSET",
    "OutgoingMessage",
    "add_participant",
    "add_reaction",
    "block_user",
    "cancel_scheduled",
    "change_role",
    "close",
    "create_attachment",
    "create_conversation",
    "delete_attachment",
    "delete_conversation",
    "delete_draft",
    "delete_message",
    "delete_user",
    "edit_message",
    "erase_user",
    "find_direct",
    "find_repeated",
    "find_repeated_forward",
    "find_repeated_schedule",
    "forget_user",
    "forward_message",
    "impose_sanction",
    "issue_ticket",
    "join",
    "leave",
    "lift_sanction",
    "mark_delivered",
    "mark_read",
    "mark_unread",
    "pin_message",
    "record_view",
    "redeem_ticket",
    "refresh_access",
    "register_user",
    "remove_participant",
    "remove_reaction",
    "reopen",
    "report_message",
    "restore_message",
    "review_report",
    "save_draft",
    "save_message",
    "schedule_message",
    "send_due",
    "send_due_message",
    "send_message",
    "show_typing",
    "unblock_user",
    "unpin_message",
    "unsave_message",
    "update_conversation",
    "update_membership",
    "update_scheduled",
    "update_user",
]
