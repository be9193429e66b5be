"""Opening conversations: choosing people, and the button that leads to a direct."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from django_convo import actions
from django_convo.api.base.values import user_key
from django_convo.api.subjects import find_subject
from django_convo.contrib.ui.forms import NewConversationForm
from django_convo.contrib.ui.queries import text_of
from django_convo.exceptions import InvalidReference
from django_convo.selectors.people import find_people

from .base import ChatView


class NewConversationView(ChatView):
    """With whom, and what about. Looking for people and opening are two buttons of one form."""

    template_name = "convo_ui/new.html"
    throttle_scope = "create"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """Show the form, with the people whom the address names."""
        keys = [key for key in map(user_key, request.GET.getlist("people")) if key is not None]
        return self._show(NewConversationForm(initial={"people": keys}), text_of(request.GET, "q"), keys)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Open the conversation; or look for people, and show the form with what was written."""
        form = NewConversationForm(request.POST)
        if form.is_valid() and "find" not in request.POST and form.attempt(self.count):
            conversation = form.create(request.user)
            if conversation is not None:
                return self.go("conversation", conversation.pk)
        keys = form.fields["people"].clean(request.POST.getlist("people"))
        status = form.status if form.errors else HTTPStatus.OK
        return self._show(form, text_of(request.POST, "q"), keys, status=status)

    def _show(self, form: NewConversationForm, query: str, keys: list[Any], *, status: int = 200) -> HttpResponseBase:
        form.look_for(self.request.user, query=query, keys=keys)
        return self.show({"form": form}, status=status)


class DirectView(ChatView):
    """Where `{% convo_button %}` leads."""

    throttle_scope = "create"

    def post(self, request: HttpRequest) -> HttpResponseBase:
        """Open the direct with a user, or find it; perhaps about one of the host's rows."""
        key = user_key(request.POST.get("user", ""))
        people = find_people(request.user, [] if key is None else [key])
        if not people:
            raise InvalidReference
        direct: dict[str, Any] = {"actor": request.user, "participants": people, "subject": self._subject()}
        found = actions.find_direct(**direct)
        if found is None:
            self.count()
            found = actions.create_conversation(**direct)[0]
        return self.go("conversation", found.pk)

    def _subject(self) -> Any | None:
        values = self.request.POST
        if not values.get("subject_type"):
            return None
        reference = {"type": values["subject_type"], "id": values.get("subject_id", "")}
        return find_subject(self.request.user, reference)
