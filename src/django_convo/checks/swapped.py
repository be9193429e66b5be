"""Checks of the models that a host puts in the place of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.db import models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import CreateModel

from django_convo.conf import Setting, Settings, settings
from django_convo.models import AbstractConversation, AbstractMessage, ConversationQuerySet, MessageQuerySet

from .values import is_acceptable, line

_SWAPPABLE: Final[dict[str, tuple[type[models.Model], type[models.QuerySet[Any]]]]] = {
    "CONVERSATION_MODEL": (AbstractConversation, ConversationQuerySet),
    "MESSAGE_MODEL": (AbstractMessage, MessageQuerySet),
}


def _swapped() -> Iterator[tuple[str, str]]:
    """Name the settings that point at a host's model, each with its value."""
    for name in _SWAPPABLE:
        setting: Setting[str] = vars(Settings)[name]
        if is_acceptable(name) and getattr(settings, name) != setting.default:
            yield name, getattr(settings, name)


def check_swapped_models(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E013 to E015 and W011: a model that is missing, or is not what it stands for."""
    found: list[CheckMessage] = []
    for name, label in _swapped():
        base, queryset = _SWAPPABLE[name]
        try:
            model = apps.get_model(label)
        except LookupError:
            found.append(_not_installed(name, label, base))
            continue
        if not issubclass(model, base):
            found.append(_not_subclass(name, label, base))
        else:
            found += _lacking(name, model, base, queryset)
    return found


def _not_installed(name: str, label: str, base: type[models.Model]) -> CheckMessage:
    setting: Setting[str] = vars(Settings)[name]
    candidates = [model._meta.label for model in apps.get_models() if issubclass(model, base)]
    return Error(
        f"CONVO_{name} = {label!r} is not installed.",
        hint=line(f"CONVO_{name}", next(iter(candidates), setting.default)),
        id="django_convo.E013",
    )


def _not_subclass(name: str, label: str, base: type[models.Model]) -> CheckMessage:
    return Error(
        f"CONVO_{name} = {label!r} is not a subclass of django_convo.models.{base.__name__}.",
        hint=f"class {label.rpartition('.')[2]}({base.__name__}): ...",
        id="django_convo.E014",
    )


def _lacking(
    name: str, model: type[models.Model], base: type[models.Model], queryset: type[models.QuerySet[Any]]
) -> Iterator[CheckMessage]:
    """Compare with the base: fields may be taken away, a Meta or a manager of one's own may lose what ours had."""
    own = {field.name for field in (*model._meta.fields, *model._meta.private_fields)}
    wanted = {field.name for field in (*base._meta.fields, *base._meta.private_fields)}
    methods = {method for method in vars(queryset) if not method.startswith("_") and callable(vars(queryset)[method])}
    lacking = {
        "fields": sorted(wanted - own),
        "constraints": _missing(model._meta.constraints, base._meta.constraints),
        "methods of its default manager": sorted(
            method for method in methods if not hasattr(model._default_manager, method)
        ),
    }
    hints = {
        "fields": f"class {model.__name__}({base.__name__}):  # without `field = None`",
        "constraints": f"class Meta({base.__name__}.Meta): ...",
        "methods of its default manager": f"objects = {queryset.__name__}.as_manager()",
    }
    for what, names in lacking.items():
        if names:
            yield Error(
                f"CONVO_{name} = {model._meta.label!r} lacks {what} that messaging needs: {', '.join(names)}.",
                hint=f"In {model.__module__}: {hints[what]}",
                id="django_convo.E015",
            )
    if indexes := _missing(model._meta.indexes, base._meta.indexes):
        yield Warning(
            f"CONVO_{name} = {model._meta.label!r} lacks indexes that its queries need: {', '.join(indexes)}.",
            hint=f"In {model.__module__}: class Meta({base.__name__}.Meta): ...",
            id="django_convo.W011",
        )


def _missing(own: Any, wanted: Any) -> list[str]:
    """Name those of the base that the model has not, under whatever name."""
    shapes = [_shape(item) for item in own]
    return [item.name for item in wanted if _shape(item) not in shapes]


def _shape(item: Any) -> tuple[Any, ...]:
    path, expressions, options = item.deconstruct()
    return path, expressions, {key: value for key, value in options.items() if key != "name"}


def check_swapped_migrations(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E016: our migrations wait for the first one of the host's app, so the model must be made there."""
    swapped = [(name, *label.split(".")) for name, label in _swapped()]
    if not swapped:
        return []
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    return [
        Error(
            f"CONVO_{name} = '{app_label}.{model}' is created in a later migration than the first of {app_label!r}; "
            "what points at it would be created before it.",
            hint=f"Before anything is migrated, remove the migrations of {app_label!r} and write them anew: "
            f"manage.py makemigrations {app_label}",
            id="django_convo.E016",
        )
        for name, app_label, model in swapped
        if not _is_in_first(loader, app_label, model)
    ]


def _is_in_first(loader: MigrationLoader, app_label: str, model: str) -> bool:
    """Say whether the migration that creates the model follows none of its app; also true where none does yet."""
    creating = [
        migration
        for (label, _), migration in loader.disk_migrations.items()
        if label == app_label
        and any(isinstance(step, CreateModel) and step.name_lower == model.lower() for step in migration.operations)
    ]
    firsts = [item for item in creating if all(parent != app_label for parent, *_ in item.dependencies)]
    return not creating or bool(firsts)
