"""A host with Django's own users, a transaction around every request, and an exception handler of its own."""

from __future__ import annotations

from tests.projects.databases import database
from tests.projects.default.settings import *  # noqa: F403
from tests.projects.default.settings import INSTALLED_APPS

ROOT_URLCONF = "tests.projects.int_user.urls"
AUTH_USER_MODEL = "auth.User"
INSTALLED_APPS = [name for name in INSTALLED_APPS if name != "tests.projects.accounts"]
DATABASES = {"default": database("int_user") | {"ATOMIC_REQUESTS": True}}
REST_FRAMEWORK = {
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "tests.projects.int_user.errors.handle_error",
}
