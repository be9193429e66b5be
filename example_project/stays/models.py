"""Listings and bookings."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _


class Listing(models.Model):
    """A place that a host lets."""

    host = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="listings")
    title = models.CharField(max_length=120)
    town = models.CharField(max_length=80)
    description = models.TextField()
    nightly_price = models.DecimalField(max_digits=7, decimal_places=2)
    sleeps = models.PositiveSmallIntegerField(default=2)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"{self.title}, {self.town}"


class BookingStatus(models.TextChoices):
    """How far a booking has come."""

    REQUESTED = "requested", _("Requested")
    CONFIRMED = "confirmed", _("Confirmed")


class BookingQuerySet(models.QuerySet["Booking"]):
    """Reads over bookings."""

    def of(self, user: models.Model) -> BookingQuerySet:
        """Keep those of which the user is guest or host."""
        return self.filter(models.Q(guest=user) | models.Q(host=user))

    def overlapping(self, booking: Booking) -> BookingQuerySet:
        """Keep the others that want a night of the same place; the day of leaving is free for the next."""
        return self.filter(
            listing=booking.listing_id, check_in__lt=booking.check_out, check_out__gt=booking.check_in
        ).exclude(pk=booking.pk)


class Booking(models.Model):
    """A guest's stay at a listing: what the guest and the host talk about.

    The host stands here as well as in the listing, because a listing may change hands while its bookings do not.
    """

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="bookings")
    guest = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stays")
    host = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="hostings")
    check_in = models.DateField()
    check_out = models.DateField()
    status = models.CharField(max_length=16, choices=BookingStatus.choices, default=BookingStatus.REQUESTED)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BookingQuerySet.as_manager()

    class Meta:
        ordering = ("check_in", "pk")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(check_out__gt=models.F("check_in")), name="stays_booking_nights"
            ),
            models.CheckConstraint(condition=~models.Q(guest=models.F("host")), name="stays_booking_two_people"),
        )

    def __str__(self) -> str:
        begin, end = (date_format(day, str(_("j M"))) for day in (self.check_in, self.check_out))
        # The days first: a guest comes to the same place again, and a narrow list cuts the end off. Arabic has numbers
        # alone there, so that a name in Latin letters decides the direction, and is not cut at its beginning.
        return _("%(begin)s to %(end)s, %(place)s") % {"begin": begin, "end": end, "place": self.listing.title}

    def get_absolute_url(self) -> str:
        """Return where the two see it, and talk."""
        return reverse("booking", args=[self.pk])

    @property
    def nights(self) -> int:
        return (self.check_out - self.check_in).days

    @property
    def price(self) -> Decimal:
        return self.nights * self.listing.nightly_price

    @property
    def is_over(self) -> bool:
        return self.check_out < timezone.localdate()

    @property
    def is_confirmed(self) -> bool:
        return self.status == BookingStatus.CONFIRMED
