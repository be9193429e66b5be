"""The field in which a message is written."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.models import Attachment

from .base import ActionForm


class FilesInput(forms.ClearableFileInput):
    """A choice of several files."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Several files, or none."""

    widget = FilesInput

    def clean(self, data: Any, initial: Any = None) -> Any:
        one = super().clean
        return [one(item, initial) for item in data or []]


class IdsField(forms.Field):
    """The ids of files that were uploaded before; what is none is left out."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[UUID]:
        return [key for key in map(_uuid, value or []) if key is not None]


class ComposerForm(ActionForm):
    """A message to send now or later. Files are kept as soon as they have come, so that a refusal loses none."""

    argument_names = {"files": "file"}

    body = forms.CharField(label=_("Message"), required=False, strip=False, widget=forms.Textarea)
    # Django's metaclass takes fields off the class, so that the form's own `files` stays.
    files = FilesField(label=_("Files"), required=False)  # type: ignore[assignment]
    attachments = IdsField(required=False)
    client_id = forms.CharField(required=False, strip=False, max_length=64)
    reply_to = forms.UUIDField(required=False)
    thread_root = forms.UUIDField(required=False)
    send_at = forms.DateTimeField(
        label=_("Send later"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    # What was uploaded before, or just now, to be shown with the form.
    kept: Sequence[Attachment] = ()

    @classmethod
    def begun(cls, participant: Any, root: Any, quoted: Any) -> ComposerForm:
        """Return the form with what the member has begun to write; in a thread, empty."""
        draft = participant.own_draft if participant is not None and root is None else None
        initial = {
            "body": "" if draft is None else draft.message_body,
            "client_id": uuid4().hex,
            "reply_to": "" if quoted is None else quoted.pk,
            "thread_root": "" if root is None else root.pk,
        }
        return cls(initial=initial)

    def send(self, actor: Any, conversation: Any) -> Any | None:
        """Send or schedule what was written; None where that was refused, and the form says why."""
        if not self.keep_files(actor):
            return None
        values = self.cleaned_data
        arguments: dict[str, Any] = {
            "actor": actor,
            "conversation": conversation,
            # Browsers send line breaks as CR LF.
            "body": values["body"].replace("\r\n", "\n"),
            "client_id": values["client_id"] or None,
            "reply_to": values["reply_to"],
            "thread_root": values["thread_root"],
            "attachments": [row.pk for row in self.kept],
        }
        if values["send_at"] is None:
            return self.attempt(lambda: actions.send_message(**arguments))
        return self.attempt(lambda: actions.schedule_message(**arguments, send_at=values["send_at"]))

    def keep_files(self, actor: Any) -> bool:
        """Keep the files that came; returns whether all were taken."""
        earlier = Attachment.objects.filter(pk__in=self.cleaned_data["attachments"], uploader=actor, message=None)
        kept = list(earlier)
        for file in self.cleaned_data["files"]:
            row = self.attempt(partial(actions.create_attachment, actor=actor, file=file))
            if row is not None:
                kept.append(row)
        self.kept = kept
        return not self.errors


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
