"""A host that has the pages and not the API."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("chat/", include("django_convo.contrib.ui.urls"))]
