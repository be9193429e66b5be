"""Sanctions: imposed, moved and lifted by actions, as the member of staff who does."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.validators import MaxLengthValidator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.conf import settings
from django_convo.policy import allows, capabilities

from .base import BoundedAdmin, as_uuid, find_user

_IMPOSED = ("user", "kind", "conversation", "reason", "expires_at")


class SanctionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Who is sanctioned how, where and until when."""

    is_lifted = forms.BooleanField(label=_("Lifted"), required=False, help_text=_("End it now."))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:
            self.fields["reason"].validators.append(MaxLengthValidator(settings.MESSAGE_MAX_LENGTH))


class SanctionAdmin(BoundedAdmin):
    """Sanctions. Django's permissions open the page, the policy is asked of the member of staff by each action."""

    form = SanctionForm
    list_display = ("user", "kind", "conversation", "created_at", "expires_at", "is_in_force")
    filters = ("user__exact", "conversation__exact")
    search_fields = ("sanction_id",)
    search_help_text = _("The id of a sanction or of a conversation, or a user's exact login or id.")
    raw_id_fields = ("user", "conversation")
    readonly_fields = ("sanction_id", "created_by", "created_at", "lifted_at", "lifted_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("user", "conversation", "created_by", "lifted_by")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pk",)

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        key = as_uuid(term)
        if key is not None and (found := queryset.filter(pk=key)).exists():
            return found
        if (user := find_user(term)) is not None:
            return queryset.filter(user=user)
        return queryset.none() if key is None else queryset.filter(conversation=key)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None:
            return _IMPOSED
        shown = (*_IMPOSED, *self.readonly_fields)
        return (*shown, "is_lifted") if self.has_change_permission(request, obj) else shown

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.readonly_fields if obj is None else (*self.readonly_fields, "user", "kind", "conversation")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _may_sanction(request.user)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_open = obj is None or self.is_in_force(obj)
        return super().has_change_permission(request, obj) and is_open and _may_sanction(request.user)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # What has been stays on record; it is lifted.
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Impose, move the end, or lift: each by its action, in the name of whoever does."""
        values = form.cleaned_data
        if change and values["is_lifted"]:
            actions.lift_sanction(actor=request.user, sanction=obj)
            return
        made, _is_new = actions.impose_sanction(
            actor=request.user,
            user=obj.user,
            kind=obj.kind,
            conversation=obj.conversation,
            reason=values["reason"],
            expires_at=values["expires_at"],
        )
        obj.pk, obj._state.adding = made.pk, False

    @admin.display(boolean=True, description=_("in force"))
    def is_in_force(self, obj: Any) -> bool:
        return obj.lifted_at is None and (obj.expires_at is None or obj.expires_at > timezone.now())


def _may_sanction(user: Any) -> bool:
    return any(allows(user, power) for power in (capabilities.USER_SANCTION, capabilities.MODERATE_ANY))
