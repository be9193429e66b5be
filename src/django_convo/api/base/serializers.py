"""Which class shapes which answer, and what the shapes share."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Final, TypeVar, cast
from uuid import UUID

from django.utils.module_loading import import_string
from rest_framework import serializers
from rest_framework.utils.encoders import JSONEncoder

from django_convo.conf import settings
from django_convo.exceptions import InvalidReference

from .values import as_stored, user_key

T = TypeVar("T")

# The names that CONVO_SERIALIZERS knows: a host's subclass of one of these takes its place everywhere.
OUTPUTS: Final[dict[str, str]] = {
    "conversation": "django_convo.api.conversations.ConversationSerializer",
    "participant": "django_convo.api.participants.ParticipantSerializer",
    "membership": "django_convo.api.membership.MembershipSerializer",
    "membership_state": "django_convo.api.membership.MembershipStateSerializer",
    "message": "django_convo.api.messages.MessageSerializer",
    "revision": "django_convo.api.messages.RevisionSerializer",
    "attachment": "django_convo.api.attachments.AttachmentSerializer",
    "search_result": "django_convo.api.search.SearchResultSerializer",
    "block": "django_convo.api.blocks.BlockSerializer",
    "own_report": "django_convo.api.reports.OwnReportSerializer",
    "report": "django_convo.api.reports.ReportSerializer",
    "sanction": "django_convo.api.sanctions.SanctionSerializer",
    "audit_entry": "django_convo.api.audit.AuditEntrySerializer",
    "receipt": "django_convo.api.receipts.ReceiptSerializer",
    "scheduled": "django_convo.api.scheduled.ScheduledSerializer",
}


def encoded(value: Any) -> str:
    """Return JSON as the API writes it, without blanks, whatever a host's own serializer has put in."""
    return json.dumps(value, cls=JSONEncoder, ensure_ascii=False, separators=(",", ":"))


def output_class(name: str) -> type[serializers.BaseSerializer[Any]]:
    """Return the class that shapes an answer: the host's (`CONVO_SERIALIZERS`), else ours."""
    path = settings.SERIALIZERS.get(name) or OUTPUTS[name]
    return cast("type[serializers.BaseSerializer[Any]]", import_string(path))


def remembered(context: Mapping[str, Any], name: str, make: Callable[[], T]) -> T:
    """Return what was made under this name for the answer that the context belongs to, or make it."""
    kept: dict[str, Any] = cast("dict[str, Any]", context).setdefault("_convo_remembered", {})
    if name not in kept:
        kept[name] = make()
    return cast("T", kept[name])


def rendered(name: str, value: Any, *, context: Mapping[str, Any], many: bool = False) -> Any:
    """Return a row, or with `many` a list of rows, in the shape of that name.

    One serializer of a shape serves the whole answer: to make one takes as long as to write a message.
    """
    if many and not value:
        return []
    serializer = remembered(context, name, lambda: output_class(name)(context=context))
    if many:
        return [serializer.to_representation(item) for item in value]
    return serializer.to_representation(value)


# Serializers that have read a body, by their class: to make one copies each of its fields, which takes longer than to
# read what most bodies say.
_spare: Final[dict[type, list[Any]]] = {}


def read(shape: type[serializers.BaseSerializer[Any]], data: Any, *, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body as a serializer class reads it; raises ValidationError."""
    # A host's own may have fields that depend on who asks.
    spare = _spare.setdefault(shape, []) if shape.__module__.startswith("django_convo.") else []
    serializer: Any
    try:
        serializer = spare.pop()
    except IndexError:
        serializer = shape()
    serializer.initial_data, serializer._context = data, context
    # One that refuses is let go: the error holds it, in the language of the request.
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    for name in ("initial_data", "_context", "_validated_data", "_errors"):
        del vars(serializer)[name]
    spare.append(serializer)
    return values


class UserKeyField(serializers.CharField):
    """The id of a user in a body: a key of the host's user model.

    One that cannot be a key answers as an unknown one does, so that the two are never told apart.
    """

    def to_internal_value(self, data: Any) -> Any:
        key = user_key(super().to_internal_value(data))
        if key is None:
            raise InvalidReference
        return key


class ReferenceField(serializers.UUIDField):
    """The id of a row of ours in a body, with the same answer to malformed and unknown ones."""

    def to_internal_value(self, data: Any) -> UUID:
        try:
            return super().to_internal_value(data)
        except serializers.ValidationError as error:
            raise InvalidReference from error


class MomentField(serializers.DateTimeField):
    """A time; one without an offset is UTC."""

    def __init__(self, **kwargs: Any) -> None:
        # In UTC, whatever the project's zone: near the year 9999 a time may exist in one and not in the other.
        super().__init__(default_timezone=timezone.utc, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        moment: datetime = super().to_internal_value(value)
        try:
            return as_stored(moment)
        except (ValueError, OverflowError):
            self.fail("overflow")
