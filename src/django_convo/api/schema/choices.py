"""The names that choices of ours have in the document, one for each enumeration."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension

from django_convo.types import (
    AuditAction,
    ConversationKind,
    ConversationRole,
    MessageKind,
    NotifyLevel,
    ReportReason,
    ReportStatus,
    SanctionKind,
    ScheduledStatus,
)

_CHOICES: Final = (
    AuditAction,
    ConversationKind,
    ConversationRole,
    MessageKind,
    NotifyLevel,
    ReportReason,
    ReportStatus,
    SanctionKind,
    ScheduledStatus,
)


class ChoiceExtension(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Names the choices of ours, which drf-spectacular would name after fields that are called alike."""

    target_class = "rest_framework.fields.ChoiceField"

    @classmethod
    def _matches(cls, target: Any) -> bool:
        return super()._matches(target) and type(target.parent).__module__.startswith("django_convo.")

    def get_name(self) -> str:
        values = list(self.target.choices)
        for choices in _CHOICES:
            if values == list(choices.values):
                return choices.__name__
        # A column of the host's user model.
        return "User" + str(self.target.field_name).title().replace("_", "")

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "string", "enum": list(self.target.choices)}
