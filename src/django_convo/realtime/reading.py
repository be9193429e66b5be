"""What the hub reads from the database, in a thread: what is new in conversations, rendered once for everyone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model

from django_convo.api.base import encoded, user_key
from django_convo.api.frames import SharedFrame, render_shared_frames
from django_convo.models import AbstractConversation, AbstractMessage, Event, Participant
from django_convo.policy import Policy, get_policy
from django_convo.selectors import decorate, own
from django_convo.selectors.connections import Sight, own_rows, sights
from django_convo.selectors.events import read_stretches
from django_convo.selectors.extras import extras_of
from django_convo.selectors.frames import shared_conversations
from django_convo.types import EventType

from .news import Delivery, Joined, News, OwnState, Question
from .texts import conversation_joined, membership_updated

# Events of one conversation that are read at once; what is beyond comes next.
MOST_EVENTS: Final = 200
# Events that may change what counts for others than the one who acts.
_COUNTING: Final = frozenset({EventType.MESSAGE_UPDATED, EventType.MESSAGE_DELETED, EventType.MESSAGE_RESTORED})


def read_news(questions: Sequence[Question]) -> list[News]:
    """Return what is new in these conversations; some ten queries, however many they are.

    Events are read first and memberships last: who is delivered to is never an older truth than what is delivered.
    """
    events = _events(questions)
    conversations = shared_conversations([question.conversation_id for question in questions])
    _fill_gaps(questions, events, conversations)
    shown = _rendered(events, conversations)
    found = []
    for question in questions:
        conversation = conversations.get(question.conversation_id)
        if conversation is None:
            found.append(_gone(question))
            continue
        frames = shown.get(question.conversation_id, [])
        found.append(_news(question, conversation, events[question.conversation_id], frames))
    _look_again(questions, found, conversations)
    return found


def read_own(pairs: Collection[tuple[UUID, Any]], users: Mapping[Any, Any]) -> list[OwnState]:
    """Return the own states of these users (by key) in these conversations; nothing where they take no part."""
    states = []
    for row in own_rows(pairs):
        user = users.get(row.user_id)
        if user is not None:
            states.append(OwnState(sight=_sight_of(row), text=membership_updated(row, user)))
    return states


def read_joined(user: Any, conversation_ids: Collection[UUID]) -> list[Joined]:
    """Return those of the conversations that the user takes part in and sees, whole.

    At most seven queries, and what the policy's `audience` asks of each: one.
    """
    conversations = list(own(user).filter(pk__in=conversation_ids))
    conversations = [row for row in conversations if _is_in_audience(row, user)]
    decorate(user, conversations)
    joined = []
    for conversation in conversations:
        row = conversation.membership_of(user)
        if row is not None:
            joined.append(
                Joined(
                    sight=_sight_of(row),
                    text=conversation_joined(conversation, user),
                    event_seq=conversation.event_seq,
                    membership_version=conversation.membership_version,
                )
            )
    return joined


def asks_each() -> bool:
    """Say whether the policy is asked of each delivery: a host's own may go by more than who takes part."""
    return type(get_policy()).audience is not Policy.audience


def read_users(keys: Collection[Any]) -> dict[Any, Any]:
    """Return the users of these keys; one query."""
    return get_user_model()._default_manager.in_bulk(keys) if keys else {}


def _events(questions: Sequence[Question]) -> dict[UUID, list[Event]]:
    """Read what follows in each log, and one more than is delivered at once; one query."""
    # The numbers have no gaps, so that a limit for each is a range.
    return read_stretches(
        {
            question.conversation_id: (question.delivered, question.delivered + MOST_EVENTS + 1)
            for question in questions
        }
    )


def _fill_gaps(
    questions: Sequence[Question], events: dict[UUID, list[Event]], conversations: Mapping[UUID, AbstractConversation]
) -> None:
    """Read again where the log is ahead and nothing was found: it was written to meanwhile, or pruned."""
    for question in questions:
        conversation = conversations.get(question.conversation_id)
        is_ahead = conversation is not None and conversation.event_seq > question.delivered
        if is_ahead and not events[question.conversation_id]:
            rows = Event.objects.filter(conversation=question.conversation_id, event_seq__gt=question.delivered)
            events[question.conversation_id] = list(rows.order_by("event_seq")[: MOST_EVENTS + 1])


