"""Full text on PostgreSQL: the words of every message in one GIN index, `convo_message_search`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from django.db import connections
from django.db.models import BooleanField, Model, Q
from django.db.models.expressions import RawSQL
from django.db.models.lookups import Exact

from django_convo.models import get_message_model
from django_convo.models.fields import SEARCH_VECTOR
from django_convo.selectors.lookups import is_one_of

from .base import SearchBackend
from .words import UNSPACED, Words, pieces_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from django_convo.models import AbstractMessage

# Up to so many messages on the site, or this share of them, a word is rare: the index names them all, and each is
# asked whether the caller may read it. Measured: 4 µs for each.
_RARE_ROWS: Final = 2_000
_RARE_SHARE: Final = 0.002
# How many of one conversation are looked at before all others: a word in a fifth of the messages fills a window.
MOST_OF_ONE: Final = 500
# A statement and its parameters.
Sql = tuple[str, tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """What decides the SQL of a search, whoever searches and for which words: the way, and how many patterns."""

    is_rare: bool
    patterns: int

    def among(
        self, rows: QuerySet[AbstractMessage], asked: Sequence[Any], *, order: Sequence[str], limit: int | None
    ) -> QuerySet[AbstractMessage]:
        """Keep of the rows those that hold the words; `asked` is the query, and the patterns of its words."""
        query, *patterns = asked
        keys = _from_index(query, rows.db) if self.is_rare else _by_walking(rows, query, patterns, order, limit)
        return among_keys(rows, keys)

    def keys(
        self,
        rows: QuerySet[AbstractMessage],
        asked: Sequence[Any],
        *,
        order: Sequence[str],
        limit: int,
        recent: QuerySet[Any, Any] | None,
    ) -> Sql:
        """Return the statement of the keys of the first of those rows, for `among_keys`.

        `recent` may name the conversations in which to look first: of all in which the rows are, those in which
        something was said last, `recent_for(limit)` of them, each with when that was, its last number, and the first
        number of these rows.
        """
        query, *patterns = asked
        if self.is_rare:
            found = among_keys(rows, _from_index(query, rows.db))
            return sql_of(found.order_by(*order).values_list("pk")[:limit])
        if recent is None:
            return _by_walking(rows, query, patterns, order, limit)
        return _by_walking_recent(rows, recent, query, patterns, order, limit)


M = TypeVar("M", bound=Model)


def recent_for(limit: int) -> int:
    """Return in how many conversations to look first: if each has said but one thing since, a word in a fourth of the
    messages fills the limit.
    """
    return 4 * limit


def among_keys(rows: QuerySet[M], keys: Sql, *, column: str = "pk") -> QuerySet[M]:
    """Keep the rows whose key is one of those that a statement gives."""
    return rows.filter(is_one_of(column, RawSQL(*keys)))  # nosec B611  # noqa: S611 - our own text; what the caller typed is a parameter


class PostgresBackend(SearchBackend):
    """Asks PostgreSQL how frequent the words are, then goes by the shorter of two ways.

    Rare words: all messages with them from the index first, then who may read them. Frequent words: the caller's
    messages first, newest first, each compared until there are enough. Left to itself, the planner takes the one
    for the other; that costs it seconds. Both ways are one statement, and so is the question.
    """

    def matching(
        self, rows: QuerySet[AbstractMessage], words: Words, *, order: Sequence[str], limit: int | None = None
    ) -> QuerySet[AbstractMessage]:
        """Keep the messages that hold every word, the last also as the beginning of one."""
        return self.form_of(words, rows.db).among(rows, self.asked(words), order=order, limit=limit)

    def highlights(self, body: str, words: Words) -> list[tuple[int, int]]:
        """Return where the words stand, not within others."""
        return words.places(body, anywhere=False)

    def form_of(self, words: Words, alias: str) -> Form:
        """Return by which way these words are looked for; one query, whatever they are."""
        found, total = _expected(as_query(words), alias)
        return Form(is_rare=found <= max(_RARE_ROWS, total * _RARE_SHARE), patterns=len(_patterns(words)))

    def asked(self, words: Words) -> list[str]:
        """Return what a statement of that form is asked for these words."""
        return [as_query(words), *_patterns(words)]


def as_query(words: Words) -> str:
    """Return the words as `to_tsquery` reads them: quoted, joined by AND, the last with `:*`."""
    terms = [_term(word) for word in words.words]
    if words.is_begun:
        terms[-1] = f"{terms[-1]}:*"
    return " & ".join(f"({term})" for term in terms)


def _term(word: str) -> str:
    # Words hold no quotes and no backslashes; in a script without spaces, characters follow each other.
    return " <-> ".join(f"'{piece}'" for piece in pieces_of(word))


def _patterns(words: Words) -> list[str]:
    return [f"%{piece}%" for word in words.words for piece in pieces_of(word)]


def _from_index(query: Any, alias: str) -> Sql:
    table, key = _names(alias)
    return (
        f"SELECT {key} FROM {table} WHERE {SEARCH_VECTOR} @@ to_tsquery('simple', %s) AND deleted_at IS NULL",  # nosec B608  # noqa: S608 - names of ours alone
        (query,),
    )


def _by_walking(
    rows: QuerySet[Any], query: Any, patterns: Sequence[Any], order: Sequence[str], limit: int | None
) -> Sql:
    """Read the caller's messages in order and compare each until there are enough.

    The inner query keeps its place by OFFSET 0, or each message would be compared before they are sorted.
    """
    inner, parameters = sql_of(rows.order_by(*order).values_list("pk", "message_body"))
    compared, compared_asked = _comparing(query, patterns)
    sql = f"SELECT pk FROM ({inner} OFFSET 0) AS walked (pk, message_body) WHERE {compared}"  # nosec B608  # noqa: S608 - names of ours alone
    end = "" if limit is None else f" LIMIT {limit:d}"
    return sql + end, (*parameters, *compared_asked)


def _by_walking_recent(
    rows: QuerySet[Any],
    recent: QuerySet[Any, Any],
    query: Any,
    patterns: Sequence[Any],
    order: Sequence[str],
    limit: int,
) -> Sql:
    """Walk what was said lately, and only where that is not enough, everything else.

    Of somebody with a thousand conversations, or with one of a hundred thousand messages, to sort them all takes 40 ms
    and more. What was said since a certain moment lies in the recent conversations alone, among the last
    `MOST_OF_ONE` messages of each: the moment when the last of these conversations was silent, or when the first of
    these messages was sent, of a conversation that has more. PostgreSQL begins the second half of a UNION ALL when the
    first has not filled the limit.
    """
    recently, asked = sql_of(recent)
    table, key = _names(rows.db)
    most = recent_for(limit)
    compared, compared_asked = _comparing(query, patterns)
    # Not among those looked at first, which a clock that lags might set apart by number and by time.
    is_early = RawSQL(  # nosec B611  # noqa: S611 - names of our own
        f"NOT EXISTS (SELECT FROM recent WHERE recent.conversation_id = {table}.conversation_id "  # nosec B608  # names of ours alone
        f"AND recent.begin <= {table}.seq)",
        (),
        output_field=BooleanField(),
    )
    since = RawSQL("SELECT moment FROM since", ())
    others = rows.filter(Q(sent_at__lt=since) | Q(is_early), Exact(_HAS_MORE, True))
    early, early_asked = _by_walking(others, query, patterns, order, limit)
    return (
        f"WITH latest (conversation_id, moment, last_seq, first_seq) AS MATERIALIZED ({recently}), "  # nosec B608  # noqa: S608 - names of ours alone
        f"recent AS MATERIALIZED (SELECT *, greatest(first_seq, last_seq - {MOST_OF_ONE - 1}) AS begin FROM latest), "
        f"since (moment, has_more) AS MATERIALIZED (SELECT greatest('-infinity'::timestamptz, "
        f"CASE count(*) WHEN {most:d} THEN min(recent.moment) END, "
        f"max((SELECT sent_at FROM {table} WHERE begin > first_seq AND {table}.conversation_id = "
        f"recent.conversation_id AND {table}.seq = begin))), count(*) = {most:d} OR bool_or(begin > first_seq) "
        f"FROM recent) "
        f"(SELECT {key} FROM (SELECT said.{key}, said.message_body FROM recent CROSS JOIN LATERAL "
        f"(SELECT * FROM {table} WHERE conversation_id = recent.conversation_id AND seq >= recent.begin "
        f"AND deleted_at IS NULL OFFSET 0) AS said WHERE said.sent_at >= (SELECT moment FROM since) "
        f"ORDER BY said.sent_at DESC, said.{key} DESC OFFSET 0) AS walked WHERE {compared} LIMIT {limit:d}) "
        f"UNION ALL ({early}) LIMIT {limit:d}",
        (*asked, *compared_asked, *early_asked),
    )


_HAS_MORE: Final = RawSQL("SELECT has_more FROM since", (), output_field=BooleanField())


def _comparing(query: Any, patterns: Sequence[Any]) -> Sql:
    """Compare a body: its letters first, which is fifteen times cheaper than taking the text apart."""
    contains = "message_body ILIKE %s AND " * len(patterns)
    return f"{contains}{SEARCH_VECTOR} @@ to_tsquery('simple', %s)", (*patterns, query)


def sql_of(rows: QuerySet[Any, Any]) -> Sql:
    """Return the statement of a QuerySet."""
    sql, parameters = rows.query.get_compiler(using=rows.db).as_sql()
    return sql, tuple(parameters)


def _expected(query: str, alias: str) -> tuple[float, float]:
    """Return how many messages of all PostgreSQL expects to hold the words, and to be there."""
    table, _ = _names(alias)
    sql = (
        f"EXPLAIN (FORMAT JSON) WITH found AS MATERIALIZED (SELECT FROM {table} "  # nosec B608  # noqa: S608 - names of ours alone
        f"WHERE {SEARCH_VECTOR} @@ to_tsquery('simple', %s)), whole AS MATERIALIZED (SELECT FROM {table}) "
        "SELECT FROM found, whole"
    )
    with connections[alias].cursor() as cursor:
        cursor.execute(sql, [query])
        (plan,) = cursor.fetchone()
    nodes = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plans"]
    expected = {node.get("Subplan Name"): node["Plan Rows"] for node in nodes}
    return expected["CTE found"], expected["CTE whole"]


def _names(alias: str) -> tuple[str, str]:
    quote, meta = connections[alias].ops.quote_name, get_message_model()._meta
    return quote(meta.db_table), quote(cast("str", meta.pk.column))


__all__ = ["UNSPACED", "Form", "PostgresBackend", "among_keys", "as_query", "sql_of"]
