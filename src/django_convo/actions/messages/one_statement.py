"""The statement by which PostgreSQL sends a message: it checks, numbers, writes and logs in one go.

The parts that ask something are compiled by the ORM from the same QuerySets as everywhere else; only what binds them
together is written by hand.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db import connections
from django.db.models import (
    BigIntegerField,
    Exists,
    Expression,
    F,
    JSONField,
    Q,
    QuerySet,
    Subquery,
    UUIDField,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Greatest
from django.db.models.sql import UpdateQuery

from django_convo.models import (
    AbstractConversation,
    AbstractMessage,
    Event,
    Participant,
    get_conversation_model,
    get_message_model,
)
from django_convo.policy.sanctions import between_two_apart, sanctions_in
from django_convo.selectors.kept import Bound, Slot, Statement, bound_actor, bound_id, bound_now
from django_convo.types import EventType

# What a message gets from the conversation as it was moved on, and from which column; the rest is known before.
NUMBERED: Final = {
    "conversation_id": "conversation_id",
    "sent_at": "last_message_at",
    "seq": "last_seq",
    "count_seq": "count_seq",
}
# Before the name of a column of the message, where values are bound.
COLUMN: Final = "message."
# Where the row of the conversation keeps the key of the event that was logged.
EVENT_KEY: Final = "convo_event_key"


class _AsItIs(BigIntegerField):  # type: ignore[type-arg]
    """Of a value that its own field has prepared already."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value


_AS_IT_IS: Final = _AsItIs()


class SendStatement(Statement[AbstractConversation]):
    """Reads as the conversation after the message, or as nothing where a condition does not hold any more.

    Nothing is written then, and `actions.send_message` finds out under a lock what it was. Bound are `conversation`,
    `actor`, `now`, `payload`, `message_id`, `client_id`, `reply_to` of an answer, and the columns of the message.
    """

    def __init__(self, alias: str, message_model: type[AbstractMessage], conditions: QuerySet[Any]) -> None:
        model = conditions.model
        table = connections[alias].ops.quote_name(model._meta.db_table)
        super().__init__(
            model._base_manager.using(alias)
            .order_by()
            .annotate(**{EVENT_KEY: RawSQL('SELECT "id" FROM "logged"', (), BigIntegerField())})
        )
        parts = (
            ('WITH "sent" AS (', *_moved_on(conditions), " RETURNING *), "),
            ('"written" AS (', *_inserted_message(alias, message_model), "), "),
            ('"logged" AS (', *_inserted_event(alias), ' RETURNING "id"), '),
            ('"read" AS (', *_read_by_sender(alias), ") "),
        )
        # The conversation is shown as it is returned: as a row of the table it is still the old one.
        shown = self.sql.removesuffix(f"FROM {table}") + f'FROM "sent" AS {table}'
        written = "".join(before + sql + after for before, sql, _, after in parts)
        # Shorter names: psycopg takes a statement apart each time where it is longer than 4,096 bytes.
        self.sql = (written + shown).replace(f"{table}.", '"c".').replace(f"AS {table}", 'AS "c"')
        self.sql = self.sql.replace(f"UPDATE {table} SET", f'UPDATE {table} AS "c" SET')
        self.parameters = tuple(item for _, _, parameters, _ in parts for item in parameters)


def send_statement(alias: str, roles: frozenset[str], *, is_repeatable: bool, is_answer: bool) -> SendStatement:
    """Return the statement for who has one of these roles in the conversation."""
    return _kept(alias, get_conversation_model(), get_message_model(), roles, is_repeatable, is_answer)


@lru_cache(maxsize=64)
def _kept(
    alias: str,
    model: type[AbstractConversation],
    message_model: type[AbstractMessage],
    roles: frozenset[str],
    is_repeatable: bool,
    is_answer: bool,
) -> SendStatement:
    rows: Any = model._default_manager.using(alias)
    conditions = _as_allowed(rows, roles)
    if is_repeatable:
        conditions = conditions.filter(~Exists(_repeated(message_model, alias)))
    if is_answer:
        conditions = _unchanged(conditions, rows, "event_seq").filter(Exists(_answered(message_model, alias)))
    return SendStatement(alias, message_model, conditions)


def _as_allowed(rows: Any, roles: frozenset[str]) -> QuerySet[AbstractConversation]:
    """Keep the conversation if the actor may send to it, without a pause between two messages."""
    actor, conversation, now = bound_actor(), bound_id("conversation"), bound_now()
    takes_part = Participant.objects.using(rows.db).filter(conversation=conversation, user=actor, role__in=roles)
    sanctioned = sanctions_in(actor, conversation, now).using(rows.db)
    apart = between_two_apart(actor, conversation).using(rows.db)
    allowed: Any = rows.live().filter(
        ~Exists(sanctioned),
        Q(participant_count__gt=2) | ~Exists(apart),
        Exists(takes_part),
        pk=conversation,
        closed_at=None,
        slow_mode_seconds=0,
    )
    return _unchanged(allowed, rows, "membership_version")


