"""Conditions that PostgreSQL plans better than what the ORM would write."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet, Subquery
from django.db.models.lookups import IsNull


def is_there(rows: QuerySet[Any]) -> IsNull:
    """Return the annotation that says of each row whether the correlated `rows` has one for it.

    In a select list, PostgreSQL may make EXISTS a hash of all that the subquery could ever find: of 300,000 messages,
    a window took 276 ms in the place of 0.6. A scalar subquery with LIMIT is looked up for each row that is shown.
    """
    return IsNull(Subquery(rows.order_by().values("pk")[:1]), False)


def is_one_of(column: str, keys: Any) -> Func:
    """Return the condition that a column holds one of the keys that a subquery gives; for PostgreSQL alone.

    They are an array, not a subquery that the planner would join in an order of its own.
    """
    return Func(F(column), keys, template="%(expressions)s)", arg_joiner=" = ANY(ARRAY", output_field=BooleanField())
