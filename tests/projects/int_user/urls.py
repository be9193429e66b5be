from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from tests.projects.bookings.models import Booking


@api_view(["POST"])
def fail_after_booking(request: Request) -> Response:
    """A view of the host's own: its transaction is the request's, so what it wrote goes with the error."""
    Booking.objects.create(guest=request.user, host=request.user)
    raise RuntimeError("after writing")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", include("django_convo.urls")),
    path("fail/", fail_after_booking),
]
