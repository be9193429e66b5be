"""Pages by position instead of OFFSET: a page deep down costs what the first one does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet

M = TypeVar("M", bound=Model)


def keyset_rows(
    queryset: QuerySet[M],
    *,
    order: Sequence[str],
    limit: int,
    position: Sequence[Any] | None = None,
    backwards: bool = False,
) -> tuple[list[M], bool]:
    """Return up to `limit` rows after the position (before it, when `backwards`), and whether there are more.

    `order` names columns or annotations that are never NULL, the last of them unique. Rows come in that order either
    way.
    """
    if position is not None:
        queryset = queryset.filter(beyond(order, position, backwards=backwards))
    return cut(list(queryset.order_by(*turned(order, backwards))[: limit + 1]), limit=limit, backwards=backwards)


def cut(rows: list[M], *, limit: int, backwards: bool) -> tuple[list[M], bool]:
    """Return a page of rows read in order, or `backwards` in the opposite one, and whether there are more."""
    has_more = len(rows) > limit
    rows = rows[:limit]
    return (rows[::-1] if backwards else rows), has_more


def position_of(row: Model, order: Sequence[str]) -> list[Any]:
    """Return where a row stands in the order."""
    return [getattr(row, name.removeprefix("-")) for name in order]


def turned(order: Sequence[str], backwards: bool) -> list[str]:
    """Return the order, or its opposite."""
    if not backwards:
        return list(order)
    return [name[1:] if name.startswith("-") else f"-{name}" for name in order]


def beyond(order: Sequence[str], position: Sequence[Any], *, backwards: bool) -> Q:
    """Build `a < x OR (a = x AND (b < y OR …))`, which indexes on (a, b) answer."""
    name, value = order[0].removeprefix("-"), position[0]
    falls = order[0].startswith("-") != backwards
    further = Q(**{f"{name}__{'lt' if falls else 'gt'}": value})
    if len(order) == 1:
        return further
    return further | (Q(**{name: value}) & beyond(order[1:], position[1:], backwards=backwards))
