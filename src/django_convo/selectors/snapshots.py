"""What a conversation shows beside its own row: first participants, last message, capabilities.

An inbox page is three queries at any size: the conversations, the first participants of all of them, their last
messages; a fourth where one of those shows files, mentions or reactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db.models import BigIntegerField, Q, Subquery
from django.db.models.functions import Coalesce

from django_convo.models import Participant
from django_convo.policy import allows, capabilities, capabilities_in

from .extras import decorate_messages
from .inbox import remember
from .messages import readable
from .receipts import with_receipts

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

# How many participants a conversation shows of itself; the rest are pages of their own.
FIRST_PARTICIPANTS: Final = 10
_LARGEST: Final = 2**63 - 1


def decorate(actor: Any, conversations: Sequence[AbstractConversation]) -> None:
    """Attach what a page shows of each conversation, in two queries for all of them, or three.

    Sets `first_participants` (the first ten with their users; none for those who are neither members nor moderators),
    `last_message` (None where the actor may not read it) and `viewer_capabilities` (a frozenset of names).
    """
    remember(actor, conversations)
    granted = capabilities_in(actor, conversations)
    sees_all = any(allows(actor, power) for power in (capabilities.MODERATE_ANY, capabilities.VIEW_ANY))
    open_to_actor = [item for item in conversations if sees_all or item.membership_of(actor) is not None]
    participants = _first_participants(actor, open_to_actor)
    messages = _last_messages(actor, conversations)
    known = [row.user for rows in participants.values() for row in rows]
    decorate_messages(actor, messages.values(), known=known)
    for conversation in conversations:
        shown: Any = conversation
        shown.first_participants = participants.get(conversation.pk, [])
        shown.last_message = messages.get(conversation.last_message_id)
        shown.viewer_capabilities = granted[conversation.pk]


def _first_participants(actor: Any, conversations: Sequence[AbstractConversation]) -> dict[Any, list[Participant]]:
    """Read the first ten of each in one query that touches no more than that of a large one.

    A window function would read all members of a large conversation, and MariaDB knows neither LATERAL nor LIMIT
    inside IN; a bound on the id, from a scalar subquery, is answered from the index on all databases.
    """
    if not conversations:
        return {}
    small = [item.pk for item in conversations if item.participant_count <= FIRST_PARTICIPANTS]
    wanted = Q(conversation__in=small)
    for item in conversations:
        if item.participant_count > FIRST_PARTICIPANTS:
            tenth = Participant.objects.filter(conversation=item.pk).order_by("pk").values("pk")
            bound = Subquery(tenth[FIRST_PARTICIPANTS - 1 : FIRST_PARTICIPANTS])
            wanted |= Q(conversation=item.pk, pk__lte=Coalesce(bound, _LARGEST, output_field=BigIntegerField()))
    rows = with_receipts(actor, Participant.objects.filter(wanted).select_related("user"), conversations)
    found: dict[Any, list[Participant]] = {}
    for participant in rows.order_by("conversation_id", "pk"):
        found.setdefault(participant.conversation_id, []).append(participant)
    return found


def _last_messages(actor: Any, conversations: Sequence[AbstractConversation]) -> dict[Any, Any]:
    """Look the last messages up by their keys, through what the actor may read."""
    keys = {item.last_message_id: item.pk for item in conversations if item.last_message_id is not None}
    if not keys:
        return {}
    rows = readable(actor).filter(pk__in=keys, conversation__in=set(keys.values()))
    return {message.pk: message for message in rows}
