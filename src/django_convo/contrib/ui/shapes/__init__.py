"""What the templates are given: plain values made from rows, so that a host's template needs no query."""

from .bodies import render_body, render_found
from .conversations import ConversationRow, conversation_rows, conversation_template
from .files import FileRow
from .lines import Line, lines_of
from .messages import MessageRow, Quote, message_row, message_rows, message_templates
from .people import Person, person_of
from .sanctions import SanctionRow, sanction_row

__all__ = [
    "ConversationRow",
    "FileRow",
    "Line",
    "MessageRow",
    "Person",
    "Quote",
    "SanctionRow",
    "conversation_rows",
    "conversation_template",
    "lines_of",
    "message_row",
    "message_rows",
    "message_templates",
    "person_of",
    "render_body",
    "render_found",
    "sanction_row",
]
