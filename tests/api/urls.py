"""Where the API is in these tests, whatever the host project includes beside it, and under what address."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("api/", include("django_convo.urls"))]
