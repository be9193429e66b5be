"""What this site changes of django-convo's policy: everybody can be found, and one talks about one's own bookings."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet

from django_convo.policy import Policy, active_users, capabilities
from django_convo.policy.roles import site_capabilities
from stays.models import Booking


class StaysPolicy(Policy):
    """`CONVO_POLICY` of this site."""

    def visible_users(self, actor: Any) -> QuerySet[Any]:
        """Show every active account, where the default shows only whom one shares a conversation with."""
        site = site_capabilities(actor)
        if not site or capabilities.USER_ADMINISTER in site:
            # Nobody to the deactivated, and everybody to administrators.
            return super().visible_users(actor)
        return get_user_model()._default_manager.filter(active_users())

    def visible_subjects(self, actor: Any, model: type[Model]) -> QuerySet[Model]:
        """Let a client name the bookings of which the actor is guest or host."""
        if model is Booking:
            return Booking.objects.of(actor).select_related("listing")
        return super().visible_subjects(actor, model)
