"""Windows: a part of one conversation, from wherever a reader stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, QuerySet
from django.utils import timezone

from django_convo.policy import capabilities, get_policy, powers_of
from django_convo.policy.sight import messages_within, quotes_within

from .kept import Bound, bound_actor, bound_id, bound_now, kept
from .keyset import cut, keyset_rows, turned
from .messages import CONVERSATION_ORDER, oldest_seq, readable, sight_of, with_shown

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowBounds:
    """Which part of a conversation: at most `limit` messages before or after a number, around one, or the newest."""

    limit: int
    before: int | None = None
    after: int | None = None
    around: int | None = None
    is_around_first_unread: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Window:
    """Messages, newest first, and what lies on either side; `event_seq` was read before them."""

    rows: Sequence[AbstractMessage]
    event_seq: int
    anchor_seq: int | None
    oldest_seq: int
    has_older: bool
    has_newer: bool


def window(actor: Any, conversation: AbstractConversation, bounds: WindowBounds) -> Window:
    """Return a part of the conversation in one query, or two where the first unread message has to be found.

    The numbers have no gaps, so that half of a window around a message is a range, not a count. `before` and `after`
    are exclusive; beyond either end is that end.
    """
    oldest = _oldest(actor, conversation)
    anchor = _anchor(actor, conversation, bounds, oldest)
    marks: dict[str, int] = {}
    if anchor is not None:
        # Half newer, the rest older; near the beginning there are fewer older, so more newer ones.
        marks["seq__lte"] = max(anchor + bounds.limit // 2, oldest + bounds.limit - 1)
    if bounds.before is not None:
        marks["seq__lt"] = bounds.before
    if bounds.after is not None:
        marks["seq__gt"] = bounds.after
    upwards = bounds.after is not None and bounds.before is None
    rows, has_more = _part(actor, conversation, marks, limit=bounds.limit, upwards=upwards)
    return Window(
        rows=rows,
        event_seq=conversation.event_seq,
        anchor_seq=anchor,
        oldest_seq=oldest,
        has_older=bool(rows) and (rows[-1].seq > oldest if upwards else _has_older(rows, has_more, bounds, oldest)),
        has_newer=bool(rows) and (has_more if upwards else rows[0].seq < conversation.last_seq),
    )


def _oldest(actor: Any, conversation: AbstractConversation) -> int:
    """Return the number below which the actor finds nothing."""
    participant = conversation.membership_of(actor)
    if participant is None:
        return oldest_seq(conversation)
    own: int = participant.visible_from_seq
    is_all_seen = capabilities.VIEW_ANY in (powers_of(actor) or ())
    return oldest_seq(conversation) if own > 1 and is_all_seen else own


def _part(
    actor: Any, conversation: AbstractConversation, marks: dict[str, int], *, limit: int, upwards: bool
) -> tuple[list[AbstractMessage], bool]:
    """Read the newest messages between the marks, or `upwards` the oldest, and say whether there are more."""
    oldest = sight_of(actor, powers_of(actor), conversation)
    if oldest is None:
        rows = readable(actor).filter(conversation=conversation.pk, **marks)
        return keyset_rows(rows, order=CONVERSATION_ORDER, limit=limit, backwards=upwards)
    found = _statement_of_part(tuple(marks), upwards, limit + 1).read(
        actor=actor.pk, now=timezone.now(), conversation=conversation.pk, visible_from_seq=oldest, **marks
    )
    return cut(found, limit=limit, backwards=upwards)


@kept
def _statement_of_part(marks: tuple[str, ...], upwards: bool, limit: int) -> QuerySet[AbstractMessage]:
    oldest, conversation = Bound("visible_from_seq", BigIntegerField()), bound_id("conversation")
    rows = messages_within(bound_actor(), conversation, oldest, bound_now())
    rows = rows.filter(**{mark: Bound(mark, BigIntegerField()) for mark in marks})
    shown = with_shown(rows, quotes_within(conversation, oldest))
    return shown.order_by(*turned(CONVERSATION_ORDER, upwards))[:limit]


def _has_older(rows: Sequence[AbstractMessage], has_more: bool, bounds: WindowBounds, oldest: int) -> bool:
    # Below an `after` there is more that the query left out.
    return has_more or (bounds.after is not None and rows[-1].seq > oldest)


def _anchor(actor: Any, conversation: AbstractConversation, bounds: WindowBounds, oldest: int) -> int | None:
    if conversation.last_seq < oldest:
        return None
    if bounds.around is not None:
        return max(oldest, min(bounds.around, conversation.last_seq))
    return _first_unread(actor, conversation) if bounds.is_around_first_unread else None


def _first_unread(actor: Any, conversation: AbstractConversation) -> int | None:
    """Return the number of the first message that counts as unread, or None where all is read."""
    participant = conversation.membership_of(actor)
    if participant is None or participant.read_count_seq >= conversation.count_seq:
        return None
    unread: Any = (
        get_policy().visible_messages(actor).filter(conversation=conversation.pk, seq__gt=participant.last_read_seq)
    )
    first: int | None = unread.counted(actor).order_by("seq").values_list("seq", flat=True).first()
    return first
