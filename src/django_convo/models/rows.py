"""Writing one row by a statement that is built once: most of what `save()` and `update()` take is building it anew."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django.db import connections
from django.db.models import Field, Model, QuerySet
from django.db.models.expressions import DatabaseDefault
from django.db.models.manager import BaseManager
from django.db.models.signals import post_save, pre_save


def insert(instance: Model, *, using: str) -> None:
    """Insert a new row as `save(force_insert=True)` does, by it where the host has something to say in it."""
    if is_saved_plainly(type(instance)):
        insert_silently(instance, using=using)
    else:
        instance.save(force_insert=True, using=using)


def insert_silently(instance: Model, *, using: str) -> None:
    """Insert a new row of a model that is saved plainly, whoever listens; sets a key that the database gives."""
    connection = connections[using]
    has_key = instance.pk is not None
    sql, fields = _insertion(type(instance), using, has_key)
    values = [field.get_db_prep_save(field.pre_save(instance, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        if not has_key:
            instance.pk = _given_key(type(instance), connection, cursor)
    instance._state.adding, instance._state.db = False, using


def update(model: type[Model], key: Mapping[str, Any], values: Mapping[str, Any], *, using: str) -> int:
    """Set columns of the rows with this key and return their number; all are columns of the model by their names."""
    connection = connections[using]
    sql, fields = _update(model, using, tuple(key), tuple(values))
    given = [*values.values(), *key.values()]
    parameters = [field.get_db_prep_save(value, connection) for field, value in zip(fields, given, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)


def is_saved_plainly(model: type[Model]) -> bool:
    """Say whether `save()` would do nothing but to insert the row."""
    is_heard = pre_save.has_listeners(model) or post_save.has_listeners(model)
    return not is_heard and _is_untouched(model)


@lru_cache(maxsize=32)
def is_found_plainly(model: type[Model]) -> bool:
    """Say whether the default manager leaves no row out, and updates as Django does."""
    manager: Any = model._default_manager
    return (
        type(manager).get_queryset is BaseManager.get_queryset
        and manager._queryset_class.update is QuerySet.update
        and not model._meta.parents
    )


@lru_cache(maxsize=32)
def _is_untouched(model: type[Model]) -> bool:
    names = ("save", "save_base", "_save_table", "_do_insert")
    is_ours = all(getattr(model, name) is getattr(Model, name) for name in names)
    return is_ours and not model._meta.parents and all(map(_is_plain, model._meta.concrete_fields))


def _is_plain(field: Field[Any, Any]) -> bool:
    """Say whether what the database is given for the column is a value, and the one that the instance has."""
    is_computed = getattr(field, "generated", False) or isinstance(field.get_default(), DatabaseDefault)
    return not (is_computed or hasattr(field, "get_placeholder") or hasattr(field, "get_placeholder_sql"))


@lru_cache(maxsize=64)
def _insertion(model: type[Model], using: str, has_key: bool) -> tuple[str, list[Field[Any, Any]]]:
    connection = connections[using]
    fields = [field for field in model._meta.concrete_fields if has_key or not field.primary_key]
    names, places = _columns(fields, using), ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(model._meta.db_table)
    sql = f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})"  # nosec B608  # noqa: S608 - names of the models'
    if not has_key and connection.features.can_return_columns_from_insert:
        sql += f" RETURNING {connection.ops.quote_name(str(model._meta.pk.column))}"
    return sql, fields


@lru_cache(maxsize=256)
def _update(
    model: type[Model], using: str, key: tuple[str, ...], names: tuple[str, ...]
) -> tuple[str, list[Field[Any, Any]]]:
    fields = [model._meta.get_field(name) for name in (*names, *key)]
    columns = [f"{name} = %s" for name in _columns(fields, using)]
    table = connections[using].ops.quote_name(model._meta.db_table)
    values, condition = ", ".join(columns[: len(names)]), " AND ".join(columns[len(names) :])
    return f"UPDATE {table} SET {values} WHERE {condition}", fields  # type: ignore[return-value]  # nosec B608  # noqa: S608 - names of ours alone


def _columns(fields: Any, using: str) -> list[str]:
    return [connections[using].ops.quote_name(str(field.column)) for field in fields]


def _given_key(model: type[Model], connection: Any, cursor: Any) -> Any:
    if connection.features.can_return_columns_from_insert:
        return cursor.fetchone()[0]
    return connection.ops.last_insert_id(cursor, model._meta.db_table, model._meta.pk.column)
