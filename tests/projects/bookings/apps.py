from __future__ import annotations

from django.apps import AppConfig


class TestBookingsConfig(AppConfig):
    name = "tests.projects.bookings"
    label = "test_bookings"
