"""What one wants to be told of a conversation."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.types import NotifyLevel

from .base import ActionForm

_KEEP: Final = "keep"
# Far enough: Python's own latest time cannot be moved between zones.
_FOR_GOOD: Final = timedelta(days=365 * 100)
_MUTED_FOR: Final = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "ever": _FOR_GOOD,
}


class MembershipForm(ActionForm):
    """Muting, and the notify level."""

    muted = forms.ChoiceField(
        label=_("Mute"),
        required=False,
        choices=[
            (_KEEP, _("as it is")),
            ("", _("not muted")),
            ("hour", _("for an hour")),
            ("day", _("for a day")),
            ("week", _("for a week")),
            ("ever", _("until I turn it on again")),
        ],
    )
    notify = forms.ChoiceField(label=_("Notify me of"), choices=NotifyLevel.choices)

    def change(self, actor: Any, conversation: Any) -> Any | None:
        """Change one's own row; None where that was refused, and the form says why."""
        wanted: dict[str, Any] = {"notify": self.cleaned_data["notify"]}
        muted = self.cleaned_data["muted"]
        if muted != _KEEP:
            wanted["muted_until"] = timezone.now() + _MUTED_FOR[muted] if muted else None
        return self.attempt(lambda: actions.update_membership(actor=actor, conversation=conversation, **wanted))


class StateForm(ActionForm):
    """Archiving and pinning: one button each."""

    pinned = forms.NullBooleanField(required=False)
    archived = forms.NullBooleanField(required=False)

    @property
    def wanted(self) -> dict[str, Any]:
        """What was said."""
        return {name: value for name, value in self.cleaned_data.items() if value is not None}
