"""The site's pages. What is said about bookings is django-convo's, by its tags and its own pages at /chat/."""

from __future__ import annotations

from operator import attrgetter
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from django_convo import selectors
from stays.bookings import booking_conversation, confirm_booking
from stays.demo_data.logins import who_can_log_in
from stays.demo_data.people import PASSWORD
from stays.forms import BookingForm
from stays.models import Booking, Listing


def home(request: HttpRequest) -> HttpResponse:
    """Show the places, and to whoever is logged in what is theirs; to others, in the demo, who can log in."""
    context: dict[str, Any] = {"listings": Listing.objects.select_related("host")}
    if request.user.is_authenticated:
        bookings = Booking.objects.of(request.user).select_related("listing", "guest", "host")
        # What is to come, then what is over.
        rows = sorted(bookings, key=attrgetter("is_over"))
        context |= {"unread": selectors.unread(request.user), "bookings": rows}
    else:
        context |= _demo_logins()
    return render(request, "stays/home.html", context)


def listing(request: HttpRequest, listing_id: int) -> HttpResponse:
    """Show a place, and take a request for it."""
    place = get_object_or_404(Listing.objects.select_related("host"), pk=listing_id)
    form = BookingForm(request.POST or None, guest=request.user, listing=place)
    if request.method == "POST":
        if not request.user.is_authenticated:
            return redirect(settings.LOGIN_URL)
        if form.is_valid() and form.request() is not None:
            said = _("%(name)s has your request and your message.") % {"name": place.host.first_name}
            messages.success(request, said)
            return redirect("home")
    return render(request, "stays/listing.html", {"listing": place, "form": form})


@login_required
def booking(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Show a booking to its two people, with what they say about it beside it."""
    rows = Booking.objects.of(request.user).select_related("listing", "guest", "host")
    found = get_object_or_404(rows, pk=booking_id)
    return render(request, "stays/booking.html", {"booking": found, "conversation": booking_conversation(found)})


@login_required
@require_POST
def confirm(request: HttpRequest, booking_id: int) -> HttpResponse:
    """Confirm a request for one's own place."""
    found = get_object_or_404(Booking, pk=booking_id, host=request.user)
    try:
        confirm_booking(found)
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("Confirmed, and your guest has been told."))
    return redirect(found if request.POST.get("next") == found.get_absolute_url() else "home")


class SiteLoginView(LoginView):
    """The login, and in the demo the people as whom one can look around."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add who can log in."""
        return super().get_context_data(**kwargs) | _demo_logins()


def _demo_logins() -> dict[str, Any]:
    return {"logins": who_can_log_in(), "password": PASSWORD} if settings.DEBUG else {}
