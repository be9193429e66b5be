"""Checks of the project around the app."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.cache import caches
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from django_convo.conf import settings

from .values import is_acceptable

REDIS_CACHE = (
    'CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", '
    '"LOCATION": "redis://127.0.0.1:6379"}}'
)


def check_rest_framework_is_installed(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E001: the API needs the app of Django REST Framework."""
    if apps.is_installed("rest_framework"):
        return []
    return [
        Error(
            "django_convo needs 'rest_framework' in INSTALLED_APPS: its API is made with it.",
            hint='INSTALLED_APPS = [..., "rest_framework", "django_convo"]',
            id="django_convo.E001",
        )
    ]


def check_throttle_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W004: throttles count in the default cache, which every process must share."""
    if not isinstance(caches["default"], (LocMemCache, DummyCache)) or not _is_throttled():
        return []
    return [
        Warning(
            "Throttles count requests in the cache 'default', which is "
            f"{type(caches['default']).__name__}: each process counts for itself, or not at all, so a limit of "
            "60 a minute is 60 in every process.",
            hint=REDIS_CACHE,
            id="django_convo.W004",
        )
    ]


def _is_throttled() -> bool:
    if not is_acceptable("THROTTLE_RATES"):
        return False
    # By its path, because the API is loaded with the URLs, not with the checks.
    rates = {**import_string("django_convo.api.throttles.DEFAULT_RATES"), **settings.THROTTLE_RATES}
    return any(rate is not None for rate in rates.values())
