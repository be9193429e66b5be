"""What is done to a message with words: editing, forwarding, reporting."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.models import AbstractMessage
from django_convo.types import ReportReason

from .base import ActionForm


class EditForm(ActionForm):
    """What the message is to say."""

    body = forms.CharField(label=_("Message"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 5}))

    def change(self, actor: Any, message: AbstractMessage) -> Any | None:
        """Edit the message; None where that was refused, and the form says why."""
        body = self.cleaned_data["body"].replace("\r\n", "\n")
        return self.attempt(lambda: actions.edit_message(actor=actor, message=message, body=body))


class ForwardForm(ActionForm):
    """Where to forward it: one of the conversations that are offered."""

    conversation = forms.UUIDField(label=_("Forward to"))
    client_id = forms.CharField(required=False, strip=False, max_length=64, widget=forms.HiddenInput)

    @classmethod
    def begun(cls) -> ForwardForm:
        """Return the empty form; sent twice, it forwards once."""
        return cls(initial={"client_id": uuid4().hex})


class ReportForm(ActionForm):
    """What is wrong with the message."""

    reason = forms.ChoiceField(label=_("What is wrong?"), choices=ReportReason.choices, widget=forms.RadioSelect)
    comment = forms.CharField(
        label=_("More, for the moderators"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def report(self, actor: Any, message: AbstractMessage) -> Any | None:
        """Report the message; None where that was refused, and the form says why."""
        return self.attempt(lambda: actions.report_message(actor=actor, message=message, **self.cleaned_data))
