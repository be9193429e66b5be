"""`path("api/", include("django_convo.urls"))`."""

from __future__ import annotations

from django_convo.api.routes import build_urlpatterns
from django_convo.realtime.sse import stream_urlpatterns

app_name = "django_convo"
urlpatterns = [*build_urlpatterns(), *stream_urlpatterns]
