"""Blocks, to be looked at: who is kept away is told to nobody, and only the blocker ends it."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from .base import ReadOnlyAdmin, find_user


class BlockAdmin(ReadOnlyAdmin):
    """Blocks."""

    list_display = ("blocker", "blocked", "created_at")
    filters = ("blocker__exact", "blocked__exact")
    search_fields = ("pk",)
    search_help_text = _("A user's exact login or id.")
    fields = ("blocker", "blocked", "created_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("blocker", "blocked")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pk",)

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        user = find_user(term)
        return queryset.none() if user is None else queryset.filter(Q(blocker=user) | Q(blocked=user))
