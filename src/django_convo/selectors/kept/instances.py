"""From rows to model instances, as `ModelIterable` makes them, at a fraction of the time.

What Django asks anew for each row is asked once: which columns are whose, what a driver's value becomes, whether a
model has anything of its own to say about being made. Somebody who stands in many rows, as the sender of messages, is
made once, and shared.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.db.models.base import ModelState
from django.db.models.fields.files import FileDescriptor
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

Row = Sequence[Any]
# The instances of each model that may stand in many rows, by the key as the driver gives it.
Known = defaultdict[type[Model], dict[Any, Any]]
Make = Callable[[Row], Any]
# How these put a value where an instance keeps it: as it is.
_PLAIN_SETTERS = (ForeignKeyDeferredAttribute.__set__, FileDescriptor.__set__)


def is_plain(model: type[Model], names: Sequence[str]) -> bool:
    """Say whether an instance that is read has nothing else to do than to hold its columns."""
    return (
        model.__init__ is Model.__init__
        and model.__setattr__ is object.__setattr__
        and getattr(model.from_db, "__func__", None) is Model.from_db.__func__  # type: ignore[attr-defined]
        and not (pre_init.has_listeners(model) or post_init.has_listeners(model))
        and all(_is_plain_column(getattr(model, name, None)) for name in names)
        and len(names) == len(model._meta.concrete_fields)
    )


def _is_plain_column(attribute: Any) -> bool:
    setter = getattr(type(attribute), "__set__", None)
    return isinstance(attribute, DeferredAttribute) and (setter is None or setter in _PLAIN_SETTERS)


def maker(model: type[Model], names: Sequence[str], alias: str) -> Make:
    """Return the function that makes an instance of these columns, as `Model.from_db` does."""
    if not is_plain(model, names):
        return lambda values: model.from_db(alias, names, values)

    def make(values: Row) -> Any:
        instance = model.__new__(model)
        state = ModelState()
        state.adding = False
        state.db = alias
        instance.__dict__.update(zip(names, values, strict=True), _state=state)
        return instance

    return make


class Part:
    """The columns of one model in a row, and how what they hold hangs on the instance that it belongs to."""

    def __init__(self, info: dict[str, Any], select: Sequence[Any], converters: dict[int, Any], alias: str) -> None:
        model, places = info["model"], info["select_fields"]
        names = [select[place][0].target.attname for place in places]
        self.start, self.end = places[0], places[-1] + 1
        self.key = self.start + names.index(model._meta.pk.attname)
        self.make = maker(model, names, alias)
        self.converters = [(place - self.start, converters[place]) for place in places if place in converters]
        self.parts = [Part(item, select, converters, alias) for item in info.get("related_klass_infos", ())]
        # How it is put on the row that it belongs to, and that row on it; the row itself has neither.
        self.attach: Callable[[Any, Any], None] = info.get("local_setter", _nowhere)
        self.attach_back: Callable[[Any, Any], None] = info.get("remote_setter", _nowhere)
        is_shared = "field" in info and not (self.parts or info["reverse"] or info["field"].unique)
        self.model = model if is_shared else None

    def read(self, row: Row, known: Known) -> Any:
        """Return the instance, or None where the row has none."""
        key = row[self.key]
        if key is None:
            return None
        if self.model is not None:
            # UUIDs are hashed and compared in Python, their numbers are not.
            number = key.int if type(key) is UUID else key
            found = known[self.model].get(number)
            if found is None:
                found = known[self.model][number] = self._made(row)
            return found
        made = self._made(row)
        for part in self.parts:
            other = part.read(row, known)
            part.attach(made, other)
            if other is not None:
                part.attach_back(other, made)
        return made

    def _made(self, row: Row) -> Any:
        values = row[self.start : self.end]
        if self.converters:
            values = list(values)
            for place, convert in self.converters:
                values[place] = convert(values[place])
        return self.make(values)


def _nowhere(_instance: Any, _other: Any) -> None:
    """Attach nothing."""
