"""Reviewing a report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.models import Report
from django_convo.types import ReportStatus

from .base import ActionForm


class ReviewForm(ActionForm):
    """What has come of a report; the button that was pressed says the status."""

    decision = forms.ChoiceField(choices=ReportStatus.choices)
    resolution = forms.CharField(label=_("Note"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    delete_message = forms.BooleanField(label=_("Delete the message"), required=False)

    argument_names = {"decision": "status"}

    def review(self, actor: Any, report: Report) -> Any | None:
        """Review the report; None where that was refused, and the form says why."""
        values = self.cleaned_data
        return self.attempt(
            lambda: actions.review_report(
                actor=actor,
                report=report,
                status=values["decision"],
                resolution=values["resolution"],
                delete_message=values["delete_message"],
            )
        )
