"""Changing what is scheduled."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.models import ScheduledMessage

from .base import ActionForm


class ScheduledForm(ActionForm):
    """What is to be sent, and when."""

    body = forms.CharField(label=_("Message"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 4}))
    send_at = forms.DateTimeField(
        label=_("When"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def change(self, actor: Any, scheduled: ScheduledMessage) -> Any | None:
        """Change what is scheduled; None where that was refused, and the form says why."""
        body = self.cleaned_data["body"].replace("\r\n", "\n")
        moment = self.cleaned_data["send_at"]
        return self.attempt(
            lambda: actions.update_scheduled(actor=actor, scheduled=scheduled, body=body, send_at=moment)
        )
