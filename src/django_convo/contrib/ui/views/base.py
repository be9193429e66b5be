"""What every page shares: who is let in, what is refused how, and in which transaction nothing is."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, cast
from uuid import UUID

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import connections, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_protect

from django_convo.api.base import to_api_exception
from django_convo.api.throttles import ScopeThrottle
from django_convo.contrib.ui.elements import inbox_context, surroundings
from django_convo.contrib.ui.emoji import sections
from django_convo.exceptions import ConvoError, NotFound, TooSoon
from django_convo.policy import banned
from django_convo.policy.sanctions import is_banned
from django_convo.selectors.messages import find_conversation, find_message, find_readable_conversation

if TYPE_CHECKING:
    from django_convo.models import AbstractConversation, AbstractMessage

_SAFE: tuple[str, ...] = ("GET", "HEAD", "OPTIONS")


@method_decorator(csrf_protect, name="dispatch")
class ChatView(LoginRequiredMixin, View):
    """Base of every view: parse → action → redirect, or → selectors → page.

    Whoever is not logged in is led to the login. What one may not see is a 404; what is refused is said in words, in
    the form if there is one, else on a page of its own. Views are never inside ATOMIC_REQUESTS: actions own their
    transactions, and retry them.
    """

    template_name: ClassVar[str] = ""
    # The limit of `CONVO_THROTTLE_RATES` against which a POST counts.
    throttle_scope: ClassVar[str | None] = None

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        view: Any = super().as_view(**initkwargs)
        for alias in connections:
            view = transaction.non_atomic_requests(using=alias)(view)
        return view

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = super().dispatch(request, *args, **kwargs)
        except ConvoError as error:
            response = self.refuse(error)
        response.setdefault("Cache-Control", "private, no-store")
        return response

    def http_method_not_allowed(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Lead whoever opens the address of a form, as the login does afterwards, to where the form stood."""
        if request.method not in _SAFE:
            return super().http_method_not_allowed(request, *args, **kwargs)
        key = self.kwargs.get("conversation_id")
        return self.go("inbox") if key is None else self.go("conversation", key)

    def refuse(self, error: ConvoError) -> HttpResponse:
        """Return the page that says what was refused; raises Http404 where nothing is to be seen."""
        if isinstance(error, NotFound):
            if self.request.method in _SAFE or not is_banned(self.request.user):
                raise Http404 from error
            # To the banned nothing is there, and that they are banned is why.
            error = banned()
        status = getattr(to_api_exception(error), "status_code", HTTPStatus.BAD_REQUEST)
        return self.show({"detail": error.detail, "status": status}, template="convo_ui/error.html", status=status)

    def count(self) -> None:
        """Count this request against its limit; raises TooSoon beyond it."""
        if self.throttle_scope is None:
            return
        throttle = ScopeThrottle(self.throttle_scope)
        if not throttle.allow_request(cast("Any", self.request), cast("Any", self)):
            raise TooSoon(wait=throttle.wait() or 1)

    def show(self, context: dict[str, Any], *, template: str | None = None, status: int = 200) -> HttpResponse:
        """Return a page with the inbox beside it."""
        current = context["conversation"].conversation_id if "conversation" in context else None
        shared = {**surroundings(self.request.user), "picker": sections()}
        if "side" not in context:
            context["side"] = inbox_context(self.request, current=current)
        return render(self.request, template or self.template_name, {**shared, **context}, status=status)

    def go(self, name: str, *arguments: Any, query: str = "") -> HttpResponseRedirect:
        """Return the redirect to a page of ours."""
        return HttpResponseRedirect(self.address(name, *arguments) + query)

    def address(self, name: str, *arguments: Any) -> str:
        """Return the address of a page of ours, in the instance of the URLs in which this one is."""
        match = self.request.resolver_match
        current = None if match is None else match.namespace
        return reverse(f"convo_ui:{name}", args=arguments, current_app=current)


class ConversationView(ChatView):
    """Base of the pages of one conversation."""

    def get_conversation(self) -> AbstractConversation:
        """Return the conversation of the path; NotFound where it is not visible."""
        return find_conversation(self.request.user, self.kwargs["conversation_id"])

    def get_readable(self) -> AbstractConversation:
        """Return the conversation of the path to whoever may read it."""
        return find_readable_conversation(self.request.user, self.kwargs["conversation_id"])

    def to_conversation(self, query: str = "") -> HttpResponseRedirect:
        """Return the redirect to the conversation of the path."""
        return self.go("conversation", self.kwargs["conversation_id"], query=query)


class MessageView(ConversationView):
    """Base of the pages of one message."""

    def get_message(self) -> AbstractMessage:
        """Return the message of the path, with its conversation; NotFound where it is not visible, or not there."""
        conversation = self.get_readable()
        message = find_message(self.request.user, cast("UUID", self.kwargs["message_id"]), conversation)
        message.conversation = conversation
        return message

    def to_message(self, message: AbstractMessage) -> HttpResponseRedirect:
        """Return the redirect to where the message stands."""
        return self.to_conversation(f"?around={message.seq}#convo-m-{message.seq}")
