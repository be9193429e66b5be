"""A statement that is kept: compiled by the ORM, run with other values each time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache, partial, wraps
from typing import Any, Final, Generic, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from django.conf import settings as django_settings
from django.db import connections
from django.db.models import Model, QuerySet
from django.db.models.manager import BaseManager

from django_convo.models import get_conversation_model, get_message_model

from .bound import Slot
from .instances import Known, Part, Row

P = ParamSpec("P")
M = TypeVar("M", bound=Model)

Reader = Callable[[Sequence[Row]], list[Any]]
_READERS: Final = "_convo_readers"
# Of each list. There are a dozen combinations of filters in use; a client that tries all of them builds them anew.
MOST_KEPT: Final = 256


class Statement(Generic[M]):
    """The SQL of a QuerySet, and how its rows become what the QuerySet would give."""

    def __init__(self, rows: QuerySet[M, Any]) -> None:
        compiler = rows.query.get_compiler(using=rows.db)
        self.alias = rows.db
        self.sql, self.parameters = compiler.as_sql()
        # Not the compiler itself: it holds the connection of the thread that asked first.
        self._select: Sequence[Any] = compiler.select[: compiler.col_count]
        has_instances = rows._fields is None  # type: ignore[attr-defined]
        self._info: dict[str, Any] | None = compiler.klass_info if has_instances else None
        self._annotations: dict[str, int] = compiler.annotation_col_map or {}

    def read(self, **values: Any) -> list[M]:
        """Run it with these values; one query. Plain rows where the QuerySet was one of values."""
        connection = connections[self.alias]
        parameters = [item.value(values, connection) if type(item) is Slot else item for item in self.parameters]
        with connection.cursor() as cursor:
            cursor.execute(self.sql, parameters)
            rows = cursor.fetchall()
        # What turns values into those of Python belongs to the connection: kept there, it goes when that goes.
        readers: WeakKeyDictionary[Any, Reader] = vars(connection).setdefault(_READERS, WeakKeyDictionary())
        reader = readers.get(self)
        if reader is None:
            reader = readers[self] = self._reader(connection)
        return reader(rows)

    def _reader(self, connection: Any) -> Reader:
        converters = {}
        for place, (expression, *_) in enumerate(self._select):
            steps = [*connection.ops.get_db_converters(expression), *expression.get_db_converters(connection)]
            if steps:
                converters[place] = partial(_convert, steps, expression, connection)
        if self._info is None:
            return partial(_plain_rows, list(converters.items()))
        annotations = [(name, place, converters.get(place)) for name, place in self._annotations.items()]
        return partial(_instances, Part(self._info, self._select, converters, self.alias), annotations)


def _convert(steps: Sequence[Any], expression: Any, connection: Any, value: Any) -> Any:
    for step in steps:
        value = step(value, expression, connection)
    return value


def _plain_rows(converters: Sequence[tuple[int, Any]], rows: Sequence[Row]) -> list[Any]:
    if not converters:
        return list(rows)
    found = [list(row) for row in rows]
    for row in found:
        for place, convert in converters:
            row[place] = convert(row[place])
    return found


def _instances(part: Part, annotations: Sequence[tuple[str, int, Any]], rows: Sequence[Row]) -> list[Any]:
    known: Known = defaultdict(dict)
    found = []
    for row in rows:
        instance = part.read(row, known)
        for name, place, convert in annotations:
            setattr(instance, name, row[place] if convert is None else convert(row[place]))
        found.append(instance)
    return found


def kept(build: Callable[P, QuerySet[M, Any]]) -> Callable[P, Statement[M]]:
    """Compile what the function builds, once for each set of arguments; it may look at nothing but them.

    Where a host's manager has a say in what there is, it is asked each time.
    """

    def compiled(_environment: Any, *args: P.args, **kwargs: P.kwargs) -> Statement[M]:
        return Statement(build(*args, **kwargs))

    known: Callable[..., Statement[M]] = lru_cache(maxsize=MOST_KEPT)(compiled)

    @wraps(build)
    def find(*args: P.args, **kwargs: P.kwargs) -> Statement[M]:
        environment = _environment()
        return compiled(None, *args, **kwargs) if environment is None else known(environment, *args, **kwargs)

    return find


def _environment() -> tuple[Any, ...] | None:
    """Return what else decides the SQL: the models in use, where they are read, and how times are kept there."""
    managers = [model._default_manager for model in (get_conversation_model(), get_message_model())]
    if any(type(manager).get_queryset is not BaseManager.get_queryset for manager in managers):
        return None
    return (*((manager.model, manager.db) for manager in managers), django_settings.USE_TZ)
