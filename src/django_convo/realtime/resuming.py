"""Resuming: everything that a client has missed, in order, as `POST /sync/` would have said it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any, Final
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from django_convo.api.base import encoded
from django_convo.api.frames import render_frames
from django_convo.api.sync import read_cursor, write_cursor
from django_convo.conf import settings
from django_convo.models import AbstractConversation, Event, Participant
from django_convo.selectors import Position, decorate, own, remember
from django_convo.selectors.connections import own_rows
from django_convo.selectors.sync import OVERLAP, TOTAL_FACTOR, departed, replay

from .texts import context_of, conversation_joined, conversation_left, membership_updated, resumed

# Conversations that changed, of which a client without their numbers is told; what is beyond has to be reloaded.
_MOST_CHANGED: Final = 500


@dataclass(kw_only=True, slots=True)
class Resumption:
    """What to send, up to which event of each conversation that brings a client, and what is there and what is not."""

    texts: list[str] = field(default_factory=list)
    upto: dict[UUID, int] = field(default_factory=dict)
    limited: set[UUID] = field(default_factory=set)
    # What one takes part in, of what the client named or what has changed; and what one has left.
    present: set[UUID] = field(default_factory=set)
    gone: set[UUID] = field(default_factory=set)


def read_resumption(user: Any, cursor: str | None, heads: Mapping[UUID, int]) -> Resumption:
    """Return what followed the cursor and the heads, ending with `resumed`; some fifteen queries at most.

    With heads, the events that follow them; without, those since the time of the cursor, some of them for the second
    time. Conversations that are new to the client come whole. Raises ParseError (`invalid_cursor`).
    """
    began = timezone.now()
    position = read_cursor(user, cursor)
    since = None if position is None or position.since is None else position.since - OVERLAP
    known = _known(user, heads)
    changed = [] if since is None else _changed(user, since)
    result = Resumption()
    result.gone = {key for key in heads if key not in known}
    if since is not None:
        result.gone |= departed(user, since) - {row.pk for row in changed} - set(known)
    events = _missed(user, known, heads, result)
    new = [row for row in changed if row.pk not in known]
    joined: list[AbstractConversation] = []
    if since is not None:
        result.limited |= {row.pk for row in new[_MOST_CHANGED:]}
        new = new[:_MOST_CHANGED]
        joined = [row for row in new if heads or _has_joined(row, user, since)]
        events += _since(user, [row for row in new if row not in joined], since, result)
    conversations = {**known, **{row.pk: row for row in new}}
    result.present = set(conversations)
    frames = render_frames(events, conversations=conversations, context=context_of(user))
    told = [
        *((event.conversation_id, encoded(frame)) for event, frame in zip(events, frames, strict=True)),
        *_whole(user, joined),
        *_own(user, known if since is None else {row.pk: row for row in changed}, result),
    ]
    _limit(told, result)
    result.texts += [conversation_left(key) for key in sorted(result.gone)]
    result.texts += [text for key, text in told if key not in result.limited]
    for event in events:
        result.upto[event.conversation_id] = max(event.event_seq, result.upto.get(event.conversation_id, 0))
    result.upto |= {row.pk: row.event_seq for row in joined}
    result.upto = {key: number for key, number in result.upto.items() if key not in result.limited}
    result.texts.append(resumed(result.limited, write_cursor(user, Position(since=began))))
    return result


def _known(user: Any, heads: Mapping[UUID, int]) -> dict[UUID, AbstractConversation]:
    found = {row.pk: row for row in own(user).filter(pk__in=heads)} if heads else {}
    remember(user, found.values())
    return found


def _changed(user: Any, since: datetime) -> list[AbstractConversation]:
    """Return one's own conversations that changed since, or of which one's own state did; the latest first."""
    wanted = Q(changed_at__gte=since) | Q(actor_membership__updated_at__gte=since)
    rows = list(own(user, wanted).order_by("-changed_at", "pk")[: 2 * _MOST_CHANGED])
    remember(user, rows)
    return rows


def _missed(
    user: Any, known: Mapping[UUID, AbstractConversation], heads: Mapping[UUID, int], result: Resumption
) -> list[Event]:
    """Return what followed the heads; what is too much is to be reloaded."""
    logs, limited = replay(user, known, {key: head for key, head in heads.items() if key in known})
    result.limited |= set(limited)
    return [event for key in sorted(logs) for event in logs[key].events]


def _since(
    user: Any, conversations: Sequence[AbstractConversation], since: datetime, result: Resumption
) -> list[Event]:
    """Return the events of these conversations since a time, as far as they are few; one query."""
    wanted = [Q(conversation=row.pk, event_seq__gte=_joined_event_seq(row, user)) for row in conversations]
    if not wanted:
        return []
    rows = Event.objects.filter(reduce(or_, wanted), created_at__gte=since).order_by("conversation_id", "event_seq")
    most = settings.SYNC_MAX_EVENTS * TOTAL_FACTOR
    found = list(rows[: most + 1])
    by_conversation: dict[UUID, list[Event]] = {}
    for event in found:
        by_conversation.setdefault(event.conversation_id, []).append(event)
    if len(found) > most:
        # Where the answer ends there may be more, and of what follows nothing was read.
        last = found[-1].conversation_id
        result.limited |= {row.pk for row in conversations if row.pk not in by_conversation} | {last}
    result.limited |= {key for key, events in by_conversation.items() if len(events) > settings.SYNC_MAX_EVENTS}
    return [event for key, events in by_conversation.items() if key not in result.limited for event in events]


def _whole(user: Any, conversations: Sequence[AbstractConversation]) -> list[tuple[UUID, str]]:
    """Return conversations as a whole."""
    decorate(user, conversations)
    return [(row.pk, conversation_joined(row, user)) for row in conversations]


def _own(user: Any, conversations: Iterable[UUID], result: Resumption) -> list[tuple[UUID, str]]:
    """Return one's own state where it may have changed."""
    pairs = {(key, user.pk) for key in conversations if key not in result.limited}
    rows = own_rows(pairs) if pairs else []
    return [(row.conversation_id, membership_updated(row, user)) for row in rows]


def _limit(told: Iterable[tuple[UUID, str]], result: Resumption) -> None:
    """Have reloaded what is more than may wait for a connection, the largest first.

    All of it is said at once: whoever is closed for it comes back from the same place, to be closed again. Half of
    what may wait is left to what is new meanwhile.
    """
    sizes: dict[UUID, int] = {}
    for key, text in told:
        sizes[key] = sizes.get(key, 0) + len(text)
    left = settings.REALTIME_QUEUE_BYTES // 2
    for key in sorted(sizes, key=lambda key: sizes[key]):
        left -= sizes[key]
        if left < 0:
            result.limited.add(key)


def _membership(conversation: AbstractConversation, user: Any) -> Participant:
    participant = conversation.membership_of(user)
    assert participant is not None  # nosec B101  # noqa: S101 - read as one's own
    return participant


def _joined_event_seq(conversation: AbstractConversation, user: Any) -> int:
    return _membership(conversation, user).joined_event_seq


def _has_joined(conversation: AbstractConversation, user: Any, since: datetime) -> bool:
    return _membership(conversation, user).joined_at >= since
