"""The queue of reports: reviewed by the action, as the member of staff who does."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.conf import settings
from django_convo.policy import allows, capabilities, may

from .base import BoundedAdmin, as_uuid, find_user

# What was said, as opposed to when and by whom.
_CONTENT = ("message_body", "comment")
_REVIEWED = ("status", "resolution")


class ReviewForm(forms.ModelForm):  # type: ignore[type-arg]
    """What becomes of a report, and of what was reported."""

    delete_message = forms.BooleanField(
        label=_("Delete the message"), required=False, help_text=_("For everyone in the conversation.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "resolution" in self.fields:
            self.fields["resolution"].validators.append(MaxLengthValidator(settings.MESSAGE_MAX_LENGTH))


class ReportAdmin(BoundedAdmin):
    """Reports. The policy (`report.review`) opens what was said and the review; Django's permissions open the page."""

    form = ReviewForm
    list_display = ("created_at", "reason", "status", "reported_user", "reporter", "conversation")
    list_filter = ("status",)
    filters = ("status__exact", "conversation__exact", "reporter__exact", "reported_user__exact")
    search_fields = ("report_id",)
    search_help_text = _("The id of a report or of a conversation, or the exact login or id of who was reported.")
    fields = (
        "report_id",
        "created_at",
        "reason",
        "reporter",
        "reported_user",
        "conversation",
        "message",
        "reviewed_by",
        "reviewed_at",
    )
    readonly_fields = (*fields, *_CONTENT)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave what was said in the database, until it is shown."""
        rows = super().get_queryset(request).select_related("reporter", "reported_user", "reviewed_by", "conversation")
        return rows.defer(*_CONTENT)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pk",)

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        key = as_uuid(term)
        if key is not None and (found := queryset.filter(pk=key)).exists():
            return found
        if (user := find_user(term)) is not None:
            return queryset.filter(reported_user=user)
        return queryset.filter(conversation=key)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if not may(request.user, capabilities.REPORT_REVIEW):
            return (*self.fields, "status")
        shown = (*self.fields, *_CONTENT, *_REVIEWED)
        return (*shown, "delete_message") if self.has_change_permission(request, obj) else shown

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Of no report in particular, every page of the admin asks: its menu says only that there are some.
        asked = allows if obj is None else may
        return super().has_change_permission(request, obj) and asked(request.user, capabilities.REPORT_REVIEW)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Review, by the action and in the name of whoever does."""
        values = form.cleaned_data
        actions.review_report(
            actor=request.user,
            report=obj,
            status=values["status"],
            resolution=values["resolution"],
            delete_message=values["delete_message"],
        )
