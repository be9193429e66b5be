"""The OpenAPI description of the API, for hosts that use drf-spectacular; imported by the app's `ready` only there.

Everything a view says of itself (`inputs`, `outputs`, docstrings) is taken from it; this adds what it cannot say:
query parameters, the errors of each call, and names for choices, so that a host's document gives no warning.
"""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import IntegerField, UUIDField
from rest_framework import serializers
from rest_framework.settings import api_settings

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

from .base import LARGEST_NUMBER, output_class

try:
    from drf_spectacular.extensions import OpenApiSerializerFieldExtension, OpenApiViewExtension
    from drf_spectacular.openapi import AutoSchema
    from drf_spectacular.types import OpenApiTypes
    from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
except ImportError as error:
    raise ImportError("The OpenAPI description needs drf-spectacular: pip install 'django-convo[openapi]'") from error

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
_UUID: Final = {"type": "string", "format": "uuid"}
_TIME: Final = {"type": "string", "format": "date-time"}
_NUMBER: Final = {"type": "integer", "minimum": 0, "maximum": LARGEST_NUMBER}
_FLAG: Final = {"type": "boolean"}
_TEXT: Final = {"type": "string"}
_THREAD: Final = {"anyOf": [_UUID, {"type": "string", "enum": ["none"]}]}


def _one_of(choices: Any) -> dict[str, Any]:
    return {"type": "string", "enum": list(choices.values)}


