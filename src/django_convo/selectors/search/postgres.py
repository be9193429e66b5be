"""Full text on PostgreSQL: the words of every message in one GIN index, `convo_message_search`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from django.db import connections
from django.db.models import BooleanField, F, Func
from django.db.models.expressions import RawSQL

from django_convo.models.fields import SEARCH_VECTOR

from .base import SearchBackend
from .words import UNSPACED, Words, pieces_of

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from django_convo.models import AbstractMessage

# Up to so many messages on the site, or this share of them, a word is rare: the index names them all, and each is
# asked whether the caller may read it. Measured: 4 µs for each.
_RARE_ROWS: Final = 2_000
_RARE_SHARE: Final = 0.002


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
        query = as_query(words)
        keys = (
            _from_index(rows, query) if self._is_rare(rows, query) else _by_walking(rows, words, query, order, limit)
        )
        # An array, not a subquery that the planner would join in an order of its own.
        among = Func(
            F("pk"),
            RawSQL(*keys),  # noqa: S611 - our own text; what the caller typed is a parameter
            template="%(expressions)s)",
            arg_joiner=" = ANY(ARRAY",
            output_field=BooleanField(),
        )
        return rows.filter(among)

    def highlights(self, body: str, words: Words) -> list[tuple[int, int]]:
        """Return where the words stand, not within others."""
        return words.places(body, anywhere=False)

    def _is_rare(self, rows: QuerySet[AbstractMessage], query: str) -> bool:
        found, total = _expected(rows, query)
        return found <= max(_RARE_ROWS, total * _RARE_SHARE)


def as_query(words: Words) -> str:
    """Return the words as `to_tsquery` reads them: quoted, joined by AND, the last with `:*`."""
    terms = [_term(word) for word in words.words]
    if words.is_begun:
        terms[-1] = f"{terms[-1]}:*"
    return " & ".join(f"({term})" for term in terms)


def _term(word: str) -> str:
    # Words hold no quotes and no backslashes; in a script without spaces, characters follow each other.
    return " <-> ".join(f"'{piece}'" for piece in pieces_of(word))


def _from_index(rows: QuerySet[Any], query: str) -> tuple[str, tuple[Any, ...]]:
    table, key = _names(rows)
    return (
        f"SELECT {key} FROM {table} WHERE {SEARCH_VECTOR} @@ to_tsquery('simple', %s) AND deleted_at IS NULL",  # noqa: S608
        (query,),
    )


def _by_walking(
    rows: QuerySet[Any], words: Words, query: str, order: Sequence[str], limit: int | None
) -> tuple[str, tuple[Any, ...]]:
    """Read the caller's messages in order and compare each until there are enough.

    The inner query keeps its place by OFFSET 0, or each message would be compared before they are sorted. Containing
    the letters is asked first: it is fifteen times cheaper than taking the text apart.
    """
    sorted_rows = rows.order_by(*order).values_list("pk", "message_body")
    inner, parameters = sorted_rows.query.sql_with_params()
    patterns = [f"%{piece}%" for word in words.words for piece in pieces_of(word)]
    contains = "message_body ILIKE %s AND " * len(patterns)
    sql = (
        f"SELECT pk FROM ({inner} OFFSET 0) AS walked (pk, message_body) "  # noqa: S608
        f"WHERE {contains}{SEARCH_VECTOR} @@ to_tsquery('simple', %s)"
    )
    end = "" if limit is None else f" LIMIT {limit:d}"
    return sql + end, (*parameters, *patterns, query)


def _expected(rows: QuerySet[Any], query: str) -> tuple[float, float]:
    """Return how many messages of all PostgreSQL expects to hold the words, and to be there."""
    table, _ = _names(rows)
    sql = (
        f"EXPLAIN (FORMAT JSON) WITH found AS MATERIALIZED (SELECT FROM {table} "  # noqa: S608
        f"WHERE {SEARCH_VECTOR} @@ to_tsquery('simple', %s)), whole AS MATERIALIZED (SELECT FROM {table}) "
        "SELECT FROM found, whole"
    )
    with connections[rows.db].cursor() as cursor:
        cursor.execute(sql, [query])
        (plan,) = cursor.fetchone()
    nodes = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plans"]
    expected = {node.get("Subplan Name"): node["Plan Rows"] for node in nodes}
    return expected["CTE found"], expected["CTE whole"]


def _names(rows: QuerySet[Any]) -> tuple[str, str]:
    quote = connections[rows.db].ops.quote_name
    return quote(rows.model._meta.db_table), quote(rows.model._meta.pk.column)


__all__ = ["UNSPACED", "PostgresBackend", "as_query"]
