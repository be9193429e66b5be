"""What a guest fills in to ask for a stay."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from django_convo.exceptions import ConvoError
from stays.bookings import request_booking
from stays.models import Booking, Listing


class BookingForm(forms.Form):
    """Dates and the first message."""

    check_in = forms.DateField(label=_("Arrive"), widget=forms.DateInput(attrs={"type": "date"}))
    check_out = forms.DateField(label=_("Leave"), widget=forms.DateInput(attrs={"type": "date"}))
    body = forms.CharField(label=_("Your message to the host"), widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, guest: Any, listing: Listing, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.guest = guest
        self.listing = listing

    def request(self) -> Booking | None:
        """Request the booking, or say in the form why not and return None."""
        try:
            return request_booking(guest=self.guest, listing=self.listing, **self.cleaned_data)
        except ValidationError as error:
            self.add_error(None, error)
        except ConvoError as error:
            self.add_error(None, str(error.detail))
        return None
