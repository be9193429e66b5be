"""The host that is fuzzed: the default project with all that may be switched off switched on, and tokens."""

from __future__ import annotations

from tests.projects.databases import database
from tests.projects.default.settings import *  # noqa: F403

ROOT_URLCONF = "tests.fuzz.urls"
DATABASES = {"default": database("fuzz")}
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.TokenAuthentication"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {"OAS_VERSION": "3.1.0"}
CONVO_USERS_API = "full"
CONVO_REGISTRATION = "open"
# Shows every subject.
CONVO_POLICY = "tests.api.hostile.OpenPolicy"
CONVO_SUBJECT_MODELS = ["test_bookings.Booking"]
# What is read by this capability alone is written down on the way.
CONVO_ROLES = {"admin": ["conversation.view_any"]}
