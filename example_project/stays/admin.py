"""Listings and bookings in the admin; a booking is confirmed there as anywhere else."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from stays.bookings import confirm_booking
from stays.models import Booking, Listing


@admin.register(Listing)
class ListingAdmin(admin.ModelAdmin):
    """Listings."""

    list_display = ["title", "town", "host", "nightly_price", "sleeps"]
    list_select_related = ["host"]
    search_fields = ["title", "town"]
    autocomplete_fields = ["host"]
    show_full_result_count = False


@admin.register(Booking)
class BookingAdmin(admin.ModelAdmin):
    """Bookings; the status moves by `confirm_booking` alone, so that both people hear of it."""

    list_display = ["listing", "guest", "host", "check_in", "check_out", "status"]
    list_filter = ["status"]
    list_select_related = ["listing", "guest", "host"]
    search_fields = ["listing__title", "listing__town", "guest__email", "host__email"]
    autocomplete_fields = ["listing", "guest", "host"]
    readonly_fields = ["status", "created_at"]
    date_hierarchy = "check_in"
    show_full_result_count = False
    actions = ["confirm"]

    @admin.action(description="Confirm selected bookings", permissions=["change"])
    def confirm(self, request: HttpRequest, queryset: QuerySet[Booking, Any]) -> None:
        for booking in queryset:
            try:
                confirm_booking(booking)
            except ValidationError as error:
                self.message_user(request, f"{booking}: {error.messages[0]}", messages.ERROR)
            else:
                self.message_user(request, f"{booking} is confirmed.", messages.SUCCESS)
