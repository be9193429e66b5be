"""`<convo-thread>`: a conversation, or one thread of it, with the field to write in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext as _

from django_convo import actions, files
from django_convo.conf import settings
from django_convo.contrib.ui.forms import ComposerForm
from django_convo.contrib.ui.shapes import MessageRow, conversation_rows, lines_of, message_rows, message_templates
from django_convo.contrib.ui.shapes.files import file_template
from django_convo.policy import capabilities
from django_convo.selectors import decorate, decorate_messages
from django_convo.selectors.keyset import keyset_rows
from django_convo.selectors.messages import CONVERSATION_ORDER, replies
from django_convo.selectors.receipts import has_receipts
from django_convo.selectors.windows import Window, WindowBounds, window

from .surroundings import surroundings

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage

_FILE_TEMPLATES: Final = {
    "attachment-image": file_template(is_image=True),
    "attachment-file": file_template(is_image=False),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Thread:
    """Messages that were read for somebody, and what they are part of; `root` where it is one thread."""

    actor: Any
    conversation: AbstractConversation
    window: Window
    root: AbstractMessage | None = None

    @property
    def messages(self) -> Sequence[AbstractMessage]:
        """The messages in order, after the one with which the thread began."""
        rows = list(reversed(self.window.rows))
        return rows if self.root is None else [self.root, *rows]


def open_thread(
    actor: Any,
    conversation: AbstractConversation,
    *,
    bounds: WindowBounds | None = None,
    root: AbstractMessage | None = None,
) -> Thread:
    """Read part of a conversation for somebody who may read it, or of one thread; at most eight queries.

    Without `bounds`, at what is unread. What is read by `conversation.view_any` is written down.
    """
    bounds = bounds or WindowBounds(limit=settings.PAGE_SIZE, is_around_first_unread=True)
    decorate(actor, [conversation])
    found = window(actor, conversation, bounds) if root is None else _replies(actor, conversation, root, bounds)
    thread = Thread(actor=actor, conversation=conversation, window=found, root=root)
    decorate_messages(actor, thread.messages)
    actions.record_view(actor=actor, conversations=[conversation], messages=thread.messages)
    return thread


def thread_context(thread: Thread, *, form: ComposerForm | None = None, quoted: Any = None) -> dict[str, Any]:
    """Return the context of `convo_ui/thread.html`; one query where the conversation is about something.

    `form` is what was refused, with what was written; `quoted` the message that is to be answered.
    """
    actor, conversation, found = thread.actor, thread.conversation, thread.window
    participant = conversation.membership_of(actor)
    granted: frozenset[str] = getattr(conversation, "viewer_capabilities", frozenset())
    rows = message_rows(actor, thread.messages, conversation=conversation)
    first_unread = _first_unread(rows, participant)
    return {
        **surroundings(actor),
        "conversation": conversation_rows(actor, [conversation])[0],
        "membership": participant,
        "capabilities": sorted(granted),
        "lines": lines_of(rows, first_unread=first_unread),
        "window": found,
        "is_unread_elsewhere": thread.root is None and first_unread is None and _has_unread(conversation, participant),
        "oldest_shown": found.rows[-1].seq if found.rows else 0,
        "newest_shown": found.rows[0].seq if found.rows else 0,
        "last_seq": conversation.last_seq,
        "root": None if thread.root is None else str(thread.root.pk),
        "has_receipts": has_receipts(conversation) and participant is not None,
        "form": form or ComposerForm.begun(participant, thread.root, quoted),
        "quoted": None if quoted is None else message_rows(actor, [quoted])[0],
        "locked": _locked(conversation, participant, granted),
        "may_join": capabilities.JOIN in granted,
        "takes_files": files.is_available(),
        "max_length": settings.MESSAGE_MAX_LENGTH,
        "max_files": settings.ATTACHMENT_MAX_PER_MESSAGE,
        "reactions": settings.REACTIONS,
        "message_templates": message_templates(conversation.pk),
        "file_templates": _FILE_TEMPLATES,
    }


def _replies(actor: Any, conversation: Any, root: AbstractMessage, bounds: WindowBounds) -> Window:
    """Read a thread as a window: the newest answers, or those before a number."""
    rows = replies(actor, root)
    if bounds.before is not None:
        rows = rows.filter(seq__lt=bounds.before)
    found, has_more = keyset_rows(rows, order=CONVERSATION_ORDER, limit=bounds.limit)
    return Window(
        rows=found,
        event_seq=conversation.event_seq,
        anchor_seq=None,
        oldest_seq=root.seq,
        has_older=has_more,
        has_newer=bounds.before is not None,
    )


def _first_unread(rows: Sequence[MessageRow], participant: Any) -> int | None:
    """Return the number of the first message that counts as unread, of those that are shown."""
    if participant is None:
        return None
    unread = (row for row in rows if row.seq > participant.last_read_seq and not row.is_own)
    return next((row.seq for row in unread if not (row.is_system or row.is_deleted)), None)


def _has_unread(conversation: Any, participant: Any) -> bool:
    return participant is not None and bool(conversation.count_seq > participant.read_count_seq)


def _locked(conversation: Any, participant: Any, granted: frozenset[str]) -> str:
    """Return why one may not write here; nothing where one may."""
    if capabilities.MESSAGE_SEND in granted:
        return ""
    if conversation.is_closed:
        return _("This conversation is closed.")
    if participant is None:
        return _("You are not a member of this conversation.")
    return _("You cannot write here.")
