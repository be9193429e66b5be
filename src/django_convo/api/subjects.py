"""What a conversation is about: a row of the host's, as a reference."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from rest_framework import serializers

from django_convo.conf import settings
from django_convo.exceptions import InvalidReference
from django_convo.models import AbstractConversation
from django_convo.policy import get_policy

from .base import model_key


class SubjectSerializer(serializers.Serializer[Any]):
    """A row of the host's that a conversation is about."""

    type = serializers.CharField(max_length=201)
    id = serializers.CharField(max_length=64)


def subject_of(conversation: AbstractConversation) -> dict[str, str] | None:
    """Return what the conversation is about, as a reference."""
    kind: ContentType | None = conversation.subject_type
    if kind is None or conversation.subject_id is None:
        return None
    return {"type": f"{kind.app_label}.{kind.model}", "id": conversation.subject_id}


def find_subject(actor: Any, reference: dict[str, str] | None) -> Model | None:
    """Return the host's row that a body names: of a model in `CONVO_SUBJECT_MODELS`, visible by the policy.

    Raises InvalidReference, alike for a model that is not offered, a row that is not there and one that is not shown.
    """
    if reference is None:
        return None
    label = reference["type"].lower()
    if label not in {offered.lower() for offered in settings.SUBJECT_MODELS}:
        raise InvalidReference
    model = apps.get_model(label)
    key = model_key(model, reference["id"])
    subject = None if key is None else get_policy().visible_subjects(actor, model).filter(pk=key).first()
    if subject is None:
        raise InvalidReference
    return subject
