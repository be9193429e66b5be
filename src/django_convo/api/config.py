"""`GET /config/`: what a client needs to know of this installation."""

from __future__ import annotations

import re
from importlib.util import find_spec
from typing import Any, Final

from django.urls import NoReverseMatch, reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from django_convo import files
from django_convo.actions.messages import CLIENT_ID_MAX_LENGTH
from django_convo.conf import settings

from .base import ConvoViewSet
from .sync import MOST_HEADS

# Seconds between a client's pings: less than the minute after which proxies commonly cut a silent connection.
PING_INTERVAL: Final = 25
_SCHEME: Final = re.compile("^http")


class ConfigSerializer(serializers.Serializer[Any]):
    """The addresses are null where this installation does not offer the transport: clients then poll `/sync/`."""

    websocket_url = serializers.CharField(allow_null=True)
    stream_url = serializers.CharField(allow_null=True)
    epoch = serializers.CharField()
    ping_interval = serializers.IntegerField()
    limits = serializers.DictField(child=serializers.IntegerField())
    features = serializers.ListField(child=serializers.CharField())


class ConfigViewSet(ConvoViewSet):
    """What this installation offers."""

    noun = "config"

    def get_serializer_class(self) -> type[ConfigSerializer]:
        """Return the shape of the answer."""
        return ConfigSerializer

    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        """Return addresses, limits and features."""
        return Response(
            {
                "websocket_url": _websocket_url(request),
                "stream_url": _address(request, "stream"),
                "epoch": settings.EPOCH,
                "ping_interval": PING_INTERVAL,
                "limits": limits(),
                "features": features(),
            }
        )


def limits() -> dict[str, int]:
    """Return what a client should not go beyond."""
    return {
        "message_max_length": settings.MESSAGE_MAX_LENGTH,
        "client_id_max_length": CLIENT_ID_MAX_LENGTH,
        "max_participants": settings.MAX_PARTICIPANTS,
        "metadata_max_bytes": settings.METADATA_MAX_BYTES,
        "metadata_max_depth": settings.METADATA_MAX_DEPTH,
        "search_max_length": settings.SEARCH_MAX_LENGTH,
        "page_size": settings.PAGE_SIZE,
        "max_page_size": settings.MAX_PAGE_SIZE,
        "sync_max_events": settings.SYNC_MAX_EVENTS,
        "sync_max_heads": MOST_HEADS,
        "attachment_max_bytes": settings.ATTACHMENT_MAX_BYTES,
        "attachment_max_per_message": settings.ATTACHMENT_MAX_PER_MESSAGE,
    }


def features() -> list[str]:
    """Return the names of what is on, of what may be off."""
    switches = {
        "registration": settings.REGISTRATION == "open",
        "users_write": settings.USERS_API == "full",
        "subjects": bool(settings.SUBJECT_MODELS),
        "attachments": files.is_available(),
        "history_for_new_participants": settings.HISTORY_FOR_NEW_PARTICIPANTS == "all",
    }
    return ["events", "sync", *(name for name, is_on in switches.items() if is_on)]


def _websocket_url(request: Request) -> str | None:
    """Return `CONVO_WEBSOCKET_URL` as an absolute address, or None where Channels is not installed."""
    if settings.WEBSOCKET_URL is None or find_spec("channels") is None:
        return None
    # "http" becomes "ws" and "https" becomes "wss"; an address with a scheme of its own stays.
    return _SCHEME.sub("ws", request.build_absolute_uri(settings.WEBSOCKET_URL))


def _address(request: Request, name: str) -> str | None:
    """Return the absolute address of a route, or None where no route of that name stands beside this one."""
    match = request.resolver_match
    namespaces = f"{match.namespace}:" if match is not None and match.namespace else ""
    try:
        return str(request.build_absolute_uri(reverse(namespaces + name)))
    except NoReverseMatch:
        return None
