"""Messages: to be found, not to be read, except by whom the policy lets read every conversation."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from django_convo.actions.audit import record
from django_convo.exceptions import Denied
from django_convo.policy import capabilities, get_policy
from django_convo.types import AuditAction

from .base import ReadOnlyAdmin, as_uuid, find_user

# What is said, as opposed to when and by whom.
_CONTENT = ("message_body", "metadata")


class MessageAdmin(ReadOnlyAdmin):
    """Messages. A body is shown on the message's own page to users with `conversation.view_any`, and each
    view is an audit entry.

    Django's permissions open the page, as anywhere in the admin; the policy opens the body.
    """

    list_display = ("seq", "conversation", "sender", "kind", "sent_at", "is_deleted")
    filters = ("conversation__exact", "sender__exact")
    search_fields = ("message_id",)
    search_help_text = _("The id of a message or of a conversation, or a sender's exact login or id.")
    fields = (
        "message_id",
        "conversation",
        "seq",
        "sender",
        "kind",
        "sent_at",
        "edited_at",
        "deleted_at",
        "deleted_by",
        "answers",
    )
    readonly_fields = ("answers",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Leave what was said in the database, until it is shown."""
        rows = super().get_queryset(request).select_related("conversation", "sender", "deleted_by")
        return rows.defer(*_CONTENT)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Sort as an index does: within a conversation by number, else by time."""
        return ("-seq",) if "conversation__exact" in request.GET else ("-sent_at", "-pk")

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        key = as_uuid(term)
        if key is not None and (found := queryset.filter(pk=key)).exists():
            return found
        if (user := find_user(term)) is not None:
            return queryset.filter(sender=user)
        return queryset.filter(conversation=key).order_by("-seq")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.fields, *_CONTENT) if _may_read(request, obj) else self.fields

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        """Write down who looks, before the body is shown."""
        obj = kwargs.get("obj")
        if obj is not None and _may_read(request, obj):
            record(request.user, AuditAction.MESSAGE_VIEWED, conversation=obj.conversation, message=obj)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(boolean=True, description=_("deleted"))
    def is_deleted(self, obj: Any) -> bool:
        return bool(obj.is_deleted)

    @admin.display(description=_("answers"))
    def answers(self, obj: Any) -> Any:
        return obj.reply_to_id


def _may_read(request: HttpRequest, message: Any) -> bool:
    if message is None:
        return False
    policy = get_policy()
    try:
        allowed = policy.can(request.user, capabilities.VIEW_ANY, conversation=message.conversation, message=message)
    except Denied:
        return False
    # What the API shows nobody, such as a deleted conversation, is not shown here either.
    return allowed and policy.visible_messages(request.user).filter(pk=message.pk).exists()
