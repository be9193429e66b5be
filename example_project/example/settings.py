"""The example's settings. Everything that a deployment changes is read from the environment."""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from example.databases import database

BASE_DIR = Path(__file__).resolve().parent.parent


def is_on(name: str, default: str) -> bool:
    """Return whether an environment variable says yes."""
    return os.environ.get(name, default).strip().lower() in {"1", "on", "true", "yes"}


def texts(name: str, default: str) -> list[str]:
    """Return an environment variable's items, which commas separate."""
    return [item.strip() for item in os.environ.get(name, default).split(",") if item.strip()]


# On for the demo; a site that others can reach sets DEBUG=off, and then SECRET_KEY and ALLOWED_HOSTS as well.
DEBUG = is_on("DEBUG", "on")
SECRET_KEY = os.environ.get("SECRET_KEY", "")
if not SECRET_KEY:
    if not DEBUG:
        raise ImproperlyConfigured(
            "DEBUG is off, so SECRET_KEY must be set. Make one: "
            "python -c 'from django.core.management.utils import get_random_secret_key as k; print(k())'"
        )
    SECRET_KEY = "django-insecure-known-to-everybody-and-good-enough-for-the-demo"  # noqa: S105
ALLOWED_HOSTS = texts("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")

# A site that others can reach is reached by HTTPS alone; HTTPS=off tries it without. Whether a request came that way,
# the proxy says, which sets this header whatever a client has sent (docs/howto/deploy.md).
HTTPS = is_on("HTTPS", "off" if DEBUG else "on")
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    # Pages are led to HTTPS. A client that sends its token in the clear is not led on as though nothing were wrong.
    SECURE_REDIRECT_EXEMPT = [r"^api/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True

ROOT_URLCONF = "example.urls"
ASGI_APPLICATION = "example.asgi.application"
WSGI_APPLICATION = "example.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "django_convo",
    "django_convo.contrib.ui",
    "accounts",
    "stays",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    # Each visitor reads what their browser asks for.
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "example" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database(os.environ.get("DATABASE_URL"), default_file=BASE_DIR / "db.sqlite3")}
REDIS_URL = os.environ.get("REDIS_URL", "")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

if is_on("EXAMPLE_FAST_PASSWORDS", "off"):
    # For load tests only: hashes that cost nothing to make cost nothing to guess.
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# DRF's browsable pages look for the login under this namespace, so the site's own login bears it.
LOGIN_URL = "rest_framework:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"

LANGUAGE_CODE = "en"
# What the chat and the site speak; a page in any other language would be English that calls itself something else.
LANGUAGES = [("ar", "العربية"), ("de", "Deutsch"), ("en", "English"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "example" / "static"]
STATIC_ROOT = BASE_DIR / "static_root"
# What people upload; nothing but the download view leads there.
MEDIA_ROOT = BASE_DIR / "media"

REST_FRAMEWORK = {
    # Tokens first: whoever is not logged in is then answered 401 without a browser's password window.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
        "rest_framework.authentication.BasicAuthentication",
    ],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "rest_framework.renderers.BrowsableAPIRenderer",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Lantern Stays",
    "DESCRIPTION": "A small booking site whose guests and hosts talk through django-convo.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
}

if REDIS_URL:
    # Several processes tell each other through Redis; without it, one process is enough for itself.
    CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
    }
# Without Redis, PostgreSQL can carry what processes tell each other: EXAMPLE_BROKER=database.
CONVO_REALTIME_BROKER = os.environ.get("EXAMPLE_BROKER", "channels" if REDIS_URL else "memory")

CONVO_POLICY = "stays.policy.StaysPolicy"
CONVO_SUBJECT_MODELS = ["stays.Booking"]
CONVO_REGISTRATION = "open"
CONVO_USERS_API = "full"
# What newcomers see of what was said before they came: "all" or "none".
CONVO_HISTORY_FOR_NEW_PARTICIPANTS = os.environ.get("EXAMPLE_HISTORY", "all")
if not is_on("EXAMPLE_THROTTLES", "on"):
    # For load tests only.
    _SCOPES = ("send", "create", "register", "user_search", "search", "upload", "report", "react", "typing", "ticket")
    CONVO_THROTTLE_RATES = dict.fromkeys(_SCOPES)
