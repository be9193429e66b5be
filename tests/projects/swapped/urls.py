from __future__ import annotations

from django.urls import include, path

from django_convo.api import build_urlpatterns
from tests.projects.swapped.views import ListedConversationViewSet

urlpatterns = [
    path("api/", include((build_urlpatterns({"conversations": ListedConversationViewSet}), "django_convo")))
]
