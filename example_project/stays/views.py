"""The site's pages. What is said about bookings is served by django-convo's API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from django_convo import selectors
from django_convo.models import get_conversation_model
from stays.bookings import confirm_booking
from stays.demo_data.logins import who_can_log_in
from stays.demo_data.people import PASSWORD
from stays.forms import BookingForm
from stays.models import Booking, Listing


def home(request: HttpRequest) -> HttpResponse:
    """Show the places, and to whoever is logged in what is theirs; to others, in the demo, who can log in."""
    context: dict[str, Any] = {"listings": Listing.objects.select_related("host")}
    if request.user.is_authenticated:
        context |= {"unread": selectors.unread(request.user), "bookings": _bookings_of(request.user)}
    elif settings.DEBUG:
        context |= {"logins": who_can_log_in(), "password": PASSWORD}
    return render(request, "stays/home.html", context)


def listing(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Show a place, and take a request for it."""
    place = get_object_or_404(Listing.objects.select_related("host"), pk=listing_id)
    form = BookingForm(request.POST or None, guest=request.user, listing=place)
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect(settings.LOGIN_URL)
        if form.is_valid() and form.request() is not None:
            messages.success(request, f"{place.host.first_name} has your request and your message.")
            return redirect("home")
    return render(request, "stays/listing.html", {"listing": place, "form": form})


@login_required
@require_POST
def confirm(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Confirm a request for one's own place."""
    booking = get_object_or_404(Booking, pk=booking_id, host=request.user)
    try:
        confirm_booking(booking)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, "Confirmed, and your guest has been told.")
    return redirect("home")


def _bookings_of(user: Any) -> list[Booking]:
    """Return the user's bookings, each with the id of the conversation about it in `conversation_id`."""
    bookings = list(Booking.objects.of(user).select_related("listing", "guest", "host"))
    conversations = (
        get_conversation_model()
        ._default_manager.live()
        .having(user)
        .filter(
            subject_type=ContentType.objects.get_for_model(Booking),
            subject_id__in=[str(booking.pk) for booking in bookings],
        )
    )
    by_subject = dict(conversations.values_list("subject_id", "pk"))
    for booking in bookings:
        booking.conversation_id = by_subject.get(str(booking.pk))
    return bookings
