"""`{% load convo %}`: the chat on the host's own pages, and what our templates are written with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from django_convo.api.base import stamp
from django_convo.contrib.ui.elements import badge_context, inbox_context, open_thread, thread_context
from django_convo.contrib.ui.icons import icon
from django_convo.contrib.ui.shapes import person_of
from django_convo.exceptions import ConvoError
from django_convo.models import AbstractConversation
from django_convo.selectors.messages import find_readable_conversation

register = template.Library()


@register.simple_tag
def convo_assets() -> SafeString:
    """Link the style sheet and the script; once, in the head of the page."""
    return render_to_string("convo_ui/assets.html")


@register.simple_tag(takes_context=True)
def convo_inbox(context: Any, filter: str = "inbox") -> SafeString:  # noqa: A002 - as it reads in a template
    """Show the viewer's conversations; nothing to whoever is not logged in. `filter`: inbox, unread or archived."""
    request = _request_of(context)
    if request is None:
        return SafeString()
    return render_to_string("convo_ui/inbox_list.html", inbox_context(request, filters=filter), request=request)


@register.simple_tag(takes_context=True)
def convo_thread(context: Any, conversation: AbstractConversation) -> SafeString:
    """Show a conversation, with the field to write in; nothing to whoever may not read it."""
    request = _request_of(context)
    if request is None or not isinstance(conversation, AbstractConversation):
        return SafeString()
    try:
        found = find_readable_conversation(request.user, conversation.pk)
        shown = thread_context(open_thread(request.user, found))
    except ConvoError:
        return SafeString()
    return render_to_string("convo_ui/thread.html", shown | {"is_embedded": True}, request=request)


@register.simple_tag(takes_context=True)
def convo_button(context: Any, user: Any, subject: Model | None = None, label: str = "") -> SafeString:
    """Show a button that opens the viewer's direct with a user, about `subject` if there is one.

    Nothing for oneself. Whether the two may talk, the policy says when it is pressed.
    """
    request = _request_of(context)
    if request is None or not isinstance(user, Model) or user.pk == request.user.pk:
        return SafeString()
    values: dict[str, Any] = {"person": person_of(user), "subject": subject, "label": label}
    if subject is not None:
        values["subject_type"] = ContentType.objects.get_for_model(subject).natural_key()
    return render_to_string("convo_ui/button.html", values, request=request)


@register.simple_tag(takes_context=True)
def convo_unread_badge(context: Any) -> SafeString:
    """Show how many messages wait for the viewer, as a link to the inbox."""
    request = _request_of(context)
    if request is None:
        return SafeString()
    return render_to_string("convo_ui/badge.html", badge_context(request.user), request=request)


@register.simple_tag
def convo_icon(name: str) -> SafeString:
    """Draw one of our pictures."""
    return icon(name)


@register.filter
def convo_stamp(moment: datetime | None) -> str:
    """Return a time as the API has it."""
    return stamp(moment) or ""


@register.filter
def convo_time(moment: datetime) -> SafeString:
    """Return day and time, which a script writes anew for the visitor's time zone."""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    shown = date_format(local, "SHORT_DATETIME_FORMAT")
    return format_html('<time datetime="{}">{}</time>', stamp(moment), shown)


@register.filter
def convo_when(moment: datetime) -> str:
    """Return the time of a moment of today, else the day, with the year only where it is another one."""
    local = timezone.localtime(moment) if timezone.is_aware(moment) else moment
    now = timezone.localtime(timezone.now()) if timezone.is_aware(moment) else timezone.now()
    if local.date() == now.date():
        return date_format(local, "TIME_FORMAT")
    return date_format(local, "MONTH_DAY_FORMAT" if local.year == now.year else "SHORT_DATE_FORMAT")


def _request_of(context: Any) -> HttpRequest | None:
    """Return the request of somebody who is logged in."""
    request: HttpRequest | None = context.get("request")
    return request if request is not None and request.user.is_authenticated else None
