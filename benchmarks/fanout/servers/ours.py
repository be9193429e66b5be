"""A site with django-convo: its REST and streams, and its sockets."""

from __future__ import annotations

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

http = get_asgi_application()

from django_convo.realtime.routing import websocket_urlpatterns  # noqa: E402 - models are ready only now

application = ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})
