"""Counts as parts of a statement: rows of a conversation, counted for each row that the statement looks at."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, QuerySet, Subquery
from django.db.models.functions import Coalesce


def count_rows(rows: QuerySet[Any]) -> Any:
    """Return the expression that counts these rows, all of one conversation; they refer outside with `OuterRef`."""
    return Coalesce(Subquery(rows.order_by().values("conversation").annotate(number=Count("pk")).values("number")), 0)
