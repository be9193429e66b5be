"""A distributed database places rows by their conversation: each child carries it, in every unique constraint too."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import models

from django_convo.models import get_conversation_model, get_message_model

# Unique beside the conversation itself, not within one: both people of a direct have to find it.
EXCEPTIONS = {"direct_key"}
# What users are to each other and to the site, and what is written down for good: small tables of no conversation.
OF_THE_SITE = {"AuditEntry", "Block", "Sanction", "Ticket"}
# Uploaded first, and placed when it is sent.
PLACED_LATER = {"Attachment"}


def children() -> list[type[models.Model]]:
    own = [model for model in apps.get_app_config("django_convo").get_models() if not model._meta.swapped]
    found = {*own, get_message_model()} - {get_conversation_model()}
    found = {model for model in found if model.__name__ not in OF_THE_SITE}
    return sorted(found, key=lambda model: model.__name__)


def names_of(models_: list[type[models.Model]]) -> list[str]:
    return [model.__name__ for model in models_]


@pytest.mark.parametrize("model", children(), ids=names_of(children()))
def test_child_carries_its_conversation(model: type[models.Model]) -> None:
    field: Any = model._meta.get_field("conversation")

    assert field.related_model is get_conversation_model()
    assert field.null == (model.__name__ in PLACED_LATER)


@pytest.mark.parametrize("model", children(), ids=names_of(children()))
def test_child_is_unique_within_its_conversation(model: type[models.Model]) -> None:
    unique = [item.fields for item in model._meta.constraints if isinstance(item, models.UniqueConstraint)]
    columns = [field.name for field in model._meta.local_fields if field.unique and not field.primary_key]

    assert unique
    assert all("conversation" in fields for fields in unique)
    assert columns == []


def test_conversation_is_unique_by_its_key_and_the_one_exception() -> None:
    fields = get_conversation_model()._meta.local_fields

    assert {field.name for field in fields if field.unique and not field.primary_key} == EXCEPTIONS


@pytest.mark.parametrize(
    "model", [get_conversation_model(), *children()], ids=names_of([get_conversation_model(), *children()])
)
def test_constraints_and_indexes_have_names_of_ours(model: type[models.Model]) -> None:
    named = [item.name for item in [*model._meta.constraints, *model._meta.indexes]]

    assert all(name.startswith("convo_") for name in named)
