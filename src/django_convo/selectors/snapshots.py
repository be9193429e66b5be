"""What a conversation shows beside its own row: first participants, last message, capabilities.

An inbox page is three queries at any size: the conversations, the first participants of all of them, their last
messages; a fourth where one of those shows files, mentions or reactions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db import connections
from django.db.models import BigAutoField, BigIntegerField, F, Q, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.utils import timezone

from django_convo.models import Participant, get_message_model
from django_convo.policy import allows, capabilities, capabilities_in, not_banned, powers_of

from .extras import decorate_messages
from .inbox import remember
from .kept import Among, array_of_ids, bound_actor, bound_id, bound_now, kept, length_of
from .messages import is_by_power, readable, sight_of, with_shown
from .receipts import RECEIPT_MARK, receipt_mark, told_in

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation

# How many participants a conversation shows of itself; the rest are pages of their own.
FIRST_PARTICIPANTS: Final = 10
_LARGEST: Final = 2**63 - 1


def decorate(actor: Any, conversations: Sequence[AbstractConversation]) -> None:
    """Attach what a page shows of each conversation, in two queries for all of them, or three.

    Sets `first_participants` (the first ten with their users; none for those who are neither members nor moderators),
    `last_message` (None where the actor may not read it, or takes part and reads it by power alone) and
    `viewer_capabilities` (a frozenset of names).
    """
    remember(actor, conversations)
    granted = capabilities_in(actor, conversations)
    sees_all = any(allows(actor, power) for power in (capabilities.MODERATE_ANY, capabilities.VIEW_ANY))
    open_to_actor = [item for item in conversations if sees_all or item.membership_of(actor) is not None]
    participants = _first_participants(actor, open_to_actor)
    messages = _last_messages(actor, conversations)
    known = (row.user for rows in participants.values() for row in rows)
    decorate_messages(actor, messages.values(), known=known)
    for conversation in conversations:
        shown: Any = conversation
        shown.first_participants = participants.get(conversation.pk, [])
        shown.last_message = _as_participant(actor, conversation, messages.get(conversation.last_message_id))
        shown.viewer_capabilities = granted[conversation.pk]


def _as_participant(actor: Any, conversation: AbstractConversation, message: Any | None) -> Any | None:
    """Return the last message as far as a participant sees it as one; whoever takes no part sees it by power."""
    if message is None or is_by_power(actor, conversation, message.seq):
        return None
    if message.reply_is_visible and is_by_power(actor, conversation, message.reply_to.seq):
        message.reply_is_visible = False
    return message


def _first_participants(actor: Any, conversations: Sequence[AbstractConversation]) -> dict[Any, list[Participant]]:
    """Read the first ten of each in one query that touches no more than that of a large one.

    A window function would read all members of a large conversation.
    """
    if not conversations:
        return {}
    directs = told_in(actor, conversations)
    if connections[Participant.objects.db].vendor == "postgresql":
        statement = _participants_side_by_side(length_of(directs))
        keys = {"each": [item.pk for item in conversations]}
    else:
        small = [item.pk for item in conversations if item.participant_count <= FIRST_PARTICIPANTS]
        large = [item.pk for item in conversations if item.participant_count > FIRST_PARTICIPANTS]
        statement = _participants_up_to_the_tenth(length_of(small), length_of(large), length_of(directs))
        keys = {"small": small, "large": large}
    found: dict[Any, list[Participant]] = {}
    for participant in statement.read(actor=actor.pk, direct=directs, **keys):
        found.setdefault(participant.conversation_id, []).append(participant)
    return found


@kept
def _participants_side_by_side(directs: int) -> QuerySet[Participant]:
    """Build the read in PostgreSQL's own words: as alternatives it takes longer to plan than to find."""
    table = connections[Participant.objects.db].ops.quote_name(Participant._meta.db_table)
    array, slot = array_of_ids("each")
    first = f'SELECT "id" FROM {table} WHERE "conversation_id" = "of"."id" ORDER BY "id" LIMIT {FIRST_PARTICIPANTS}'  # nosec B608  # noqa: S608 - names of ours
    each = f'SELECT "first"."id" FROM unnest({array}) AS "of"("id") CROSS JOIN LATERAL ({first}) AS "first"'  # nosec B608  # noqa: S608 - as above
    keys = RawSQL(each, (slot,), BigAutoField())  # nosec B611  # noqa: S611 - as above
    return _with_receipts(Q(pk__in=keys), directs)


@kept
def _participants_up_to_the_tenth(small: int, large: int, directs: int) -> QuerySet[Participant]:
    """Build the read with a bound for each conversation that is large, which is answered from the index.

    MariaDB knows neither LATERAL nor LIMIT inside IN.
    """
    wanted = Q(Among("conversation", "small", small))
    for place in range(large):
        key = bound_id("large", place)
        tenth = Participant.objects.filter(conversation=key).order_by("pk").values("pk")
        tenth = tenth[FIRST_PARTICIPANTS - 1 : FIRST_PARTICIPANTS]
        last = Coalesce(Subquery(tenth), Value(_LARGEST, output_field=BigIntegerField()))
        wanted |= Q(conversation=key, pk__lte=last)
    return _with_receipts(wanted, directs)


def _with_receipts(wanted: Q, directs: int) -> QuerySet[Participant]:
    rows = Participant.objects.filter(wanted).select_related("user").order_by("conversation_id", "pk")
    mark = receipt_mark(bound_actor(), Q(Among("conversation", "direct", directs)))
    return rows.annotate(**{RECEIPT_MARK: mark}) if directs else rows


def _last_messages(actor: Any, conversations: Sequence[AbstractConversation]) -> dict[Any, Any]:
    """Look the last messages up by their keys, as far as the actor may read them."""
    wanted = {item.last_message_id: item for item in conversations if item.last_message_id is not None}
    powers = powers_of(actor)
    if powers is None and wanted:
        keys = {item.pk for item in wanted.values()}
        return {row.pk: row for row in readable(actor).filter(pk__in=wanted, conversation__in=keys)}
    sight = {key: begin for key, item in wanted.items() if (begin := sight_of(actor, powers, item)) is not None}
    if not sight:
        return {}
    rows = _messages_by_key(length_of(sight)).read(
        actor=actor.pk, now=timezone.now(), message=list(sight), conversation=[wanted[key].pk for key in sight]
    )
    for row in rows:
        row.reply_is_visible = row.reply_is_visible and row.reply_to.seq >= sight[row.pk]
    return {row.pk: row for row in rows if row.seq >= sight[row.pk]}


@kept
def _messages_by_key(length: int) -> QuerySet[Any]:
    keys = Among("pk", "message", length), Among("conversation", "conversation", length)
    # Where the actor's sight begins is known of each conversation, so that no subquery has to ask it.
    rows = get_message_model()._default_manager.filter(not_banned(bound_actor(), bound_now()), *keys)
    return with_shown(rows, Q(reply_to__conversation=F("conversation")))
