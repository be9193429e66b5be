"""Muting and banning somebody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.models import AbstractConversation
from django_convo.selectors.sanctions import find_target
from django_convo.types import SanctionKind

from .base import ActionForm

_SITE: Final = "site"
_LASTS: Final = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}


class SanctionForm(ActionForm):
    """What somebody may not do any more, where, and until when."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=[
            (SanctionKind.MUTE.value, _("Mute: may read, and cannot write")),
            (SanctionKind.BAN.value, _("Ban: is kept out")),
        ],
        widget=forms.RadioSelect,
    )
    where = forms.ChoiceField(
        label=_("Where"),
        required=False,
        choices=[("", _("In this conversation")), (_SITE, _("On the whole site"))],
        widget=forms.RadioSelect,
    )
    lasts = forms.ChoiceField(
        label=_("For how long"),
        required=False,
        choices=[
            ("hour", _("for an hour")),
            ("day", _("for a day")),
            ("week", _("for a week")),
            ("month", _("for a month")),
            ("", _("for good")),
        ],
    )
    expires_at = forms.DateTimeField(
        label=_("Or until a time of your choice"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    reason = forms.CharField(
        label=_("Reason, which moderators alone read"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(
        self, *args: Any, conversation: AbstractConversation | None, may_everywhere: bool, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", {"kind": SanctionKind.MUTE.value, "where": "", "lasts": "day"})
        super().__init__(*args, **kwargs)
        self._conversation = conversation
        if conversation is None or not may_everywhere:
            del self.fields["where"]
        if conversation is not None and conversation.is_direct and not may_everywhere:
            # Nobody is taken out of a direct.
            kinds: Any = self.fields["kind"]
            kinds.choices = kinds.choices[:1]

    def impose(self, actor: Any, key: Any) -> Any | None:
        """Impose it on the user with this key; None where that was refused, and the form says why."""
        values = self.cleaned_data
        place = None if values.get("where") == _SITE else self._conversation
        return self.attempt(
            lambda: actions.impose_sanction(
                actor=actor,
                user=find_target(actor, place, key),
                kind=values["kind"],
                conversation=place,
                reason=values["reason"],
                expires_at=self._end(),
            )
        )

    def _end(self) -> datetime | None:
        chosen: datetime | None = self.cleaned_data["expires_at"]
        lasts = _LASTS.get(self.cleaned_data["lasts"])
        return chosen or (None if lasts is None else timezone.now() + lasts)
