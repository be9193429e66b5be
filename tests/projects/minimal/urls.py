from __future__ import annotations

from django.urls import include, path

urlpatterns = [path("messaging/", include("django_convo.urls"))]
