"""The app of the bookings."""

from __future__ import annotations

from django.apps import AppConfig


class StaysConfig(AppConfig):
    """Stays."""

    name = "stays"
