"""The project whose servers are measured: that of the benchmarks, in the database that the run has made."""

from __future__ import annotations

import os

from benchmarks.settings import *  # noqa: F403
from benchmarks.settings import DATABASES

if "CONVO_FANOUT_DATABASE" in os.environ:
    DATABASES["default"]["NAME"] = os.environ["CONVO_FANOUT_DATABASE"]
DATABASES["default"]["CONN_MAX_AGE"] = 0
ROOT_URLCONF = "benchmarks.fanout.servers.urls"
REST_FRAMEWORK: dict[str, object] = {}
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
# Without `socket_timeout` here, redis-py ends the layer's own waiting of five seconds just before it is over.
_REDIS = {"address": os.environ.get("CONVO_TEST_REDIS_URL", "redis://127.0.0.1:6379"), "socket_timeout": None}
# Of this run alone: another would hear who is there in this one.
_HOSTS = {"hosts": [_REDIS], "prefix": f"fanout-{DATABASES['default']['NAME']}"}
_LAYERS = {
    "memory": {"BACKEND": "channels.layers.InMemoryChannelLayer"},
    "redis": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": _HOSTS},
    "pubsub": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": _HOSTS},
}
CHANNEL_LAYERS = {"default": _LAYERS[os.environ.get("CONVO_FANOUT_LAYER", "pubsub")]}
CONVO_REALTIME_BROKER = os.environ.get("CONVO_FANOUT_BROKER", "memory")
CONVO_REALTIME_MAX_CONNECTIONS = 100_000
