"""Attachments: what they are and whose; opened by those who may read the conversation, not from here."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_convo import actions

from .base import BoundedAdmin, as_uuid, find_user


class AttachmentAdmin(BoundedAdmin):
    """Attachments. Nothing of them is edited; deleting one takes it off its message, as the host (`actor=None`)."""

    list_display = ("name", "content_type", "size", "uploader", "conversation", "created_at")
    filters = ("conversation__exact", "uploader__exact")
    search_fields = ("attachment_id",)
    search_help_text = _("The id of an attachment, a message or a conversation, or an uploader's exact login or id.")
    fields = (
        "attachment_id",
        "name",
        "content_type",
        "size",
        "width",
        "height",
        "uploader",
        "conversation",
        "message",
        "created_at",
    )
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("uploader", "conversation", "message")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Sort by the key, which grows with time, as the index within a conversation does."""
        return ("-pk",)

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        if (user := find_user(term)) is not None:
            return queryset.filter(uploader=user)
        if (key := as_uuid(term)) is None:
            return queryset.none()
        for column in ("pk", "message"):
            if (found := queryset.filter(**{column: key})).exists():
                return found
        return queryset.filter(conversation=key)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        actions.delete_attachment(actor=None, attachment=obj)
