"""Scheduled messages: what waits, what was sent, what was refused and why; never what they say."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .base import ReadOnlyAdmin, as_uuid, find_user


class ScheduledMessageAdmin(ReadOnlyAdmin):
    """Scheduled messages. Nobody but the sender reads what is not sent yet."""

    list_display = ("scheduled_id", "sender", "conversation", "send_at", "status", "code")
    filters = ("sender__exact",)
    search_fields = ("scheduled_id",)
    search_help_text = _("The id of a scheduled message, or a sender's exact login or id.")
    fields = (
        "scheduled_id",
        "sender",
        "conversation",
        "send_at",
        "status",
        "code",
        "attempts",
        "due_at",
        "message_id",
        "created_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave what they say in the database."""
        rows = super().get_queryset(request).select_related("conversation", "sender")
        return rows.defer("message_body", "metadata")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Sort as an index does: one user's by time, else as they were made."""
        return ("-send_at", "-pk") if "sender__exact" in request.GET else ("-pk",)

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        key = as_uuid(term)
        if key is not None and (found := queryset.filter(pk=key)).exists():
            return found
        user = find_user(term)
        return queryset.none() if user is None else queryset.filter(sender=user).order_by("-send_at", "-pk")
