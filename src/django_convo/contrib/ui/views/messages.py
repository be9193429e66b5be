"""One message: its page, and all that one can do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase

from django_convo import actions
from django_convo.contrib.ui.forms import EditForm, ForwardForm, ReportForm
from django_convo.contrib.ui.shapes import conversation_rows, message_row, person_of
from django_convo.exceptions import ConvoError
from django_convo.models import AbstractMessage
from django_convo.selectors import InboxFilters, decorate, decorate_messages, inbox
from django_convo.selectors.messages import find_conversation, revisions
from django_convo.selectors.receipts import readers

from .base import MessageView

# What a page shows of those who have read a message, of its earlier versions, and of conversations to choose from.
_MOST_SHOWN = 50


class MessagePage(MessageView):
    """A message with all that one can do with it: the menu, for whom no script opens one."""

    template_name = "convo_ui/message_page.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show the message, what it said before, and who has read it, as far as the viewer may know."""
        message = self.get_message()
        own = self._if_allowed(lambda: revisions(request.user, message).order_by("-number")[:_MOST_SHOWN])
        read = self._if_allowed(lambda: readers(request.user, message.conversation, message)[:_MOST_SHOWN])
        return self.show_message(message, revisions=own, readers=[person_of(row.user) for row in read])

    def show_message(self, message: AbstractMessage, *, status: int = 200, **more: Any) -> HttpResponseBase:
        """Return a page about the message."""
        decorate(self.request.user, [message.conversation])
        decorate_messages(self.request.user, [message])
        actions.record_view(actor=self.request.user, messages=[message])
        (conversation,) = conversation_rows(self.request.user, [message.conversation])
        shown: dict[str, Any] = {
            "conversation": conversation,
            "message": message_row(self.request.user, message),
            "capabilities": getattr(message.conversation, "viewer_capabilities", frozenset()),
            "is_page": True,
        }
        return self.show({**shown, **more}, status=status)

    @staticmethod
    def _if_allowed(read: Callable[[], Any]) -> list[Any]:
        try:
            return list(read())
        except ConvoError:
            return []


class MessageButton(MessageView):
    """Base of what one button does; leads back to the message."""

    http_method_names = ["post", "options"]
    run: ClassVar[Callable[..., Any]]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Do it, and lead back."""
        message = self.get_message()
        self.count()
        type(self).run(actor=request.user, message=message)
        return self.to_message(message)


class PinView(MessageButton):
    """Pinning."""

    run = staticmethod(actions.pin_message)


class UnpinView(MessageButton):
    """Taking the pin off."""

    run = staticmethod(actions.unpin_message)


class SaveView(MessageButton):
    """Saving for oneself."""

    run = staticmethod(actions.save_message)


class DeleteView(MessageButton):
    """Deleting."""

    run = staticmethod(actions.delete_message)


class RestoreView(MessageButton):
    """Undoing a deletion."""

    run = staticmethod(actions.restore_message)
    throttle_scope = "send"


class UnreadView(MessageView):
    """Marking as unread from here on; leads to the inbox, since opening would mark it as read again."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Mark it."""
        message = self.get_message()
        actions.mark_unread(actor=request.user, conversation=message.conversation, seq=message.seq)
        return self.go("inbox")


class ReactView(MessagePage):
    """Reacting: the page with the emoji, and the button below a message that shows one."""

    template_name = "convo_ui/react.html"
    throttle_scope = "react"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show the emoji."""
        return self.show_message(self.get_message())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """React, or take the reaction back where one has reacted so already."""
        message, emoji = self.get_message(), request.POST.get("emoji", "")
        self.count()
        decorate_messages(request.user, [message])
        is_mine = any(item.me and item.emoji == emoji for item in message_row(request.user, message).reactions)
        change = actions.remove_reaction if is_mine else actions.add_reaction
        change(actor=request.user, message=message, emoji=emoji)
        return self.to_message(message)


class EditView(MessagePage):
    """Editing one's own message."""

    template_name = "convo_ui/edit.html"
    throttle_scope = "send"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show the form with what the message says."""
        message = self.get_message()
        return self.show_message(message, form=EditForm(initial={"body": message.message_body}))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Edit it, or show the form again with what was refused."""
        message, form = self.get_message(), EditForm(request.POST)
        if form.is_valid() and form.attempt(self.count) and form.change(request.user, message):
            return self.to_message(message)
        return self.show_message(self.get_message(), form=form, status=form.status)


class ReportView(MessagePage):
    """Reporting a message to the moderators."""

    template_name = "convo_ui/report.html"
    throttle_scope = "report"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show the form; or, once it was sent, what happens now."""
        return self.show_message(self.get_message(), form=ReportForm(), is_done="done" in request.GET)

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Report it, and lead to where it says that this was done."""
        message, form = self.get_message(), ReportForm(request.POST)
        if form.is_valid() and form.attempt(self.count) and form.report(request.user, message):
            return self.go("message-report", *self.kwargs.values(), query="?done")
        return self.show_message(self.get_message(), form=form, status=form.status)


class ForwardView(MessagePage):
    """Forwarding a message to another conversation of one's own."""

    template_name = "convo_ui/forward.html"
    throttle_scope = "send"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show the conversations, the latest in use first."""
        return self._show(self.get_message(), ForwardForm.begun())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Forward it, and lead there."""
        message, form = self.get_message(), ForwardForm(request.POST)
        sent = form.attempt(lambda: self._forward(message, form)) if form.is_valid() else None
        if sent is not None:
            return self.go("conversation", sent.conversation_id, query=f"#convo-m-{sent.seq}")
        return self._show(self.get_message(), form, status=form.status)

    def _forward(self, message: AbstractMessage, form: ForwardForm) -> AbstractMessage:
        self.count()
        target = find_conversation(self.request.user, form.cleaned_data["conversation"])
        key = form.cleaned_data["client_id"] or None
        return actions.forward_message(actor=self.request.user, message=message, conversation=target, client_id=key)

    def _show(self, message: AbstractMessage, form: ForwardForm, *, status: int = 200) -> HttpResponseBase:
        rows = list(inbox(self.request.user, filters=InboxFilters())[:_MOST_SHOWN])
        decorate(self.request.user, rows)
        targets = [row for row in conversation_rows(self.request.user, rows) if not row.is_closed]
        return self.show_message(message, form=form, targets=targets, status=status)
