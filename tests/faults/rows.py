"""What is stored: every row of the package and of the users, and every file; and how two moments differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.files.storage import storages

from django_convo.models import Attachment, Event, get_conversation_model
from django_convo.selectors.differences import find_differences

# Model name, then primary key, then the columns as the model has them; files, which have none, are by their place.
Stored = dict[str, dict[Any, Sequence[Any]]]
# For each model how many rows came, how many went, and which columns of others changed.
Shape = dict[str, tuple[int, int, tuple[tuple[str, ...], ...]]]

FILES = "files"


def stored() -> Stored:
    """Read everything."""
    models = {get_user_model(), get_conversation_model(), *apps.get_app_config("django_convo").get_models()}
    found: Stored = {
        model._meta.label: {key: row for key, *row in model._base_manager.values_list("pk", *_columns(model))}
        for model in models
    }
    return found | {FILES: dict.fromkeys(_files(""), ())}


def _columns(model: Any) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields if not field.primary_key]


def _files(folder: str) -> list[str]:
    storage = storages["default"]
    if folder and not storage.exists(folder):
        return []
    folders, names = storage.listdir(folder)
    found = [f"{folder}/{name}" for name in names]
    return found + [name for inner in folders for name in _files(f"{folder}/{inner}" if folder else inner)]


def shape_of(before: Stored, after: Stored) -> Shape:
    """Return what has changed, without the values, which differ from run to run: empty where nothing has."""
    shapes: Shape = {}
    for label, rows in after.items():
        earlier = before[label]
        changed = sorted(
            tuple(
                name
                for name, value, was in zip(_columns(apps.get_model(label)), rows[key], earlier[key], strict=True)
                if value != was
            )
            for key in rows.keys() & earlier.keys()
            if rows[key] != earlier[key]
        )
        shape = (len(rows.keys() - earlier.keys()), len(earlier.keys() - rows.keys()), tuple(changed))
        if shape != (0, 0, ()):
            shapes[label] = shape
    return shapes


def assert_whole() -> None:
    """Assert that every counter equals its recount, that no log has a hole, and that every row has its files."""
    conversations = get_conversation_model()._default_manager.all()
    assert find_differences([row.pk for row in conversations]) == []
    for row in conversations:
        numbers = Event.objects.filter(conversation=row).order_by("event_seq").values_list("event_seq", flat=True)
        assert list(numbers) == list(range(row.event_seq - len(numbers) + 1, row.event_seq + 1))
    kept = set(_files(""))
    named = {file.name for row in Attachment.objects.all() for file in (row.file, row.thumbnail) if file}
    assert named <= kept
