"""What the package's own policy shows, said of a user and of the powers that their site role gives them.

Apart from `Policy`, so that a statement can be kept for everyone with the same powers: nothing here asks who somebody
is. `user` is a user, a key, or an expression that stands for one; `now` a moment, or an expression too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from django_convo.models import Participant, get_conversation_model, get_message_model
from django_convo.types import ConversationKind

from . import capabilities as c
from .sanctions import not_banned

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage

# The capabilities on which it depends who sees what.
POWERS: Final = frozenset({c.VIEW_ANY, c.MODERATE_ANY, c.JOIN})


def conversations_left(user: Any, now: Any = None) -> QuerySet[AbstractConversation]:
    """Return all conversations; of them, one's own are shown whatever the powers are."""
    return get_conversation_model()._default_manager.live().filter(not_banned(user, now))


def conversations_shown(user: Any, powers: frozenset[str], now: Any = None) -> QuerySet[AbstractConversation]:
    """Return one's own, channels open to join, and everything for moderators of all."""
    is_own = Q(Exists(Participant.objects.filter(conversation=OuterRef("pk"), user=user)))
    return conversations_left(user, now).filter(not_hidden(powers, is_own=is_own))


def not_hidden(powers: frozenset[str], *, is_own: Q) -> Q:
    """Return the condition by which conversations are shown; `is_own` says how to tell one's own from the others."""
    if powers & {c.MODERATE_ANY, c.VIEW_ANY}:
        return Q()
    if c.JOIN in powers:
        return is_own | Q(kind=ConversationKind.CHANNEL, closed_at=None)
    return is_own


def messages_shown(user: Any, powers: frozenset[str], now: Any = None) -> QuerySet[AbstractMessage]:
    """Return the messages of one's own conversations, from `visible_from_seq` on."""
    messages = get_message_model()._default_manager.filter(not_banned(user, now), conversation__deleted_at=None)
    if c.VIEW_ANY in powers:
        return messages
    return messages.filter(Exists(_sight_of(user).filter(visible_from_seq__lte=OuterRef("seq"))))


def quotes_shown(user: Any, powers: frozenset[str]) -> Q:
    """Return the condition by which of `messages_shown` what they answer is shown too.

    It lies in the same conversation, so that its number decides.
    """
    beside = Q(reply_to__conversation=F("conversation"))
    if c.VIEW_ANY in powers:
        return beside
    return beside & Q(reply_to__seq__gte=Subquery(_sight_of(user).values("visible_from_seq")[:1]))


def messages_within(user: Any, conversation: Any, oldest: Any, now: Any = None) -> QuerySet[AbstractMessage]:
    """Return those of `messages_shown` in one live conversation of which it is known where the user's sight begins.

    `quotes_within` says the same of what they answer.
    """
    rows = get_message_model()._default_manager.filter(not_banned(user, now))
    return rows.filter(conversation=conversation, seq__gte=oldest)


def quotes_within(conversation: Any, oldest: Any) -> Q:
    """Return the condition by which of `messages_within` what they answer is shown too."""
    return Q(reply_to__conversation=conversation, reply_to__seq__gte=oldest)


def _sight_of(user: Any) -> QuerySet[Participant]:
    return Participant.objects.filter(conversation=OuterRef("conversation"), user=user)
