"""What happens to a booking. Each function is one transaction, and the messages are part of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from django_convo import actions
from django_convo.models import AbstractConversation
from stays.models import Booking, BookingStatus, Listing


def booking_conversation(booking: Booking) -> AbstractConversation:
    """Return the conversation of the two about this booking, making it where there is none yet."""
    conversation, _is_new = actions.create_conversation(
        actor=None, kind="direct", participants=[booking.guest, booking.host], subject=booking
    )
    return conversation


@transaction.atomic
def request_booking(*, guest: Any, listing: Listing, check_in: date, check_out: date, body: str) -> Booking:
    """Ask the host for these nights, and say something about it.

    The booking and the guest's first message commit or vanish together: where the message is refused, nobody finds a
    request without a word. Raises ValidationError, and whatever the actions raise.
    """
    booking = Booking(guest=guest, host=listing.host, listing=listing, check_in=check_in, check_out=check_out)
    if check_out <= check_in:
        raise ValidationError(_("A stay has at least one night."))
    if guest == listing.host:
        raise ValidationError(_("This is your own place."))
    _refuse_taken(booking)
    booking.save()
    actions.send_message(actor=guest, conversation=booking_conversation(booking), body=body)
    return booking


@transaction.atomic
def confirm_booking(booking: Booking) -> Booking:
    """Confirm the stay and tell both people, by a message of the site itself.

    Locks the listing first, then, in the action, the conversation: of two requests for the same night one is
    confirmed, and a booking that is confirmed twice is announced once. Raises ValidationError when a night is taken.
    """
    Listing.objects.select_for_update().get(pk=booking.listing_id)
    booking = Booking.objects.select_related("listing", "guest", "host").get(pk=booking.pk)
    if booking.is_confirmed:
        return booking
    _refuse_taken(booking)
    booking.status = BookingStatus.CONFIRMED
    booking.save(update_fields=["status"])
    # Kept as it is written, and read by both: in the site's language, not in that of whoever confirms.
    with override(settings.LANGUAGE_CODE):
        body = f"Booking confirmed: {booking}."
    actions.send_message(actor=None, conversation=booking_conversation(booking), body=body)
    return booking


def _refuse_taken(booking: Booking) -> None:
    taken = Booking.objects.overlapping(booking).filter(status=BookingStatus.CONFIRMED)
    if taken.exists():
        raise ValidationError(_("One of these nights is taken."))