def _unchanged(conditions: Any, rows: Any, name: str) -> QuerySet[AbstractConversation]:
    """Keep the conversation if nobody has moved this number while the statement waited for the row.

    Who waits for a row of PostgreSQL's gets it as it is by then, and the other tables as they were at the beginning.
    """
    at_the_beginning = rows.order_by().filter(pk=bound_id("conversation")).values(name)[:1]
    unchanged: QuerySet[AbstractConversation] = conditions.filter(**{name: Subquery(at_the_beginning)})
    return unchanged


def _repeated(message_model: type[AbstractMessage], alias: str) -> QuerySet[AbstractMessage]:
    return message_model._base_manager.using(alias).filter(
        conversation=bound_id("conversation"), sender=bound_actor(), client_id=Bound("client_id", _AS_IT_IS)
    )


def _answered(message_model: type[AbstractMessage], alias: str) -> QuerySet[AbstractMessage]:
    return message_model._base_manager.using(alias).filter(
        conversation=bound_id("conversation"), pk=bound_id("reply_to"), deleted_at=None
    )


_Part = tuple[str, tuple[Any, ...]]


def _moved_on(conditions: QuerySet[AbstractConversation]) -> _Part:
    """Take the next numbers; times never go back, even where two machines' clocks differ."""
    return _compiled(
        conditions,
        last_seq=F("last_seq") + 1,
        count_seq=F("count_seq") + 1,
        event_seq=F("event_seq") + 1,
        changed_at=Greatest(F("changed_at"), bound_now()),
        last_message_at=Greatest(F("last_message_at"), F("changed_at"), bound_now()),
        last_message_id=bound_id("message_id"),
    )


def _read_by_sender(alias: str) -> _Part:
    """Move the sender's pointer to the end: one's own message is read."""
    sent = {name: _of_sent(name) for name in ("last_seq", "count_seq")}
    return _compiled(
        Participant.objects.using(alias).filter(
            conversation=RawSQL('SELECT "conversation_id" FROM "sent"', (), UUIDField()), user=bound_actor()
        ),
        last_read_seq=sent["last_seq"],
        read_count_seq=sent["count_seq"],
        last_delivered_seq=sent["last_seq"],
        mention_count=0,
        updated_at=bound_now(),
    )


def _of_sent(name: str) -> Expression:
    return RawSQL(f'SELECT "{name}" FROM "sent"', (), BigIntegerField())  # nosec B608, B611  # noqa: S608, S611 - a name of ours


def _compiled(rows: QuerySet[Any], **values: Any) -> _Part:
    query: Any = rows.order_by().query.chain(UpdateQuery)
    query.add_update_values(values)
    sql, parameters = query.get_compiler(using=rows.db).as_sql()
    # Numbers stand in the text: they are the same each time, and there are fewer values to bind.
    shown = [str(int(item)) if isinstance(item, int) else "%s" for item in parameters]
    return sql % tuple(shown), tuple(item for item in parameters if not isinstance(item, int))


def _inserted_message(alias: str, model: type[AbstractMessage]) -> _Part:
    quote = connections[alias].ops.quote_name
    values: dict[str, Any] = {
        str(field.column): quote(NUMBERED[field.attname])
        if field.attname in NUMBERED
        else Slot(COLUMN + field.attname, _AS_IT_IS)
        for field in model._meta.concrete_fields
    }
    return _inserted(alias, model, values)


def _inserted_event(alias: str) -> _Part:
    values = {
        "conversation_id": '"conversation_id"',
        "event_seq": '"event_seq"',
        "type": f"'{EventType.MESSAGE_CREATED.value}'",
        "actor_id": Slot("actor", get_user_model()._meta.pk),
        "seq": '"last_seq"',
        "payload": Slot("payload", JSONField()),
        "created_at": '"changed_at"',
    }
    return _inserted(alias, Event, values)


def _inserted(alias: str, model: type[Any], values: dict[str, Any]) -> _Part:
    quote = connections[alias].ops.quote_name
    columns = ", ".join(quote(name) for name in values)
    shown = ", ".join(value if isinstance(value, str) else "%s" for value in values.values())
    sql = f'INSERT INTO {quote(model._meta.db_table)} ({columns}) SELECT {shown} FROM "sent"'  # nosec B608  # noqa: S608 - names
    return sql, tuple(value for value in values.values() if not isinstance(value, str))
