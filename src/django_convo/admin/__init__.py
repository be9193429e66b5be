"""The admin site's pages, over the models in use.

A host that wants other ones subclasses these: `admin.site.unregister(Conversation)`, then registers its own.
"""

from __future__ import annotations

from django.contrib import admin

from django_convo.models import (
    Attachment,
    AuditEntry,
    Block,
    Event,
    Participant,
    Report,
    Sanction,
    ScheduledMessage,
    get_conversation_model,
    get_message_model,
)

from .attachments import AttachmentAdmin
from .audit import AuditEntryAdmin
from .blocks import BlockAdmin
from .conversations import ConversationAdmin
from .events import EventAdmin
from .messages import MessageAdmin
from .participants import ParticipantAdmin
from .reports import ReportAdmin
from .sanctions import SanctionAdmin
from .scheduled import ScheduledMessageAdmin

__all__ = [
    "AttachmentAdmin",
    "AuditEntryAdmin",
    "BlockAdmin",
    "ConversationAdmin",
    "EventAdmin",
    "MessageAdmin",
    "ParticipantAdmin",
    "ReportAdmin",
    "SanctionAdmin",
    "ScheduledMessageAdmin",
]

for model, model_admin in (
    (get_conversation_model(), ConversationAdmin),
    (Participant, ParticipantAdmin),
    (get_message_model(), MessageAdmin),
    (Event, EventAdmin),
    (Attachment, AttachmentAdmin),
    (ScheduledMessage, ScheduledMessageAdmin),
    (Report, ReportAdmin),
    (Sanction, SanctionAdmin),
    (Block, BlockAdmin),
    (AuditEntry, AuditEntryAdmin),
):
    # The app of a swapped model may stand before ours, and have registered what it wants.
    if not admin.site.is_registered(model):
        admin.site.register(model, model_admin)
