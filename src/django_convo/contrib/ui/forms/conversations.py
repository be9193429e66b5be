"""Opening a conversation, and changing what is said about it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.models import get_conversation_model
from django_convo.selectors.people import find_people
from django_convo.types import ConversationKind

from .base import ActionForm
from .people import PeopleForm


def _length_of(column: str) -> int | None:
    length: int | None = getattr(get_conversation_model()._meta.get_field(column), "max_length", None)
    return length


class NewConversationForm(PeopleForm):
    """With whom, what it is called, and perhaps the first message."""

    argument_names = {"people": "participants"}

    kind = forms.ChoiceField(
        label=_("Kind"),
        required=False,
        choices=[
            ("", _("Talk")),
            (ConversationKind.GROUP.value, _("Group")),
            (ConversationKind.CHANNEL.value, _("Channel that others can join")),
        ],
    )
    title = forms.CharField(label=_("Title"), required=False)
    topic = forms.CharField(label=_("Topic"), required=False)
    body = forms.CharField(
        label=_("First message"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def create(self, actor: Any) -> Any | None:
        """Create the conversation and return it; None where that was refused, and the form says why."""
        values = self.cleaned_data
        created = self.attempt(
            lambda: actions.create_conversation(
                actor=actor,
                participants=find_people(actor, values["people"]),
                kind=values["kind"] or None,
                title=values["title"],
                topic=values["topic"],
                body=values["body"].replace("\r\n", "\n") or None,
            )
        )
        return None if created is None else created[0]


class DetailsForm(ActionForm):
    """What a conversation is called, and how fast one may write there."""

    title = forms.CharField(label=_("Title"), required=False)
    topic = forms.CharField(label=_("Topic"), required=False, widget=forms.Textarea(attrs={"rows": 2}))
    slow_mode_seconds = forms.IntegerField(label=_("Seconds between two messages of one person"), min_value=0)

    def __init__(self, *args: Any, is_direct: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_direct:
            del self.fields["title"]
        for name in self.fields.keys() & {"title", "topic"}:
            self.fields[name].widget.attrs["maxlength"] = _length_of(name)

    def change(self, actor: Any, conversation: Any) -> Any | None:
        """Change the conversation; None where that was refused, and the form says why."""
        return self.attempt(
            lambda: actions.update_conversation(actor=actor, conversation=conversation, **self.cleaned_data)
        )
