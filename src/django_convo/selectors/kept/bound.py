"""What stands in a kept statement in the place of a value."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import DateTimeField, Expression, Field, UUIDField


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter that is given when the statement is run."""

    name: str
    field: Field[Any, Any]

    def value(self, values: dict[str, Any], connection: Any) -> Any:
        """Return what the driver is given for it."""
        return self.field.get_db_prep_value(values[self.name], connection)


class Bound(Expression):
    """A value by its name, as a column of that field holds it."""

    def __init__(self, name: str, field: Field[Any, Any]) -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (Slot(self.name, self.output_field),)

    def get_group_by_cols(self) -> list[Any]:
        return []


def bound_actor(name: str = "actor") -> Bound:
    """Return the primary key of a user, bound as `actor`."""
    return Bound(name, get_user_model()._meta.pk)


def bound_now() -> Bound:
    """Return the moment at which it is asked, bound as `now`."""
    return Bound("now", DateTimeField())


def bound_id(name: str) -> Bound:
    """Return the id of a conversation or of a message by its name."""
    return Bound(name, UUIDField())


# A list is as long as one of these, so that few statements are kept; beyond the last, of a thousand more each.
_LENGTHS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def length_of(keys: Collection[Any]) -> int:
    """Return how many places a statement has for a list of so many keys."""
    many = len(keys)
    return next((length for length in _LENGTHS if length >= many), -(-many // 1000) * 1000)


def bound_ids(name: str, length: int) -> list[Bound]:
    """Return a list of ids by its name, for `filter(pk__in=…)` or, of a relation, `filter(relation__pk__in=…)`."""
    return [bound_id(f"{name}{number}") for number in range(length)]


def spread(name: str, keys: Collection[Any]) -> dict[str, Any]:
    """Return the values of a list of ids; the last one fills the places that are left."""
    values = list(keys)
    values += values[-1:] * (length_of(values) - len(values))
    return {f"{name}{number}": value for number, value in enumerate(values)}
