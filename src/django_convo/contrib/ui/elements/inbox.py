"""`<convo-inbox>`: one's own conversations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db.models import QuerySet

from django_convo import actions
from django_convo.contrib.ui.pages import page_of
from django_convo.contrib.ui.shapes import ConversationRow, conversation_rows, conversation_template
from django_convo.selectors import INBOX_ORDER, InboxFilters, decorate, inbox
from django_convo.selectors.search import is_known_as, words_of

from .surroundings import surroundings

if TYPE_CHECKING:
    from django.http import HttpRequest

# What the inbox can be narrowed to, by the name in the address.
FILTERS: Final = {
    "inbox": InboxFilters(),
    "unread": InboxFilters(unread=True),
    "archived": InboxFilters(archived=True),
}
# As many as fill a tall screen.
_ROWS: Final = 30


def inbox_context(
    request: HttpRequest, *, filters: str = "inbox", query: str = "", current: Any = None
) -> dict[str, Any]:
    """Return the context of `convo_ui/inbox_list.html`; at most five queries at any size.

    `filters` is a name of `FILTERS`; a `query` keeps what is known by its words; `current` is the conversation that is
    open beside it.
    """
    wanted = {"filter": filters, "q": query}
    narrowed = {name: value for name, value in wanted.items() if value}
    rows = _rows(request.user, filters, query)
    page = page_of(rows, INBOX_ORDER, request, limit=_ROWS, parameters=narrowed)
    return {
        **surroundings(request.user),
        "conversations": shown(request.user, page.rows),
        "page": page,
        "filter": filters,
        "filters": list(FILTERS),
        "query": query,
        "current": "" if current is None else str(current),
        "conversation_template": conversation_template(),
    }


def shown(actor: Any, conversations: Sequence[Any]) -> list[ConversationRow]:
    """Return what is shown of a page of conversations, and write down what is read by power alone."""
    decorate(actor, conversations)
    messages = [row.last_message for row in conversations if row.last_message is not None]
    actions.record_view(actor=actor, messages=messages)
    return conversation_rows(actor, conversations)


def _rows(actor: Any, filters: str, query: str) -> QuerySet[Any]:
    rows: QuerySet[Any] = inbox(actor, filters=FILTERS[filters])
    return rows.filter(is_known_as(actor, words_of(query))) if query else rows
