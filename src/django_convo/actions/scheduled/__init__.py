"""Scheduling messages, changing and cancelling what is scheduled, and sending what is due."""

from .changing import cancel_scheduled, update_scheduled
from .due import send_due, send_due_message
from .scheduling import find_repeated_schedule, schedule_message

__all__ = [
    "cancel_scheduled",
    "find_repeated_schedule",
    "schedule_message",
    "send_due",
    "send_due_message",
    "update_scheduled",
]
