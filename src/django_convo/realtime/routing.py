"""The WebSocket's place in a host's ASGI application.

    application = ProtocolTypeRouter({"http": get_asgi_application(), "websocket": URLRouter(websocket_urlpatterns)})

The consumer finds out by itself who connects: it needs no middleware around it.
"""

from __future__ import annotations

from typing import Any

from django.urls import URLPattern, path

from .consumers import ConvoConsumer

# To Django's own patterns a view is what takes requests; those of Channels hold ASGI applications.
_consumer: Any = ConvoConsumer.as_asgi()
websocket_urlpatterns: list[URLPattern] = [path("ws/convo/", _consumer, name="convo-websocket")]
