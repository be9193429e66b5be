"""Fields of ours that say of themselves less than what they read."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import IntegerField, UUIDField
from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from django_convo.actions import EVERYONE
from django_convo.api.messages.fields import MentionField

from . import calls


def user_key_schema() -> dict[str, Any]:
    """Return the shape of a key of the host's user model."""
    key = get_user_model()._meta.pk
    if isinstance(key, UUIDField):
        return calls.UUID
    return {"type": "integer"} if isinstance(key, IntegerField) else calls.TEXT


class UserKeyExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Shows the id of a user in a body as it is in a path; a mention may also be of everyone."""

    target_class = "django_convo.api.base.serializers.UserKeyField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        key = user_key_schema()
        if isinstance(self.target, MentionField) and key is not calls.TEXT:
            return {"anyOf": [key, {"type": "string", "enum": [EVERYONE]}]}
        return key


class MetadataExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Shows that metadata is an object, where any JSON field may be anything."""

    target_class = "django_convo.api.messages.fields.MetadataField"

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {}}


class UploadExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Shows what is uploaded as the bytes of a file; drf-spectacular would show where a stored one is found."""

    target_class = "rest_framework.fields.FileField"

    @classmethod
    def _matches(cls, target: Any) -> bool:
        return super()._matches(target) and type(target.parent).__module__.startswith("django_convo.")

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "format": "binary"}
