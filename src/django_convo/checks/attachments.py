"""Checks of where attachments are kept, what is taken, and what that needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from django_convo import files
from django_convo.conf import Settings, settings

from .values import closest, is_acceptable, line

# Needs the extra, and is looked up only where that is installed.
_IS_KNOWN = "django_convo.files.reading.is_known"


def check_attachment_storage(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E017: the alias of a storage that the project does not have."""
    if not is_acceptable("ATTACHMENT_STORAGE") or settings.ATTACHMENT_STORAGE in django_settings.STORAGES:
        return []
    aliases = list(django_settings.STORAGES)
    return [
        Error(
            f"CONVO_ATTACHMENT_STORAGE = {settings.ATTACHMENT_STORAGE!r}, and STORAGES has no such alias: "
            f"{', '.join(sorted(aliases))}.",
            hint=line("CONVO_ATTACHMENT_STORAGE", closest(settings.ATTACHMENT_STORAGE, aliases) or "default"),
            id="django_convo.E017",
        )
    ]


def check_attachment_types(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W012: types that no file is found to be of."""
    if not is_acceptable("ATTACHMENT_TYPES") or not files.is_available():
        return []
    is_known = import_string(_IS_KNOWN)
    unknown = [name for name in settings.ATTACHMENT_TYPES if not is_known(name)]
    if not unknown:
        return []
    return [
        Warning(
            f"CONVO_ATTACHMENT_TYPES has {', '.join(map(repr, unknown))}, and no file will be taken for that: its "
            "content does not tell, or it is an image that cannot be made anew without metadata.",
            hint=line("CONVO_ATTACHMENT_TYPES", [name for name in settings.ATTACHMENT_TYPES if is_known(name)]),
            id="django_convo.W012",
        )
    ]


def check_attachment_extra(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """W013: attachments are set up, and what they need is not installed."""
    if files.is_available():
        return []
    names = [setting.name for name, setting in vars(Settings).items() if name.startswith("ATTACHMENT_")]
    chosen = sorted(name for name in names if hasattr(django_settings, name))
    if not chosen:
        return []
    return [
        Warning(
            f"{', '.join(chosen)} {'is' if len(chosen) == 1 else 'are'} set, but nothing can be uploaded: "
            "Pillow and filetype are not installed.",
            hint="pip install 'django-convo[attachments]'",
            id="django_convo.W013",
        )
    ]
