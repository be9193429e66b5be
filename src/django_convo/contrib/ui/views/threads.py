"""One thread of a conversation, on a page of its own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from django_convo.conf import settings
from django_convo.contrib.ui.elements import Thread, open_thread, thread_context
from django_convo.contrib.ui.queries import number_of
from django_convo.models import AbstractConversation, AbstractMessage
from django_convo.selectors.messages import find_message
from django_convo.selectors.windows import WindowBounds

from .conversations import ConversationPage


class ThreadPage(ConversationPage):
    """The message with which a thread begins, and what was answered in it."""

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show the thread; what is unread elsewhere in the conversation stays so."""
        return self.show(thread_context(self.open(self.get_readable())))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Send what was written, where there is such a thread."""
        self.get_root(self.get_readable())
        return super().post(request, **kwargs)

    def get_root(self, conversation: AbstractConversation) -> AbstractMessage:
        """Return the message of the path; NotFound where it is not visible, or not there."""
        return find_message(self.request.user, self.kwargs["message_id"], conversation)

    def open(self, conversation: AbstractConversation) -> Thread:
        """Read the thread: its newest answers, or those before a number."""
        root = self.get_root(conversation)
        before = number_of(self.request.GET, "before")
        bounds = WindowBounds(limit=settings.PAGE_SIZE, before=before)
        return open_thread(self.request.user, conversation, bounds=bounds, root=root)

    def sent(self, conversation: AbstractConversation, form: Any, sent: Any) -> HttpResponse:
        """Return the redirect to the thread."""
        if form.cleaned_data["send_at"] is not None:
            return self.go("scheduled-list")
        return self.go("thread", *self.kwargs.values(), query=f"#convo-m-{sent.seq}")
