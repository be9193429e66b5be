"""Who is muted or banned: on the whole site, and in one conversation."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect

from django_convo import actions
from django_convo.api.base.values import user_key
from django_convo.conf import settings
from django_convo.contrib.ui.forms import SanctionForm
from django_convo.contrib.ui.pages import page_of
from django_convo.contrib.ui.shapes import conversation_rows, person_of, sanction_row
from django_convo.exceptions import InvalidReference, NotFound
from django_convo.models import AbstractConversation
from django_convo.policy import allows, capabilities
from django_convo.selectors import decorate
from django_convo.selectors.sanctions import SANCTION_ORDER, find_sanction, find_target, sanctions

from .base import ConversationView

# Of those that are not in force any more, in the address.
_OVER: Final = "over"


class _SanctioningView(ConversationView):
    """Base of both: on the whole site, or in the conversation of the path if it names one."""

    def get_place(self) -> AbstractConversation | None:
        """Return the conversation, or None for the site; NotFound to whoever does not sanction there."""
        if "conversation_id" in self.kwargs:
            return self.get_conversation()
        if not self.may_everywhere():
            raise NotFound
        return None

    def may_everywhere(self) -> bool:
        """Say whether one may mute and ban on the whole site."""
        return allows(self.request.user, capabilities.USER_SANCTION)

    def to_list(self, conversation_id: UUID | None) -> HttpResponseRedirect:
        """Return the redirect to the list of a conversation, else to that of the site."""
        if conversation_id is None:
            return self.go("sanction-list")
        return self.go("conversation-sanctions", conversation_id)


class SanctionsView(_SanctioningView):
    """The list, and with `?user=` that of one person under the form which mutes or bans them."""

    template_name = "convo_ui/sanctions.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show those in force, or those that are over, the latest first."""
        place = self.get_place()
        return self._show(place, self._form(place))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Mute or ban somebody, or show the form again with what was refused."""
        place, key = self.get_place(), user_key(request.POST.get("user", ""))
        if key is None:
            raise NotFound
        form = self._form(place, request.POST)
        if form.is_valid() and (imposed := form.impose(request.user, key)):
            return self.to_list(imposed[0].conversation_id)
        return self._show(place, form, status=form.status)

    def _form(self, place: AbstractConversation | None, data: Any = None) -> SanctionForm:
        return SanctionForm(data, conversation=place, may_everywhere=self.may_everywhere())

    def _show(self, place: AbstractConversation | None, form: SanctionForm, *, status: int = 200) -> HttpResponseBase:
        is_over = self.request.GET.get("which") == _OVER
        person = self._person(place)
        rows = sanctions(self.request.user, conversation=place, user=person, is_active=not is_over)
        page = page_of(rows, SANCTION_ORDER, self.request, limit=settings.PAGE_SIZE)
        context = {
            "sanctions": [sanction_row(row) for row in page.rows],
            "page": page,
            "is_over": is_over,
            "person": person_of(person),
            "form": form,
        }
        return self.show(context if place is None else context | self._head(place), status=status)

    def _person(self, place: AbstractConversation | None) -> Any | None:
        """Return whom the form or the address names; NotFound for somebody whom one cannot sanction here."""
        key = user_key((self.request.POST or self.request.GET).get("user", ""))
        try:
            return None if key is None else find_target(self.request.user, place, key)
        except InvalidReference as error:
            raise NotFound from error

    def _head(self, conversation: AbstractConversation) -> dict[str, Any]:
        actions.record_view(actor=self.request.user, conversations=[conversation])
        decorate(self.request.user, [conversation])
        return {"conversation": conversation_rows(self.request.user, [conversation])[0]}


class LiftView(_SanctioningView):
    """Ending one before its time."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, sanction_id: UUID, **kwargs: Any) -> HttpResponseBase:
        """Lift it, and lead back to the list that it was lifted from."""
        place = self.get_place()
        sanction = find_sanction(request.user, sanction_id)
        if place is not None and sanction.conversation_id != place.pk:
            raise NotFound
        actions.lift_sanction(actor=request.user, sanction=sanction)
        return self.to_list(None if place is None else place.pk)
