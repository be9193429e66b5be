"""Conversations: found by id, by participant, or by the beginning of the title; changed by actions, as the host."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin
from django.core.validators import MaxLengthValidator, MaxValueValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.conf import settings
from django_convo.models import Event, Participant, get_message_model
from django_convo.types import ConversationKind

from .base import BoundedAdmin, as_uuid, find_user

# Titles have no index: their search reads this many of the newest conversations, and no more.
TITLES_SEARCHED: Final = 10_000
_CREATED: Final = ("title", "topic", "metadata")
_UPDATED: Final = (*_CREATED, "slow_mode_seconds")


class NewConversationForm(forms.ModelForm):  # type: ignore[type-arg]
    """What a conversation begins with; participants are added on their own page."""

    # Not `kind`: the model's column is fixed once it is chosen, so no form may have it.
    new_kind = forms.ChoiceField(
        label=_("Kind"),
        # A direct is made of two people.
        choices=[choice for choice in ConversationKind.choices if choice[0] != ConversationKind.DIRECT],
    )


class ConversationForm(forms.ModelForm):  # type: ignore[type-arg]
    """What may be changed of a conversation, and what the host may say in it."""

    is_closed = forms.BooleanField(
        label=_("Closed"), required=False, help_text=_("Nothing can be sent or added until it is opened again.")
    )
    system_message = forms.CharField(
        label=_("System message"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Sent to everyone in the conversation, in the name of the site."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_closed"].initial = self.instance.is_closed
        self.fields["system_message"].validators.append(MaxLengthValidator(settings.MESSAGE_MAX_LENGTH))
        if "slow_mode_seconds" in self.fields:
            self.fields["slow_mode_seconds"].validators.append(MaxValueValidator(settings.SLOW_MODE_MAX_SECONDS))


class ConversationAdmin(BoundedAdmin):
    """Conversations. Every change is an action of the host's (`actor=None`); the admin's own log names who made it."""

    list_display = ("__str__", "kind", "participant_count", "last_seq", "last_message_at", "is_open", "is_live")
    list_filter = ("kind",)
    filters = ("kind__exact",)
    search_fields = ("title",)
    search_help_text = _("An id, a participant's exact login or id, or the beginning of a recent title.")
    readonly_fields = (
        "conversation_id",
        "created_at",
        "created_by",
        "about",
        "participants_link",
        "messages_link",
        "events_link",
        "last_message_at",
        "closed_at",
        "deleted_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("created_by", "subject_type")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Sort as an index does: of the kind, by id where rows are searched, else by change."""
        if request.GET.get("q") or request.GET.get("term"):
            return ("-pk",)
        if "kind__exact" in request.GET:
            return ("-last_message_at", "-pk")
        return ("-changed_at", "-pk")

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Look for an id, then a participant, then a title, the last among the newest only."""
        if (key := as_uuid(term)) is not None and (found := queryset.filter(pk=key)).exists():
            return found
        if (user := find_user(term)) is not None:
            of_user = Participant.objects.filter(user=user).values("conversation")
            return queryset.filter(pk__in=of_user)
        newest = self.model._default_manager.order_by("-pk").values_list("pk", flat=True)
        floor = newest[TITLES_SEARCHED - 1 : TITLES_SEARCHED].first()
        recent = queryset if floor is None else queryset.filter(pk__gte=floor)
        return recent.filter(title__istartswith=term)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        kwargs["form"] = ConversationForm if change else NewConversationForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            return ["new_kind", *_CREATED]
        fields = ["conversation_id", "kind", *_UPDATED, "is_closed", *self.readonly_fields[1:]]
        return [*fields, "system_message"] if self.has_change_permission(request, obj) else fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return self.readonly_fields
        # A direct has no title.
        return (*self.readonly_fields, "kind", "title") if obj.is_direct else (*self.readonly_fields, "kind")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.deleted_at is None)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_deletable = obj is None or not (obj.is_direct or obj.deleted_at)
        return super().has_delete_permission(request, obj) and is_deletable

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Create, update, say, close or reopen: each by its action."""
        values = form.cleaned_data
        if not change:
            made, _created = actions.create_conversation(
                actor=None, participants=[], kind=values["new_kind"], **{name: values[name] for name in _CREATED}
            )
            obj.pk, obj._state.adding = made.pk, False
            return
        changed = {name: values[name] for name in _UPDATED if name in form.changed_data}
        if changed:
            actions.update_conversation(actor=None, conversation=obj, **changed)
        if values["system_message"].strip():
            actions.send_message(actor=None, conversation=obj, body=values["system_message"])
        if "is_closed" in form.changed_data:
            move = actions.close if values["is_closed"] else actions.reopen
            move(actor=None, conversation=obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        actions.delete_conversation(actor=None, conversation=obj)

    @admin.display(boolean=True, description=_("open"))
    def is_open(self, obj: Any) -> bool:
        return not obj.is_closed

    @admin.display(boolean=True, description=_("live"))
    def is_live(self, obj: Any) -> bool:
        return obj.deleted_at is None

    @admin.display(description=_("about"))
    def about(self, obj: Any) -> str | None:
        """Name the host's row that the conversation is about; it is not read, and may be gone."""
        if obj.subject_type is None:
            return None
        return f"{obj.subject_type.app_label}.{obj.subject_type.model} {obj.subject_id}"

    @admin.display(description=_("participants"))
    def participants_link(self, obj: Any) -> SafeString:
        return self._link(obj, Participant, obj.participant_count)

    @admin.display(description=_("messages"))
    def messages_link(self, obj: Any) -> SafeString:
        return self._link(obj, get_message_model(), obj.last_seq)

    @admin.display(description=_("events"))
    def events_link(self, obj: Any) -> SafeString:
        return self._link(obj, Event, obj.event_seq)

    def _link(self, obj: Any, model: Any, count: int) -> SafeString:
        options = model._meta
        address = reverse(
            f"admin:{options.app_label}_{options.model_name}_changelist", current_app=self.admin_site.name
        )
        return format_html('<a href="{}?conversation__exact={}">{}</a>', address, obj.pk, count)
