"""As little as can be: no admin, no sessions, no templates, no CONVO_* setting that is not needed."""

from __future__ import annotations

from tests.projects.databases import database

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["testserver"]
USE_TZ = True
ROOT_URLCONF = "tests.projects.minimal.urls"
AUTH_USER_MODEL = "test_people.Person"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "rest_framework",
    "django_convo",
    "tests.projects.minimal",
]
# Refuses hosts that are not ours; views look at the host only where they build an address.
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
DATABASES = {"default": database("minimal")}
STORAGES = {"default": {"BACKEND": "django.core.files.storage.InMemoryStorage"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["tests.projects.minimal.authentication.GatewayAuthentication"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
}
