"""What one makes of a conversation: for oneself, and for everyone in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from django_convo import actions
from django_convo.contrib.ui.elements.inbox import shown
from django_convo.contrib.ui.forms import DetailsForm, MembershipForm, StateForm
from django_convo.contrib.ui.shapes import message_rows
from django_convo.exceptions import Denied
from django_convo.models import AbstractConversation
from django_convo.selectors import decorate_messages
from django_convo.selectors.attachments import ATTACHMENT_ORDER, attachments_of
from django_convo.selectors.blocks import blocks
from django_convo.selectors.pins import PIN_ORDER, pinned

from .base import ConversationView

# A mute that lasts longer is for good.
_LONG = timedelta(days=3650)
# What a page shows of pins and files.
_MOST_SHOWN = 50


class SettingsView(ConversationView):
    """Details of a conversation, for its members: pins, files, muting, and what moderators change."""

    template_name = "convo_ui/settings.html"

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Show it."""
        return self.show_settings(self.get_conversation())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Change title, topic or slow mode."""
        conversation = self.get_conversation()
        form = DetailsForm(request.POST, is_direct=conversation.is_direct)
        if form.is_valid() and form.change(request.user, conversation):
            return self.go("conversation-settings", conversation.pk)
        return self.show_settings(self.get_conversation(), details=form, status=form.status)

    def show_settings(
        self, conversation: AbstractConversation, *, status: int = 200, **forms: Any
    ) -> HttpResponseBase:
        """Return the page; `forms` are those that were refused."""
        participant = conversation.membership_of(self.request.user)
        if participant is None:
            raise Denied
        (row,) = shown(self.request.user, [conversation])
        context = {
            "conversation": row,
            "membership": participant,
            "capabilities": getattr(conversation, "viewer_capabilities", frozenset()),
            "pins": self._pins(conversation),
            "files": attachments_of(self.request.user, conversation).order_by(*ATTACHMENT_ORDER)[:_MOST_SHOWN],
            "is_blocked": row.other is not None and self._has_blocked(row.other.user_id),
            "details": _details(conversation),
            "muted_until": _end_of(participant.muted_until),
            "state": MembershipForm(initial={"muted": "keep" if row.is_muted else "", "notify": participant.notify}),
        }
        return self.show({**context, **forms}, status=status)

    def _pins(self, conversation: AbstractConversation) -> Any:
        rows = list(pinned(self.request.user, conversation).order_by(*PIN_ORDER)[:_MOST_SHOWN])
        decorate_messages(self.request.user, rows)
        return message_rows(self.request.user, rows)

    def _has_blocked(self, key: str) -> bool:
        return blocks(self.request.user).filter(blocked__pk=key).exists()


class MembershipView(SettingsView):
    """Muting, and what one wants to be told of."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Change it."""
        conversation, form = self.get_conversation(), MembershipForm(request.POST)
        if form.is_valid() and form.change(request.user, conversation):
            return self.go("conversation-settings", conversation.pk)
        return self.show_settings(conversation, state=form, status=form.status)


class StateView(ConversationView):
    """Archiving and pinning for oneself."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Change it, and lead to the inbox, where it is seen."""
        form = StateForm(request.POST)
        if form.is_valid():
            actions.update_membership(actor=request.user, conversation=self.get_conversation(), **form.wanted)
        return self.go("inbox")


class ConversationButton(ConversationView):
    """Base of what one button does to a conversation."""

    http_method_names = ["post", "options"]
    run: ClassVar[Callable[..., Any]]
    # Where it leads: to the conversation, or to the inbox where one is not in it any more.
    is_way_out: ClassVar[bool] = False

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        """Do it."""
        type(self).run(actor=request.user, conversation=self.get_conversation())
        return self.go("inbox") if self.is_way_out else self.to_conversation()


class JoinView(ConversationButton):
    """Joining a channel."""

    run = staticmethod(actions.join)


class LeaveView(ConversationButton):
    """Leaving."""

    run = staticmethod(actions.leave)
    is_way_out = True


class CloseView(ConversationButton):
    """Closing."""

    run = staticmethod(actions.close)


class ReopenView(ConversationButton):
    """Opening again."""

    run = staticmethod(actions.reopen)


class DeleteConversationView(ConversationButton):
    """Deleting for everyone."""

    run = staticmethod(actions.delete_conversation)
    is_way_out = True


def _end_of(muted_until: datetime | None) -> datetime | None:
    """Return when it is over, where that is soon enough to be told: for good is a time, too, and a far one."""
    is_far = muted_until is None or muted_until > timezone.now() + _LONG
    return None if is_far else muted_until


def _details(conversation: AbstractConversation) -> DetailsForm:
    names = ("title", "topic", "slow_mode_seconds")
    return DetailsForm(initial={name: getattr(conversation, name) for name in names}, is_direct=conversation.is_direct)
