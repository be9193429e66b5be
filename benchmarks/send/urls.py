"""Ours, the naive app and the longer way of ours, side by side in one site."""

from __future__ import annotations

from django.urls import include, path

from . import naive

urlpatterns = [
    path("api/", include("django_convo.urls")),
    path("naive/messages/", naive.Messages.as_view()),
]