def _rendered(
    events: Mapping[UUID, Sequence[Event]], conversations: Mapping[UUID, AbstractConversation]
) -> dict[UUID, list[SharedFrame]]:
    wanted = [event for key, rows in events.items() if key in conversations for event in rows[:MOST_EVENTS]]
    shown: dict[UUID, list[SharedFrame]] = {}
    for frame in render_shared_frames(wanted, conversations=conversations):
        shown.setdefault(frame.event.conversation_id, []).append(frame)
    return shown


def _news(
    question: Question,
    conversation: AbstractConversation,
    events: Sequence[Event],
    frames: Sequence[SharedFrame],
) -> News:
    news = News(
        conversation_id=conversation.pk,
        head=frames[-1].event.event_seq if frames else question.delivered,
        membership_version=conversation.membership_version,
        has_gap=bool(events) and events[0].event_seq > question.delivered + 1,
        has_more=len(events) > MOST_EVENTS,
        is_gone=conversation.deleted_at is not None,
    )
    for frame in frames:
        allowed = None
        if asks_each() and frame.message is not None:
            allowed = frozenset(get_policy().audience(conversation, frame.message, question.users))
        news.deliveries.append(_delivery(frame, allowed))
        news.own |= _concerned(frame, question.users)
    return news


def _gone(question: Question) -> News:
    """Return the news of a conversation of which no row is left."""
    return News(
        conversation_id=question.conversation_id,
        head=question.delivered,
        membership_version=question.membership_version,
        is_gone=True,
    )


def _delivery(frame: SharedFrame, allowed: frozenset[Any] | None) -> Delivery:
    message, own_frame = frame.message, frame.own
    return Delivery(
        event_seq=frame.event.event_seq,
        seq=None if message is None else message.seq,
        text=None if frame.frame is None else encoded(frame.frame),
        hidden=encoded(frame.hidden),
        sender=None if message is None else message.sender_id,
        own=None if own_frame is None else encoded(own_frame),
        allowed=allowed,
    )


def _concerned(frame: SharedFrame, users: frozenset[Any]) -> frozenset[Any]:
    """Return whose own state an event may have changed: whose counts it moved, whose pointer, and whose role."""
    event = frame.event
    if event.type in _COUNTING or "oldest_seq" in event.payload:
        return users
    if event.type == EventType.PARTICIPANT_UPDATED:
        return users & {user_key(event.payload["user"])}
    if event.type != EventType.MESSAGE_CREATED:
        return frozenset()
    named = _named(frame.message)
    return users if None in named else users & {event.actor_id, *named}


def _named(message: AbstractMessage | None) -> set[Any]:
    if message is None:
        return set()
    return {None if user is None else user.pk for user in extras_of(message).mentions}


def _look_again(
    questions: Sequence[Question], found: Sequence[News], conversations: Mapping[UUID, AbstractConversation]
) -> None:
    """Read who sees what where that has changed since the hub knew, or where the policy says so of each delivery."""
    stale = [
        (question, news)
        for question, news in zip(questions, found, strict=True)
        if not news.is_gone and (asks_each() or news.membership_version != question.membership_version)
    ]
    if not stale:
        return
    asked_about: set[Any] = set()
    for question, news in stale:
        has_changed = news.membership_version != question.membership_version
        asked_about |= question.everyone if asks_each() and has_changed else question.users
    rows = sights([question.conversation_id for question, _ in stale], asked_about)
    by_conversation: dict[UUID, dict[Any, Sight]] = {}
    for sight in rows:
        by_conversation.setdefault(sight.conversation_id, {})[sight.user_id] = sight
    for question, news in stale:
        known = by_conversation.get(question.conversation_id, {})
        conversation = conversations[question.conversation_id]
        audience = get_policy().audience(conversation, None, list(known)) if known else set()
        news.asked = question.users
        news.sights = {key: sight for key, sight in known.items() if key in audience and key in question.users}
        # Those whom the policy lets in by rows of the host's; everyone else is told by their own row.
        news.newcomers = {key for key in known if key in audience and key not in question.users}


def _is_in_audience(conversation: AbstractConversation, user: Any) -> bool:
    return user.pk in get_policy().audience(conversation, None, [user.pk])


def _sight_of(row: Participant) -> Sight:
    return Sight(
        conversation_id=row.conversation_id,
        user_id=row.user_id,
        visible_from_seq=row.visible_from_seq,
        joined_event_seq=row.joined_event_seq,
        updated_at=row.updated_at,
    )
