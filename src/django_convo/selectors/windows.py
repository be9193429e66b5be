"""Windows: a part of one conversation, from wherever a reader stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import BigIntegerField, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
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
    """Return a part of the conversation in one query; in two where a host's policy has to find the first unread one.

    The numbers have no gaps, so that half of a window around a message is a range, not a count. `before` and `after`
    are exclusive; beyond either end is that end.
    """
    oldest = _oldest(actor, conversation)
    sight = sight_of(actor, powers_of(actor), conversation)
    upwards = bounds.after is not None and bounds.before is None
    pointer = _unread_since(actor, conversation) if bounds.is_around_first_unread else None
    if pointer is not None and sight is not None:
        rows, has_more, anchor = _part_at_first_unread(
            actor, conversation, sight, pointer=pointer, least=oldest + bounds.limit - 1, limit=bounds.limit
        )
    else:
        anchor = _anchor(actor, conversation, bounds, oldest)
        marks = _marks(bounds, anchor, oldest)
        rows, has_more = _part(actor, conversation, sight, marks, limit=bounds.limit, upwards=upwards)
    return Window(
        rows=rows,
        event_seq=conversation.event_seq,
        anchor_seq=anchor,
        oldest_seq=oldest,
        has_older=bool(rows) and (rows[-1].seq > oldest if upwards else _has_older(rows, has_more, bounds, oldest)),
        has_newer=bool(rows) and (has_more if upwards else rows[0].seq < conversation.last_seq),
    )


def _marks(bounds: WindowBounds, anchor: int | None, oldest: int) -> dict[str, int]:
    marks: dict[str, int] = {}
    if anchor is not None:
        # Half newer, the rest older; near the beginning there are fewer older, so more newer ones.
        marks["seq__lte"] = max(anchor + bounds.limit // 2, oldest + bounds.limit - 1)
    if bounds.before is not None:
        marks["seq__lt"] = bounds.before
    if bounds.after is not None:
        marks["seq__gt"] = bounds.after
    return marks


def _oldest(actor: Any, conversation: AbstractConversation) -> int:
    """Return the number below which the actor finds nothing."""
    participant = conversation.membership_of(actor)
    if participant is None:
        return oldest_seq(conversation)
    own: int = participant.visible_from_seq
    is_all_seen = capabilities.VIEW_ANY in (powers_of(actor) or ())
    return oldest_seq(conversation) if own > 1 and is_all_seen else own


def _part(
    actor: Any,
    conversation: AbstractConversation,
    sight: int | None,
    marks: dict[str, int],
    *,
    limit: int,
    upwards: bool,
) -> tuple[list[AbstractMessage], bool]:
    """Read the newest messages between the marks, or `upwards` the oldest, and say whether there are more."""
    if sight is None:
        rows = readable(actor).filter(conversation=conversation.pk, **marks)
        return keyset_rows(rows, order=CONVERSATION_ORDER, limit=limit, backwards=upwards)
    found = _statement_of_part(tuple(marks), upwards, limit + 1).read(
        actor=actor.pk, now=timezone.now(), conversation=conversation.pk, visible_from_seq=sight, **marks
    )
    return cut(found, limit=limit, backwards=upwards)


@kept
def _statement_of_part(marks: tuple[str, ...], upwards: bool, limit: int) -> QuerySet[AbstractMessage]:
    rows = _within().filter(**{mark: _number(mark) for mark in marks})
    return _shown(rows).order_by(*turned(CONVERSATION_ORDER, upwards))[:limit]


def _part_at_first_unread(
    actor: Any, conversation: AbstractConversation, sight: int, *, pointer: int, least: int, limit: int
) -> tuple[list[AbstractMessage], bool, int | None]:
    """Read around the first unread message behind the pointer, and say which that is, and whether older ones are left.

    None where none counts; then it is the newest.
    """
    found: list[Any] = _statement_at_first_unread(limit + 1).read(
        actor=actor.pk,
        now=timezone.now(),
        conversation=conversation.pk,
        visible_from_seq=sight,
        pointer=pointer,
        last_seq=conversation.last_seq,
        half=limit // 2,
        least=least,
    )
    rows, has_more = cut(found, limit=limit, backwards=False)
    return rows, has_more, found[0].first_unread if found else None


@kept
def _statement_at_first_unread(limit: int) -> QuerySet[AbstractMessage]:
    unread: Any = _within().filter(seq__gt=_number("pointer"))
    first = Subquery(unread.counted(bound_actor()).order_by("seq").values("seq")[:1])
    # As in `_marks`; without one, from the newest on.
    most = Greatest(Coalesce(first, _number("last_seq")) + _number("half"), _number("least"))
    rows = _shown(_within().filter(seq__lte=most)).annotate(first_unread=first)
    return rows.order_by(*CONVERSATION_ORDER)[:limit]


def _within() -> QuerySet[AbstractMessage]:
    return messages_within(bound_actor(), bound_id("conversation"), _number("visible_from_seq"), bound_now())


def _shown(rows: QuerySet[AbstractMessage]) -> QuerySet[AbstractMessage]:
    return with_shown(rows, quotes_within(bound_id("conversation"), _number("visible_from_seq")))


def _number(name: str) -> Bound:
    return Bound(name, BigIntegerField())


def _has_older(rows: Sequence[AbstractMessage], has_more: bool, bounds: WindowBounds, oldest: int) -> bool:
    # Below an `after` there is more that the query left out.
    return has_more or (bounds.after is not None and rows[-1].seq > oldest)


def _anchor(actor: Any, conversation: AbstractConversation, bounds: WindowBounds, oldest: int) -> int | None:
    if conversation.last_seq < oldest:
        return None
    if bounds.around is not None:
        return max(oldest, min(bounds.around, conversation.last_seq))
    return _first_unread(actor, conversation) if bounds.is_around_first_unread else None


def _unread_since(actor: Any, conversation: AbstractConversation) -> int | None:
    """Return up to which number the actor has read, or None where all is read."""
    participant = conversation.membership_of(actor)
    if participant is None or participant.read_count_seq >= conversation.count_seq:
        return None
    return participant.last_read_seq


def _first_unread(actor: Any, conversation: AbstractConversation) -> int | None:
    """Return the number of the first message that counts as unread, or None where all is read."""
    pointer = _unread_since(actor, conversation)
    if pointer is None:
        return None
    unread: Any = get_policy().visible_messages(actor).filter(conversation=conversation.pk, seq__gt=pointer)
    first: int | None = unread.counted(actor).order_by("seq").values_list("seq", flat=True).first()
    return first