# Query parameters besides those of pages, by noun and view action.
_QUERY: Final[dict[tuple[str, str], dict[str, dict[str, Any]]]] = {
    ("conversations", "list"): {
        "kind": _one_of(ConversationKind),
        "unread": _FLAG,
        "archived": _FLAG,
        "pinned": _FLAG,
        "joined": _FLAG,
        "participant": _TEXT,
        "subject_type": _TEXT,
        "subject_id": _TEXT,
        "search": _TEXT,
    },
    ("messages", "list"): {
        "conversation_id": _UUID,
        "sender": _TEXT,
        "sent_after": _TIME,
        "sent_before": _TIME,
        "kind": _one_of(MessageKind),
        "saved": _FLAG,
        "mentions_me": _FLAG,
        "thread_root": _THREAD,
        "has_attachment": _FLAG,
        "search": _TEXT,
    },
    ("messages", "by_conversation"): {"conversation_id": _UUID},
    ("events", "list"): {"after": _NUMBER, "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_NUMBER}},
    ("scheduled", "list"): {"status": _one_of(ScheduledStatus)},
    ("reports", "list"): {"status": _one_of(ReportStatus)},
    ("sanctions", "list"): {"conversation_id": _UUID, "user": _TEXT, "active": _FLAG},
    ("audit", "list"): {
        "action": _one_of(AuditAction),
        "actor": _TEXT,
        "user": _TEXT,
        "conversation_id": _UUID,
    },
    ("users", "list"): {"search": _TEXT},
    ("search", "list"): {"q": _TEXT, "conversation_id": _UUID, "sender": _TEXT},
    ("stream", "retrieve"): {"cursor": _TEXT},
    ("attachments", "download"): {"token": _TEXT, "thumbnail": _FLAG},
}
_REQUIRED: Final = {("messages", "by_conversation", "conversation_id"), ("search", "list", "q")}
# Calls that may contradict an earlier one, and those that the settings may switch off.
_CONFLICTING: Final = {
    ("conversations", "create"),
    ("messages", "create"),
    ("conversation_messages", "create"),
    ("forward", "create"),
    ("users", "create"),
    ("users", "update"),
    ("users", "partial_update"),
    ("users", "destroy"),
}
# View actions whose answers are pages.
_LISTING: Final = {"list", "by_conversation", "revisions", "replies"}
# Taken off something, which answers as it is without it.
_LEAVING: Final = {(noun, "destroy") for noun in ("reactions", "pins", "saved", "drafts")}
_SENDING: Final = {("messages", "create"), ("conversation_messages", "create")}
_SWITCHED: Final = {(noun, action) for noun, action in _CONFLICTING if noun == "users"}
# Answer 200 where there is nothing left to create: the direct is there, the message was sent.
_REPEATABLE: Final = {
    ("conversations", "create"),
    ("messages", "create"),
    ("conversation_messages", "create"),
    ("forward", "create"),
    ("reports", "create"),
    ("sanctions", "create"),
}
_CREATING: Final = _REPEATABLE | {("users", "create"), ("attachments", "create"), ("tickets", "create")}
# Answers with a file, and to whoever has its signed address.
_DOWNLOADING: Final = ("attachments", "download")
# 404 without an id in the path: the conversation is named by a parameter or the body.
_NAMING: Final = {
    ("messages", "create"),
    ("messages", "by_conversation"),
    ("sanctions", "list"),
    ("sanctions", "create"),
}
# Answer nothing but that it is done.
_SILENT: Final = {("blocks", "update"), ("typing", "create")}
# Answers with events for as long as both sides like, or with 501.
_STREAMING: Final = ("stream", "retrieve")
_ERRORS: Final = {
    400: "The request is not valid.",
    401: "Nobody is logged in.",
    403: "Not allowed.",
    404: "Not there, or not for the caller to see.",
    405: "Switched off in this installation.",
    409: "Contradicts what is there.",
    413: "The body is too large.",
    415: "The body is of another type.",
    429: "Too many requests; Retry-After says when to come back.",
    501: "This server cannot hold a stream open: poll /sync/.",
    503: "Nothing was written; Retry-After says when to try again.",
}


class ErrorSerializer(serializers.Serializer[Any]):
    """What went wrong: a text for people and a stable code for programs."""

    detail = serializers.CharField()
    code = serializers.CharField()


class _ConvoSchema(AutoSchema):
    """Describes one view action of ours."""

    @property
    def _call(self) -> tuple[str, str]:
        view: Any = self.view
        return view.noun, view.action or ""

    def get_request_serializer(self) -> Any:
        view: Any = self.view
        if view.action in view.inputs:
            return view.inputs[view.action]()
        return view.get_serializer_class()() if self._call in _SWITCHED and self.method != "DELETE" else None

    def _get_request_body(self, direction: Any = "request") -> Any:
        plain: Any = super()
        body: Any = plain._get_request_body(direction)
        if body is not None and self._call in _SENDING:
            # No field is required of every message, but one of them is of each.
            body["required"] = True
        return body

    def get_response_serializers(self) -> Any:
        answers: dict[Any, Any] = {}
        if self._call == _DOWNLOADING:
            answers[200, "application/octet-stream"] = OpenApiTypes.BINARY
        elif self._call == _STREAMING:
            answers[200, "text/event-stream"] = OpenApiTypes.STR
        elif self._call in _SILENT or (self.method == "DELETE" and self._call not in _LEAVING):
            answers[204] = None
        else:
            answer = self._answer_class()(many=self._call[1] in _LISTING and not self._is_log)
            if self._call in _SENDING:
                answer = _message_or_scheduled()
            answers |= {200: answer} if self._call not in _CREATING else {201: answer}
            answers |= {200: answer} if self._call in _REPEATABLE else {}
        for status in sorted(self._error_statuses()):
            answers[status] = OpenApiResponse(self._error_body(status), description=_ERRORS[status])
        return answers

    def get_override_parameters(self) -> list[Any]:
        known = {
            "attachment_id": _UUID,
            "conversation_id": _UUID,
            "message_id": _UUID,
            "report_id": _UUID,
            "sanction_id": _UUID,
            "scheduled_id": _UUID,
            "user_id": _user_key_schema(),
        }
        parameters = [
            OpenApiParameter(name, shape, OpenApiParameter.PATH)
            for name, shape in known.items()
            if f"{{{name}}}" in self.path
        ]
        for name, shape in _QUERY.get(self._call, {}).items():
            parameters.append(OpenApiParameter(name, shape, required=(*self._call, name) in _REQUIRED))
        return parameters

    def get_auth(self) -> Any:
        anyone: list[dict[str, Any]] = [{}] if self._call in (("users", "create"), _DOWNLOADING) else []
        return [*super().get_auth(), *anyone]

    def get_filter_backends(self) -> list[Any]:
        # The views filter for themselves; the project's DEFAULT_FILTER_BACKENDS do not apply.
        return []

    def get_paginated_name(self, serializer_name: str) -> str:
        view: Any = self.view
        is_window = view.pagination_class.__name__ == "WindowPagination"
        return f"{serializer_name}Window" if is_window else super().get_paginated_name(serializer_name)

    @property
    def _is_log(self) -> bool:
        # A list by its view action, but with an envelope of its own.
        return self._call == ("events", "list")

    def _is_list_view(self, serializer: Any = None) -> bool:
        return not self._is_log and super()._is_list_view(serializer)

    def _answer_class(self) -> Any:
        view: Any = self.view
        if view.action in view.outputs:
            return output_class(view.outputs[view.action])
        return view.get_answer_class() if hasattr(view, "get_answer_class") else view.get_serializer_class()

    def _error_statuses(self) -> set[int]:
        view: Any = self.view
        statuses = {400, 401, 403}
        if "{" in self.path or self._call in _NAMING:
            statuses.add(404)
        if self._call in _SWITCHED or self._call == ("attachments", "create"):
            statuses.add(405)
        if self._call in _CONFLICTING:
            statuses.add(409)
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {413, 415}
        if view.action in view.throttle_scopes or self._call == ("users", "list"):
            statuses.add(429)
        if self._call == _STREAMING:
            statuses.add(501)
        if self.method != "GET" and self._call != ("sync", "create"):
            statuses.add(503)
        return statuses

    def _error_body(self, status: int) -> Any:
        if status != 400:
            return ErrorSerializer
        error = self.resolve_serializer(ErrorSerializer, "response").ref
        complaints = {"type": "object", "additionalProperties": {}}
        return {"anyOf": [error, {**complaints, "description": "By field: what is wrong with it."}]}


def _message_or_scheduled() -> Any:
    """Return the shape of what answers a send: the message, or what was scheduled where it has a `send_at`."""
    shapes: Any = [output_class("message"), output_class("scheduled")]
    return PolymorphicProxySerializer(
        component_name="MessageOrScheduled",
        serializers=shapes,
        resource_type_field_name=None,
    )


def _user_key_schema() -> dict[str, Any]:
    key = get_user_model()._meta.pk
    if isinstance(key, UUIDField):
        return _UUID
    return {"type": "integer"} if isinstance(key, IntegerField) else _TEXT


class ConvoViewExtension(OpenApiViewExtension):  # type: ignore[no-untyped-call]
    """Puts the description above in place of what is guessed from the views."""

    target_class = "django_convo.api.base.viewsets.ConvoViewSet"
    match_subclasses = True

    def view_replacement(self) -> Any:
        # A project's own AutoSchema keeps its say, on names and tags for instance.
        base: Any = api_settings.DEFAULT_SCHEMA_CLASS
        is_own = base is not AutoSchema and issubclass(base, AutoSchema)
        schema = type("ConvoSchema", (_ConvoSchema, base) if is_own else (_ConvoSchema,), {})
        target: Any = self.target
        return type(target.__name__, (target,), {"schema": schema()})


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
