"""What stands in a kept statement in the place of a value."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Protocol

from django.contrib.auth import get_user_model
from django.core.exceptions import EmptyResultSet
from django.db.models import DateTimeField, Expression, F, Field, Lookup, UUIDField


class Prepares(Protocol):
    """Turns a value into what the driver is given, as a field does."""

    def get_db_prep_value(self, value: Any, connection: Any) -> Any: ...


@dataclass(frozen=True, slots=True)
class Slot:
    """A parameter that is given when the statement is run."""

    name: str
    field: Prepares
    # Which of a list of values; the last one fills the places that are left.
    place: int | None = None

    def value(self, values: dict[str, Any], connection: Any) -> Any:
        """Return what the driver is given for it."""
        given = values[self.name]
        if self.place is not None:
            given = given[min(self.place, len(given) - 1)]
        return self.field.get_db_prep_value(given, connection)


class Bound(Expression):
    """A value by its name, as a column of that field holds it; with a place, one of a list of values."""

    def __init__(self, name: str, field: Field[Any, Any], place: int | None = None) -> None:
        super().__init__(output_field=field)
        self.name = name
        self.place = place

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> tuple[str, tuple[Any, ...]]:
        return "%s", (Slot(self.name, self.output_field, self.place),)

    def get_group_by_cols(self) -> list[Any]:
        return []


def bound_actor(name: str = "actor", place: int | None = None) -> Bound:
    """Return the primary key of a user, bound as `actor`."""
    return Bound(name, get_user_model()._meta.pk, place)


def bound_now() -> Bound:
    """Return the moment at which it is asked, bound as `now`."""
    return Bound("now", DateTimeField())


def bound_id(name: str, place: int | None = None) -> Bound:
    """Return the id of a conversation or of a message by its name."""
    return Bound(name, UUIDField(), place)


# A list is as long as one of these, so that few statements are kept; beyond the last, of a thousand more each.
_LENGTHS: Final = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


def length_of(keys: Collection[Any]) -> int:
    """Return how many places a statement has for a list of so many keys."""
    many = len(keys)
    return next((length for length in _LENGTHS if length >= many), -(-many // 1000) * 1000)


class Among(Lookup):
    """Whether a column, which has no NULL, holds one of the ids of a list that is bound by its name.

    PostgreSQL is given the list as one value: what is bound one by one takes longer to write than to look up. It is a
    lookup, since any other expression is compared with 1 on SQLite and MariaDB, which then go by no index.
    """

    prepare_rhs = False

    def __init__(self, column: str, name: str, length: int) -> None:
        super().__init__(F(column), (name, length))

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        name, length = self.rhs
        column, parameters = self._column(compiler, connection)
        places = ", ".join(["%s"] * length)
        return f"{column} IN ({places})", (*parameters, *(Slot(name, _ID, place) for place in range(length)))

    def as_postgresql(self, compiler: Any, connection: Any) -> Any:
        column, parameters = self._column(compiler, connection)
        array, slot = array_of_ids(self.rhs[0])
        return f"{column} = ANY({array})", (*parameters, slot)

    def _column(self, compiler: Any, connection: Any) -> Any:
        if not self.rhs[1]:
            raise EmptyResultSet
        return self.process_lhs(compiler, connection)


class _Ids:
    """A list of ids as PostgreSQL reads an array of them."""

    def get_db_prep_value(self, value: Any, connection: Any) -> str:
        return f"{{{','.join([key.hex for key in value])}}}"


_ID: Final = UUIDField()
_IDS: Final = _Ids()


def array_of_ids(name: str) -> tuple[str, Slot]:
    """Return a list of ids by its name as an array of PostgreSQL's: its SQL, and the parameter of it."""
    return "%s::uuid[]", Slot(name, _IDS)
