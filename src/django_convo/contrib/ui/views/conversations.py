"""One conversation, to read and to write in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from django_convo import actions
from django_convo.contrib.ui.elements import Thread, open_thread, thread_context
from django_convo.contrib.ui.elements.inbox import shown
from django_convo.contrib.ui.forms import ComposerForm
from django_convo.contrib.ui.queries import bounds_of, uuid_of
from django_convo.exceptions import ConvoError, TryAgain
from django_convo.models import AbstractConversation
from django_convo.policy import capabilities
from django_convo.selectors import decorate_messages
from django_convo.selectors.messages import find_message

from .base import ConversationView


class ConversationPage(ConversationView):
    """A conversation, and the field to write in."""

    template_name = "convo_ui/conversation.html"
    throttle_scope = "send"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show part of it, and mark that as read."""
        conversation = self.get_conversation()
        if conversation.membership_of(request.user) is None:
            return self._show_outside(conversation)
        thread = self.open(conversation)
        response = self.show(thread_context(thread, quoted=self.quoted(conversation)))
        self._mark_read(thread)
        return response

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Send what was written, or show it again with what was refused."""
        conversation = self.get_conversation()
        form = ComposerForm(request.POST, request.FILES)
        if form.is_valid() and form.attempt(self.count) and (sent := form.send(request.user, conversation)):
            return self.sent(conversation, form, sent)
        quoted = self.quoted(self.get_readable())
        return self.show(thread_context(self.open(self.get_readable()), form=form, quoted=quoted), status=form.status)

    def sent(self, conversation: AbstractConversation, form: ComposerForm, sent: Any) -> HttpResponse:
        """Return the redirect to what was sent, or to what will be."""
        membership = conversation.membership_of(self.request.user)
        if membership is not None and membership.own_draft is not None:
            actions.delete_draft(actor=self.request.user, conversation=conversation)
        if form.cleaned_data["send_at"] is not None:
            return self.go("scheduled-list")
        return self.to_conversation(f"#convo-m-{sent.seq}")

    def open(self, conversation: AbstractConversation) -> Thread:
        """Read the part that the address asks for."""
        return open_thread(
            self.request.user, conversation, bounds=bounds_of(self.request.user, conversation, self.request.GET)
        )

    def quoted(self, conversation: AbstractConversation) -> Any | None:
        """Return the message that is to be answered, where the address or the form names one that may be read."""
        values = self.request.POST if self.request.method == "POST" else self.request.GET
        key = uuid_of(values, "reply_to")
        try:
            message = None if key is None else find_message(self.request.user, key, conversation)
        except ConvoError:
            return None
        decorate_messages(self.request.user, [] if message is None else [message])
        return message

    def _show_outside(self, conversation: AbstractConversation) -> HttpResponse:
        """Show a conversation to somebody who is not in it: its messages by `conversation.view_any`, else its door."""
        try:
            readable = self.get_readable()
        except ConvoError:
            (row,) = shown(self.request.user, [conversation])
            granted: frozenset[str] = getattr(conversation, "viewer_capabilities", frozenset())
            door = {"conversation": row, "may_join": capabilities.JOIN in granted}
            return self.show(door, template="convo_ui/door.html")
        return self.show(thread_context(self.open(readable)))

    def _mark_read(self, thread: Thread) -> None:
        """Mark as read what was shown, after it was; not for a browser that only looks ahead."""
        if not thread.messages or "prefetch" in self.request.headers.get("Sec-Purpose", ""):
            return
        try:
            actions.mark_read(actor=thread.actor, conversation=thread.conversation, seq=thread.messages[-1].seq)
        except TryAgain:
            # The page is there all the same.
            return
