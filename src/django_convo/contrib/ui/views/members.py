"""Who takes part in a conversation."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from django.http import HttpRequest, HttpResponseBase

from django_convo import actions
from django_convo.api.base import path_user_key
from django_convo.conf import settings
from django_convo.contrib.ui.forms import AddMembersForm
from django_convo.contrib.ui.pages import page_of
from django_convo.contrib.ui.queries import text_of
from django_convo.contrib.ui.shapes import conversation_rows, person_of
from django_convo.models import AbstractConversation
from django_convo.selectors import decorate
from django_convo.selectors.people import find_participant, find_participants, find_removable
from django_convo.types import ConversationRole

from .base import ConversationView

# In the order of joining.
_ORDER: Final = ("pk",)


class MembersView(ConversationView):
    """The members, and adding some."""

    template_name = "convo_ui/members.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show the members, in the order of joining, and people to add."""
        return self._show(self.get_conversation(), AddMembersForm(), text_of(request.GET, "q"), [])

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Add people, or look for some."""
        conversation, form = self.get_conversation(), AddMembersForm(request.POST)
        if form.is_valid() and "find" not in request.POST and form.add(request.user, conversation):
            return self.go("members", conversation.pk)
        keys = form.fields["people"].clean(request.POST.getlist("people"))
        status = form.status if form.errors else HTTPStatus.OK
        return self._show(self.get_conversation(), form, text_of(request.POST, "q"), keys, status=status)

    def _show(
        self, conversation: AbstractConversation, form: Any, query: str, keys: list[Any], *, status: int = 200
    ) -> HttpResponseBase:
        rows = find_participants(self.request.user, conversation)
        actions.record_view(actor=self.request.user, conversations=[conversation])
        page = page_of(rows, _ORDER, self.request, limit=settings.PAGE_SIZE)
        decorate(self.request.user, [conversation])
        (row,) = conversation_rows(self.request.user, [conversation])
        form.look_for(self.request.user, query=query, keys=keys)
        context = {
            "conversation": row,
            "capabilities": getattr(conversation, "viewer_capabilities", frozenset()),
            "members": [(person_of(member.user), member) for member in page.rows],
            "page": page,
            "roles": ConversationRole.choices,
            "form": form,
        }
        return self.show(context, status=status)


class RoleView(ConversationView):
    """Giving somebody another role."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, user_id: str, **kwargs: Any) -> HttpResponseBase:
        """Give it."""
        conversation = self.get_conversation()
        member = find_participant(request.user, conversation, path_user_key(user_id))
        role = request.POST.get("role", "")
        actions.change_role(actor=request.user, conversation=conversation, user=member.user, role=role)
        return self.go("members", conversation.pk)


class RemoveView(ConversationView):
    """Removing somebody."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, user_id: str, **kwargs: Any) -> HttpResponseBase:
        """Remove them."""
        conversation = self.get_conversation()
        user = find_removable(request.user, conversation, path_user_key(user_id))
        actions.remove_participant(actor=request.user, conversation=conversation, user=user)
        return self.go("members", conversation.pk)
