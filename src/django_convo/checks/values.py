"""Checks of the settings by themselves: values that cannot be, names that nobody reads."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, Final

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from django_convo.conf import Setting, Settings, all_settings, settings

PREFIX: Final = "CONVO_"
# What to write for settings whose default says nothing about how a value looks.
EXAMPLES: Final[dict[str, Any]] = {
    "CONVO_ROLES": {"guest": ["-conversation.create_channel"]},
    "CONVO_CONVERSATION_ROLES": {"member": ["participant.add"]},
    "CONVO_SUBJECT_MODELS": ["bookings.Booking"],
    "CONVO_USER_SERIALIZER": "accounts.serializers.UserSerializer",
    "CONVO_SERIALIZERS": {"message": "chat.serializers.MessageSerializer"},
    "CONVO_PERMISSION_CLASSES": ["accounts.permissions.HasPaid"],
    "CONVO_MESSAGE_HOOKS": ["chat.hooks.refuse_links"],
    "CONVO_THROTTLE_RATES": {"send": "60/min"},
    "CONVO_MENTION_FIELD": "username",
    "CONVO_SEARCH_BACKEND": "django_convo.selectors.search.PlainBackend",
    "CONVO_ATTACHMENT_RESPONSE": "django_convo.api.downloads.accel_redirect",
}


def is_acceptable(name: str) -> bool:
    """Say whether a setting's value has the right form, so that other checks may read it."""
    setting: Setting[Any] = vars(Settings)[name]
    return setting.complaint(getattr(settings, name)) is None


def line(name: str, value: object) -> str:
    """Return the line of a settings file."""
    return f"{name} = {value!r}"


def closest(word: str, words: Iterable[str]) -> str | None:
    """Return which of the words was probably meant."""
    return next(iter(get_close_matches(word, sorted(words), n=1)), None)


def check_values(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E002: a value that its setting does not take."""
    found: list[CheckMessage] = []
    for setting in all_settings():
        value = getattr(django_settings, setting.name, setting.default)
        complaint = setting.complaint(value)
        if complaint is not None:
            found.append(
                Error(
                    f"{setting.name} must be {complaint}; it is {value!r}.",
                    hint=line(setting.name, EXAMPLES.get(setting.name, setting.default)),
                    id="django_convo.E002",
                )
            )
    return found


def check_page_sizes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E003: a page that is larger than a client may ask for."""
    if not (is_acceptable("PAGE_SIZE") and is_acceptable("MAX_PAGE_SIZE")):
        return []
    if settings.PAGE_SIZE <= settings.MAX_PAGE_SIZE:
        return []
    return [
        Error(
            f"CONVO_PAGE_SIZE is {settings.PAGE_SIZE}, more than CONVO_MAX_PAGE_SIZE, {settings.MAX_PAGE_SIZE}.",
            hint=line("CONVO_MAX_PAGE_SIZE", settings.PAGE_SIZE),
            id="django_convo.E003",
        )
    ]


def check_mention_field(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E021: names are looked up in a column that the user model does not have."""
    if not is_acceptable("MENTION_FIELD") or settings.MENTION_FIELD is None:
        return []
    columns = {field.name for field in get_user_model()._meta.concrete_fields if not field.is_relation}
    if settings.MENTION_FIELD in columns:
        return []
    return [
        Error(
            f"CONVO_MENTION_FIELD is {settings.MENTION_FIELD!r}; {get_user_model()._meta.label} has no such column.",
            hint=line("CONVO_MENTION_FIELD", closest(settings.MENTION_FIELD, columns) or sorted(columns)[0]),
            id="django_convo.E021",
        )
    ]


def check_names(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W005: a name that begins as ours do, and that nothing reads."""
    known = {setting.name for setting in all_settings()}
    unknown = sorted(name for name in dir(django_settings) if name.startswith(PREFIX) and name not in known)
    return [
        Warning(
            f"There is no setting {name}: it changes nothing.",
            hint=_rename(name, known),
            id="django_convo.W005",
        )
        for name in unknown
    ]


def _rename(name: str, known: set[str]) -> str:
    meant = closest(name, known)
    return "Remove the line." if meant is None else line(meant, getattr(django_settings, name))


def check_throttle_scopes(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W006: a rate for a scope that does not exist."""
    if not is_acceptable("THROTTLE_RATES"):
        return []
    # By its path, because the API is loaded with the URLs, not with the checks.
    scopes = import_string("django_convo.api.throttles.DEFAULT_RATES")
    return [
        Warning(
            f"CONVO_THROTTLE_RATES has {scope!r}, but nothing is limited under that name; the scopes are "
            f"{', '.join(sorted(scopes))}.",
            hint=line("CONVO_THROTTLE_RATES", {closest(scope, scopes) or "send": settings.THROTTLE_RATES[scope]}),
            id="django_convo.W006",
        )
        for scope in settings.THROTTLE_RATES
        if scope not in scopes
    ]
