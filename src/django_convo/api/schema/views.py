"""Views: what each of their calls takes and answers with."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiSerializerExtension, OpenApiViewExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.settings import api_settings

from django_convo.api.base import output_class

from . import calls
from .fields import user_key_schema


class ErrorSerializer(serializers.Serializer[Any]):
    """What went wrong: a text for people and a stable code for programs."""

    detail = serializers.CharField()
    code = serializers.CharField()


class FieldErrorsSerializer(serializers.Serializer[Any]):
    """By field: what is wrong with it."""


class FieldErrorsExtension(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]
    """Shows an object whose names are those of the fields."""

    target_class = FieldErrorsSerializer

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        return {"type": "object", "description": str(FieldErrorsSerializer.__doc__), "additionalProperties": {}}


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
        return view.get_serializer_class()() if self._call in calls.SWITCHED and self.method != "DELETE" else None

    def _get_request_body(self, direction: Any = "request") -> Any:
        plain: Any = super()
        body: Any = plain._get_request_body(direction)
        if body is not None and self._call in calls.SENDING:
            # No field is required of every message, but one of them is of each.
            body["required"] = True
        return body

    def get_response_serializers(self) -> Any:
        answers: dict[Any, Any] = {}
        if self._call == calls.DOWNLOADING:
            # Of whichever type the file is.
            answers[200, "application/octet-stream"] = answers[200, "*/*"] = OpenApiTypes.BINARY
        elif self._call == calls.STREAMING:
            answers[200, "text/event-stream"] = OpenApiTypes.STR
        elif self._call in calls.SILENT or (self.method == "DELETE" and self._call not in calls.LEAVING):
            answers[204] = None
        else:
            answer = self._answer_class()(many=self._call[1] in calls.LISTING and not self._is_log)
            if self._call in calls.SENDING:
                answer = _message_or_scheduled()
            answers |= {200: answer} if self._call not in calls.CREATING else {201: answer}
            answers |= {200: answer} if self._call in calls.REPEATABLE else {}
        for status in sorted(self._error_statuses()):
            answers[status] = OpenApiResponse(self._error_body(status), description=calls.ERRORS[status])
        return answers

    def get_override_parameters(self) -> list[Any]:
        known = {
            "attachment_id": calls.UUID,
            "conversation_id": calls.UUID,
            "message_id": calls.UUID,
            "report_id": calls.UUID,
            "sanction_id": calls.UUID,
            "scheduled_id": calls.UUID,
            "user_id": user_key_schema(),
        }
        parameters = [
            OpenApiParameter(name, shape, OpenApiParameter.PATH)
            for name, shape in known.items()
            if f"{{{name}}}" in self.path
        ]
        for name, shape in calls.QUERY.get(self._call, {}).items():
            shown = user_key_schema() if shape is calls.USER else shape
            parameters.append(OpenApiParameter(name, shown, required=(*self._call, name) in calls.REQUIRED))
        return parameters

    def get_auth(self) -> Any:
        anyone: list[dict[str, Any]] = [{}] if self._call in (("users", "create"), calls.DOWNLOADING) else []
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
        statuses = {400, 401, 403, 503}
        if "{" in self.path or self._call in calls.NAMING:
            statuses.add(404)
        if self._call in calls.SWITCHED or self._call == ("attachments", "create"):
            statuses.add(405)
        if self._call in calls.CONFLICTING:
            statuses.add(409)
        if self.method in ("POST", "PUT", "PATCH"):
            statuses |= {413, 415}
        if view.action in view.throttle_scopes or calls.SEARCHED & calls.QUERY.get(self._call, {}).keys():
            statuses.add(429)
        # A stream is one whatever else is asked for.
        statuses.add(501 if self._call == calls.STREAMING else 406)
        return statuses

    def _error_body(self, status: int) -> Any:
        if status != 400:
            return ErrorSerializer
        shapes = (ErrorSerializer, FieldErrorsSerializer)
        return {"anyOf": [self.resolve_serializer(shape, "response").ref for shape in shapes]}


def _message_or_scheduled() -> Any:
    """Return the shape of what answers a send: the message, or what was scheduled where it has a `send_at`."""
    shapes: Any = [output_class("message"), output_class("scheduled")]
    return PolymorphicProxySerializer(
        component_name="MessageOrScheduled",
        serializers=shapes,
        resource_type_field_name=None,
    )


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
