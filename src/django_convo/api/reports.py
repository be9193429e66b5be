"""Reports over REST: reporting a message, and the moderators' queue."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import actions
from django_convo.conf import settings
from django_convo.models import Report
from django_convo.selectors.reports import REPORT_ORDER, find_report, reports
from django_convo.types import ReportReason, ReportStatus

from .base import path_id, stamp
from .scoped import MessageScopedViewSet
from .users import UserCardSerializer, card


class NoteField(serializers.CharField):
    """A text about somebody: kept as it came, as long as a message at most."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text: str = super().to_internal_value(data)
        if len(text) > settings.MESSAGE_MAX_LENGTH:
            raise serializers.ValidationError(
                serializers.CharField.default_error_messages["max_length"].format(
                    max_length=settings.MESSAGE_MAX_LENGTH
                ),
                code="max_length",
            )
        return text


class OwnReportSerializer(serializers.Serializer[Any]):
    """A report as its reporter sees it."""

    report_id = serializers.UUIDField()
    conversation = serializers.UUIDField()
    message_id = serializers.UUIDField(allow_null=True)
    reason = serializers.ChoiceField(choices=ReportReason.choices)
    comment = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=ReportStatus.choices)
    created_at = serializers.DateTimeField()

    def to_representation(self, instance: Report) -> dict[str, Any]:
        return {
            "report_id": str(instance.pk),
            "conversation": str(instance.conversation_id),
            "message_id": None if instance.message_id is None else str(instance.message_id),
            "reason": instance.reason,
            "comment": instance.comment,
            "status": instance.status,
            "created_at": stamp(instance.created_at),
        }


class ReportSerializer(OwnReportSerializer):
    """A report as the moderators see it, with the copy of what the message said."""

    reporter = UserCardSerializer(allow_null=True)
    reported_user = UserCardSerializer(allow_null=True)
    message_body = serializers.CharField(allow_blank=True)
    resolution = serializers.CharField(allow_blank=True)
    reviewed_by = UserCardSerializer(allow_null=True)
    reviewed_at = serializers.DateTimeField(allow_null=True)

    def to_representation(self, instance: Report) -> dict[str, Any]:
        return {
            **super().to_representation(instance),
            "reporter": card(instance.reporter),
            "reported_user": card(instance.reported_user),
            "message_body": instance.message_body,
            "resolution": instance.resolution,
            "reviewed_by": card(instance.reviewed_by),
            "reviewed_at": stamp(instance.reviewed_at),
        }


class ReportingSerializer(serializers.Serializer[Any]):
    """Why a message is reported."""

    reason = serializers.ChoiceField(choices=ReportReason.choices)
    comment = NoteField(required=False)


class ReviewSerializer(serializers.Serializer[Any]):
    """What becomes of a report; `delete_message` deletes what was reported as well."""

    status = serializers.ChoiceField(choices=ReportStatus.choices)
    resolution = NoteField(required=False)
    delete_message = serializers.BooleanField(required=False)


class ReportViewSet(MessageScopedViewSet):
    """Reports of messages."""

    noun = "reports"
    inputs = {"create": ReportingSerializer, "partial_update": ReviewSerializer}
    outputs = {"create": "own_report", "list": "report", "retrieve": "report", "partial_update": "report"}
    throttle_scopes = {"create": "report"}
    keyset_order = REPORT_ORDER

    def get_queryset(self) -> QuerySet[Report]:
        """Return what the filter keeps of the queue."""
        return reports(self.request.user, status=self.query.choice("status", ReportStatus.values))

    def create(self, request: Request, **kwargs: Any) -> Response:
        """Report a message; 200 with the first report where one has reported it before."""
        message = self.get_message()
        report, is_new = actions.report_message(actor=request.user, message=message, **self.parse())
        return self.render(report, status=201 if is_new else 200)

    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the reports, the oldest first."""
        rows = self.paginate_queryset(self.get_queryset()) or []
        return self.get_paginated_response(self.render_rows(rows))

    def retrieve(self, request: Request, report_id: str, **kwargs: Any) -> Response:
        """Return one report."""
        return self.render(find_report(request.user, path_id(report_id)))

    def partial_update(self, request: Request, report_id: str, **kwargs: Any) -> Response:
        """Resolve, dismiss or reopen a report, and delete its message if asked."""
        report = find_report(request.user, path_id(report_id))
        actions.review_report(actor=request.user, report=report, **self.parse())
        return self.render(find_report(request.user, report.pk))
