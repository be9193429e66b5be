"""Participants: added, removed and given roles by actions, as the host."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from django_convo import actions
from django_convo.models import Participant

from .base import BoundedAdmin, as_uuid, find_user


class ParticipantAdmin(BoundedAdmin):
    """Participants, a page of their own: a conversation may have ten thousand."""

    list_display = ("user", "conversation", "role", "joined_at", "unread")
    filters = ("conversation__exact", "user__exact")
    search_fields = ("conversation__pk",)
    search_help_text = _("The id of a conversation, or a user's exact login or id.")
    raw_id_fields = ("conversation", "user")
    fields = (
        "conversation",
        "user",
        "role",
        "joined_at",
        "added_by",
        "visible_from_seq",
        "last_read_seq",
        "unread",
        "notify",
        "muted_until",
        "archived_at",
        "pinned_at",
        "updated_at",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("conversation", "user", "added_by")

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("-pk",)

    def find(self, queryset: QuerySet[Any], term: str) -> QuerySet[Any]:
        if (user := find_user(term)) is not None:
            return queryset.filter(user=user)
        return queryset.filter(conversation=as_uuid(term))

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.fields[:3] if obj is None else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        # What is the participant's own state (muting, reading) is theirs to change.
        return () if obj is None else tuple(name for name in self.fields if name != "role")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _may_touch(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _may_touch(obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Add the participant, or change their role: each by its action."""
        if change:
            actions.change_role(actor=None, conversation=obj.conversation, user=obj.user, role=obj.role)
            return
        actions.add_participant(actor=None, conversation=obj.conversation, user=obj.user, role=obj.role)
        obj.pk = Participant.objects.values_list("pk", flat=True).get(conversation=obj.conversation, user=obj.user)
        obj._state.adding = False

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        actions.remove_participant(actor=None, conversation=obj.conversation, user=obj.user)

    @admin.display(description=_("unread"))
    def unread(self, obj: Any) -> int:
        return int(obj.conversation.count_seq - obj.read_count_seq)


def _may_touch(participant: Any) -> bool:
    """Say whether the conversation's members can change at all: a direct is fixed, a deleted one is nobody's."""
    if participant is None:
        return True
    return not (participant.conversation.is_direct or participant.conversation.deleted_at)
