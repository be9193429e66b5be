"""Plays a script in a conversation, and gives it the past that the library does not invent."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from django_convo import actions
from django_convo.models import AbstractConversation, Event, Participant, get_conversation_model, get_message_model
from stays.bookings import confirm_booking
from stays.demo_data.booking_talk import CONFIRMED
from stays.demo_data.talk import Line
from stays.models import Booking

# How likely somebody has read a conversation to its end.
READ_ALL = 0.7


def play(
    conversation: AbstractConversation,
    script: list[Line],
    speakers: Mapping[str, Any],
    *,
    facts: Mapping[str, Any] | None = None,
    booking: Booking | None = None,
) -> None:
    """Send each line as its speaker; the line of the site itself confirms the booking."""
    sent: list[Any] = []
    for line in script:
        if booking is not None and line.body == CONFIRMED:
            confirm_booking(booking)
            sent.append(None)
            continue
        message = actions.send_message(
            actor=speakers[line.speaker],
            conversation=conversation,
            body=line.body.format(**facts) if facts else line.body,
            reply_to=None if line.answered is None else sent[line.answered],
        )
        sent.append(message)


def read_on(chance: random.Random, conversation: AbstractConversation, *, waiting_for: Collection[str]) -> None:
    """Let people read: most of them all, some a part; those who are waited for often nothing since they last wrote."""
    last_seq = get_message_model()._default_manager.filter(conversation=conversation).count()
    for participant in Participant.objects.filter(conversation=conversation).select_related("user").order_by("pk"):
        is_awaited = participant.user.email in waiting_for
        if chance.random() < (0.4 if is_awaited else READ_ALL):
            actions.mark_read(actor=participant.user, conversation=conversation)
        elif not is_awaited and participant.last_read_seq < last_seq:
            seq = chance.randint(participant.last_read_seq + 1, last_seq)
            actions.mark_read(actor=participant.user, conversation=conversation, seq=seq)


def spread_over_days(
    chance: random.Random, conversation: AbstractConversation, *, before: datetime | None = None
) -> None:
    """Move what was said just now into the last days, or into those before some moment that is past.

    The actions stamp the present, as they should, so this goes past them; only times are touched, in the order of the
    messages. `changed_at` stays, because it tells when rows changed and not when people spoke.
    """
    messages = list(get_message_model()._default_manager.filter(conversation=conversation).order_by("seq"))
    latest = min(before or timezone.now(), timezone.now())
    moments = _moments(chance, len(messages), latest)
    for message, moment in zip(messages, moments, strict=True):
        message.sent_at = moment
    get_message_model()._default_manager.bulk_update(messages, ["sent_at"])
    began = moments[0] - timedelta(minutes=chance.randint(1, 9))
    said = {message.seq: message.sent_at for message in messages}
    events = list(Event.objects.filter(conversation=conversation).order_by("event_seq"))
    reached = began
    for event in events:
        # What is no message happened right after what was said before it.
        event.created_at = reached = said.get(event.seq, reached)
    Event.objects.bulk_update(events, ["created_at"])
    Participant.objects.filter(conversation=conversation).update(joined_at=began)
    get_conversation_model()._default_manager.filter(pk=conversation.pk).update(
        created_at=began, last_message_at=moments[-1]
    )


def _moments(chance: random.Random, count: int, latest: datetime) -> list[datetime]:
    """Return times in order, the last one minutes to days earlier: quick answers, and a night now and then."""
    moment = latest - timedelta(minutes=int(chance.expovariate(1 / 1500)) + 3)
    moments = []
    for _ in range(count):
        moments.append(moment)
        minutes = chance.randint(420, 900) if chance.random() < 0.12 else chance.randint(1, 25)
        moment -= timedelta(minutes=minutes, seconds=chance.randrange(60))
    return moments[::-1]
