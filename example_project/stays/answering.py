"""Somebody who answers, in the demo alone: so that one person by themselves sees a conversation live.

Hears of each message in the process that serves, and lets the other one of the two answer after a moment, unless
somebody has logged in as them since the demo was started.
"""

from __future__ import annotations

import logging
import random
import re
import time
from datetime import datetime
from threading import Thread
from typing import Any, Final

from django.db import connections
from django.utils import timezone

from django_convo import actions, events
from django_convo.exceptions import ConvoError
from django_convo.models import Event, Participant, get_message_model
from django_convo.types import ConversationKind, EventType

logger = logging.getLogger("stays.answering")

# How long somebody reads, and then types.
READING_SECONDS: Final = 0.8
TYPING_SECONDS: Final = 1.8
# What begins the `client_id` of an answer: nobody answers an answer.
_MARK: Final = "answer-"
_ANSWERS: Final = (
    (
        r"\b(thank|thanks|thx|great|perfect|lovely)\b",
        ("You are welcome!", "With pleasure. See you soon!", "😊 Any time."),
    ),
    (
        r"\b(price|cost|euro|discount|cheaper|pay|fee)\b",
        ("The price is the one on the page, all in it.", "For a week I take ten percent off, if that helps."),
    ),
    (
        r"\b(arriv\w*|late|train|key|check.?in|o'clock)\b",
        (
            "No problem at all, there is a key box left of the door.",
            "Just write when you are on the train, and I put the kettle on.",
        ),
    ),
    (
        r"\b(dog|cat|pet|pets)\b",
        ("Small sleeping animals are welcome. 🐶", "Of course! There is a garden, with a fence."),
    ),
    (r"\b(wifi|wi-fi|internet|work|desk)\b", ("180 down, 40 up this morning, and the desk stands at the window.",)),
    (
        r"\b(child|children|baby|kids?|cot)\b",
        ("There is a cot, and a box of wooden animals with most of their legs.",),
    ),
    (r"\b(hi|hello|hey|good (morning|evening))\b", ("Hello! How can I help?", "Hi there! Nice to hear from you.")),
    (r"\?\s*$", ("Good question. Yes, that works.", "Let me look… yes, no problem.", "It is. Anything else?")),
)
_OTHERWISE: Final = ("Noted!", "That sounds good.", "I'll see to it. 👍", "Wonderful, I look forward to it.")


class Answering:
    """The subscriber; `since` is when the demo was started."""

    def __init__(self, since: datetime) -> None:
        self.since = since

    def start(self) -> None:
        """Begin to hear."""
        events.subscribe(EventType.MESSAGE_CREATED, self.hear)

    def hear(self, event: Event) -> None:
        """Let somebody answer, on a thread of its own: the one that writes is waited for."""
        if event.actor_id is not None:
            Thread(target=self._answer, args=(event.conversation_id, event.seq), daemon=True).start()

    def _answer(self, conversation_id: Any, seq: int) -> None:
        try:
            self._read_and_answer(conversation_id, seq)
        except ConvoError as refusal:
            # Blocked, closed, deleted meanwhile: then there is no answer.
            logger.info("No answer to %s in %s: %s", seq, conversation_id, refusal)
        finally:
            connections.close_all()

    def _read_and_answer(self, conversation_id: Any, seq: int) -> None:
        messages = get_message_model()._default_manager.select_related("conversation")
        message = messages.get(conversation=conversation_id, seq=seq)
        conversation = message.conversation
        host = self._who_answers(message)
        if host is None:
            return
        time.sleep(READING_SECONDS)
        actions.mark_read(actor=host, conversation=conversation)
        actions.show_typing(actor=host, conversation=conversation, is_typing=True)
        time.sleep(TYPING_SECONDS)
        actions.send_message(
            actor=host,
            conversation=conversation,
            body=answer_to(message.message_body, random.Random(seq)),
            client_id=f"{_MARK}{message.pk}",
        )

    def _who_answers(self, message: Any) -> Any | None:
        """Return the other one of the two, unless somebody plays them."""
        if message.conversation.kind != ConversationKind.DIRECT or (message.client_id or "").startswith(_MARK):
            return None
        rows = Participant.objects.filter(conversation=message.conversation_id).exclude(user=message.sender_id)
        other = rows.select_related("user").first()
        if other is None or (other.user.last_login is not None and other.user.last_login >= self.since):
            return None
        return other.user


def answer_to(body: str, chance: random.Random) -> str:
    """Return something that fits what was said."""
    for pattern, answers in _ANSWERS:
        if re.search(pattern, body, re.IGNORECASE):
            return chance.choice(answers)
    return chance.choice(_OTHERWISE)


def start_answering() -> None:
    """Let people of the demo answer from now on."""
    Answering(timezone.now()).start()
