"""Messages: to be found, not to be read, except by whom the policy lets read every conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.timezone import is_naive, localtime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from django_convo.actions.audit import record
from django_convo.exceptions import Denied
from django_convo.policy import allows, capabilities, get_policy
from django_convo.selectors import decorate_messages
from django_convo.selectors.extras import Extras, extras_of
from django_convo.selectors.messages import revisions
from django_convo.types import AuditAction

from .base import ReadOnlyAdmin, as_uuid, find_user

# What is said, as opposed to when and by whom.
_CONTENT: Final = ("message_body", "metadata")
# What stands beside it.
_BESIDE: Final = ("attachments", "mentions", "reactions")
# The newest of a message that was edited often.
_MOST_REVISIONS: Final = 50


class MessageAdmin(ReadOnlyAdmin):
    """Messages. A body and what stands beside it are shown on the message's own page, to users with
    `conversation.view_any`, and what it said before to those of them with `message.view_revisions`; each view is an
    audit entry.

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
    readonly_fields = ("answers", *_BESIDE, "revisions")

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
        if not _may_read(request, obj):
            return self.fields
        shown = (*self.fields, *_CONTENT, *_BESIDE)
        return (*shown, "revisions") if _find_revisions(request, obj) else shown

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

    @admin.display(description=_("attachments"))
    def attachments(self, obj: Any) -> Any:
        return format_html_join(
            "",
            "<div>{} ({}, {} B)</div>",
            ((file.name, file.content_type, file.size) for file in _extras(obj).attachments),
        )

    @admin.display(description=_("mentions"))
    def mentions(self, obj: Any) -> Any:
        people = _extras(obj).mentions
        return format_html_join(
            "", "<div>{}</div>", ((gettext("everyone") if user is None else user,) for user in people)
        )

    @admin.display(description=_("reactions"))
    def reactions(self, obj: Any) -> Any:
        counts = _extras(obj).reactions
        return format_html_join("", "<div>{} {}</div>", ((reaction.emoji, reaction.count) for reaction in counts))

    @admin.display(description=_("revisions"))
    def revisions(self, obj: Any) -> Any:
        rows = obj.earlier.order_by("-number")[:_MOST_REVISIONS]
        return format_html_join(
            "",
            "<div>{}. {} ({}, {})</div>",
            ((row.number, row.message_body, row.replaced_by or "-", _as_text(row.replaced_at)) for row in rows),
        )


def _as_text(moment: datetime) -> str:
    return date_format(moment if is_naive(moment) else localtime(moment), "DATETIME_FORMAT")


def _find_revisions(request: HttpRequest, message: Any) -> bool:
    """Attach what it said before, as the API would show it to the user; False where it would not."""
    # Django asks for a page's fields several times.
    if "earlier" not in message.__dict__:
        try:
            message.earlier = revisions(request.user, message)
        except Denied:
            message.earlier = None
    return message.earlier is not None


def _extras(message: Any) -> Extras:
    decorate_messages(None, [message])
    return extras_of(message)


def _may_read(request: HttpRequest, message: Any) -> bool:
    if message is None:
        return False
    if not allows(request.user, capabilities.VIEW_ANY, conversation=message.conversation, message=message):
        return False
    # What the API shows nobody, such as a deleted conversation, is not shown here either.
    return get_policy().visible_messages(request.user).filter(pk=message.pk).exists()
