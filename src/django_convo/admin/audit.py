"""The audit log, to be looked at."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .base import ReadOnlyAdmin, as_uuid, find_user


class AuditEntryAdmin(ReadOnlyAdmin):
    """Audit entries: written by the acts themselves, changed by nobody."""

    list_display = ("created_at", "action", "actor", "user", "conversation_id")
    filters = ("action__exact", "actor__exact", "user__exact", "conversation_id__exact")
    search_fields = ("conversation_id",)
    search_help_text = _("The id of a conversation, the exact login or id of a user, or an action.")
    fields = ("entry_id", "created_at", "action", "actor", "user", "conversation_id", "message_id", "detail")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("actor", "user")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pk",)

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        if (user := find_user(term)) is not None:
            return queryset.filter(Q(actor=user) | Q(user=user))
        key = as_uuid(term)
        return queryset.filter(action=term) if key is None else queryset.filter(conversation_id=key)
