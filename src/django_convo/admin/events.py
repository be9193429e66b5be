"""The log, to be looked at."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .base import ReadOnlyAdmin, as_uuid


class EventAdmin(ReadOnlyAdmin):
    """Events: ids and small facts, so everything is shown."""

    list_display = ("event_seq", "type", "conversation", "actor", "seq", "created_at")
    filters = ("conversation__exact",)
    search_fields = ("conversation__pk",)
    search_help_text = _("The id of a conversation.")
    fields = ("conversation", "event_seq", "type", "actor", "seq", "payload", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("conversation", "actor")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Sort as an index does: within a conversation by number, else as they were written."""
        return ("-event_seq",) if "conversation__exact" in request.GET else ("-pk",)

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        return queryset.filter(conversation=as_uuid(term)).order_by("-event_seq")
