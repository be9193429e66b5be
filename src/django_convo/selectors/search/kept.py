"""A search on PostgreSQL as a statement that is kept, for those who see by the package's own policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import router
from django.db.models import DateTimeField, OuterRef, Q, QuerySet, Subquery, TextField
from django.utils import timezone

from django_convo.models import Participant, get_message_model
from django_convo.policy import capabilities
from django_convo.policy.sight import conversations_left, messages_shown, quotes_shown
from django_convo.selectors.kept import Bound, Slot, bound_actor, bound_id, bound_now, kept
from django_convo.selectors.keyset import turned
from django_convo.selectors.messages import ALL_ORDER, with_shown

from .postgres import Form, PostgresBackend, Sql, among_keys, recent_for, sql_of
from .words import Words

if TYPE_CHECKING:
    from django_convo.models import AbstractMessage

# When and which: where a message stands by time.
Mark = tuple[datetime, UUID]


def beyond_mark(moment: Any, key: Any, side: str) -> Q:
    """Return the filter for the message of a mark and all on that side of it, `lt` or `gt`."""
    return Q(**{f"sent_at__{side}e": moment}) & (Q(**{f"sent_at__{side}": moment}) | Q(**{f"pk__{side}e": key}))


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptSearch:
    """What the statement depends on beside the words: whose search it is, and in what."""

    backend: PostgresBackend
    actor: Any
    powers: frozenset[str]
    conversation_id: UUID | None
    sender: Any | None

    def read(self, words: Words, mark: Mark | None, *, backwards: bool, limit: int) -> list[AbstractMessage]:
        """Return the next matches older than the mark, or `backwards` newer, nearest first; two queries."""
        form = self.backend.form_of(words, router.db_for_read(get_message_model()))
        given = {"conversation": self.conversation_id, "sender": self.sender}
        if mark is not None:
            given |= {"moment": mark[0], "key": mark[1]}
        given = {name: value for name, value in given.items() if value is not None}
        asked = {f"asked{number}": text for number, text in enumerate(self.backend.asked(words))}
        statement = _matches(form, self.powers, tuple(given), backwards, limit)
        return statement.read(actor=self.actor.pk, now=timezone.now(), **given, **asked)


@kept
def _matches(
    form: Form, powers: frozenset[str], given: tuple[str, ...], backwards: bool, limit: int
) -> QuerySet[AbstractMessage]:
    user, order = bound_actor(), turned(ALL_ORDER, backwards)
    rows = messages_shown(user, powers, bound_now()).filter(deleted_at=None)
    if "conversation" in given:
        rows = rows.filter(conversation=bound_id("conversation"))
    if "sender" in given:
        rows = rows.filter(sender=bound_actor("sender"))
    if "key" in given:
        key = bound_id("key")
        side = "gt" if backwards else "lt"
        rows = rows.filter(beyond_mark(Bound("moment", DateTimeField()), key, side)).exclude(pk=key)
    recent = None
    if not form.is_rare and capabilities.VIEW_ANY not in powers:
        # Named as keys, or the planner may hash all conversations that there are.
        own = sql_of(Participant.objects.filter(user=user).values_list("conversation"))
        rows = among_keys(rows, own, column="conversation_id")
        recent = None if given else _recent(user, own, recent_for(limit))
    keys = form.keys(rows, _slots(form), order=order, limit=limit, recent=recent)
    shown = with_shown(get_message_model()._default_manager.all(), quotes_shown(user, powers))
    return among_keys(shown, keys).order_by(*order)[:limit]


def _recent(user: Any, own: Sql, most: int) -> QuerySet[Any, Any]:
    """Return those of one's conversations in which something was said last, and from where on it is seen."""
    rows = among_keys(conversations_left(user, bound_now()), own).order_by("-last_message_at")
    sight = Participant.objects.filter(conversation=OuterRef("pk"), user=user).values("visible_from_seq")
    return rows.values_list("pk", "last_message_at", "last_seq", Subquery(sight[:1]))[:most]


def _slots(form: Form) -> Sequence[Any]:
    return [Slot(f"asked{number}", TextField()) for number in range(form.patterns + 1)]
