"""Checks of the settings that name Python objects: they import, and are what is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from django.core.checks import CheckMessage, Error, Warning  # noqa: A004 - Django's name
from django.utils.module_loading import import_string

from django_convo.conf import Settings, settings
from django_convo.policy import Policy
from django_convo.selectors.search import SearchBackend

from .values import EXAMPLES, closest, is_acceptable, line

# Where the names that CONVO_SERIALIZERS takes stand.
_SERIALIZER_NAMES: Final = "django_convo.api.base.serializers.OUTPUTS"
_BASE_SERIALIZER: Final = "rest_framework.serializers.BaseSerializer"


def policy_class() -> type[Policy] | None:
    """Return the class that CONVO_POLICY names, or None where E002, E006 or E007 says why not."""
    if not is_acceptable("POLICY"):
        return None
    try:
        found = import_string(settings.POLICY)
    except ImportError:
        return None
    return found if _is_policy(found) else None


def _is_policy(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Policy)


def _is_serializer(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, import_string(_BASE_SERIALIZER))


def _is_permission(value: object) -> bool:
    # A class, or several put together with & and |, which DRF keeps in a holder.
    return hasattr(value, "has_permission") or hasattr(value, "operator_class")


def check_dotted_paths(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """E006 to E010, E018 to E020 and W007: paths that do not import, or lead to something else than is asked for."""
    return [
        *_policy(),
        *_role_resolver(),
        *_serializers(),
        *_permission_classes(),
        *_attachment_response(),
        *_hooks(),
        *_search_backend(),
    ]


def _policy() -> Iterator[CheckMessage]:
    if is_acceptable("POLICY"):
        yield from _check(
            "CONVO_POLICY",
            settings.POLICY,
            _is_policy,
            Error(
                f"CONVO_POLICY = {settings.POLICY!r} is not a subclass of django_convo.policy.Policy.",
                hint=line("CONVO_POLICY", Settings.POLICY.default),
                id="django_convo.E007",
            ),
        )


def _role_resolver() -> Iterator[CheckMessage]:
    if is_acceptable("ROLE_RESOLVER"):
        yield from _check(
            "CONVO_ROLE_RESOLVER",
            settings.ROLE_RESOLVER,
            callable,
            Error(
                f"CONVO_ROLE_RESOLVER = {settings.ROLE_RESOLVER!r} cannot be called: it takes a user, returns a text.",
                hint=line("CONVO_ROLE_RESOLVER", Settings.ROLE_RESOLVER.default),
                id="django_convo.E008",
            ),
        )


def _serializers() -> Iterator[CheckMessage]:
    named: list[tuple[str, str]] = []
    if is_acceptable("USER_SERIALIZER") and settings.USER_SERIALIZER is not None:
        named.append(("CONVO_USER_SERIALIZER", settings.USER_SERIALIZER))
    if is_acceptable("SERIALIZERS"):
        yield from _unknown_serializers()
        named += [(f"CONVO_SERIALIZERS[{name!r}]", path) for name, path in settings.SERIALIZERS.items()]
    for where, path in named:
        setting = where.partition("[")[0]
        yield from _check(
            where,
            path,
            _is_serializer,
            Error(
                f"{where} = {path!r} is not a serializer class.",
                hint=line(setting, EXAMPLES[setting]),
                id="django_convo.E009",
            ),
        )


def _unknown_serializers() -> Iterator[CheckMessage]:
    if not settings.SERIALIZERS:
        return
    names = import_string(_SERIALIZER_NAMES)
    for name, path in settings.SERIALIZERS.items():
        if name not in names:
            yield Warning(
                f"CONVO_SERIALIZERS has {name!r}, but nothing has that shape: {', '.join(sorted(names))}.",
                hint=line("CONVO_SERIALIZERS", {closest(name, names) or "message": path}),
                id="django_convo.W007",
            )


def _permission_classes() -> Iterator[CheckMessage]:
    if not is_acceptable("PERMISSION_CLASSES"):
        return
    for path in settings.PERMISSION_CLASSES:
        yield from _check(
            "CONVO_PERMISSION_CLASSES",
            path,
            _is_permission,
            Error(
                f"CONVO_PERMISSION_CLASSES names {path!r}, which is no permission class of Django REST Framework.",
                hint=line("CONVO_PERMISSION_CLASSES", EXAMPLES["CONVO_PERMISSION_CLASSES"]),
                id="django_convo.E010",
            ),
        )


def _attachment_response() -> Iterator[CheckMessage]:
    if is_acceptable("ATTACHMENT_RESPONSE") and settings.ATTACHMENT_RESPONSE is not None:
        yield from _check(
            "CONVO_ATTACHMENT_RESPONSE",
            settings.ATTACHMENT_RESPONSE,
            callable,
            Error(
                f"CONVO_ATTACHMENT_RESPONSE = {settings.ATTACHMENT_RESPONSE!r} cannot be called: it takes a request, "
                "an attachment and a file, and returns a response.",
                hint=line("CONVO_ATTACHMENT_RESPONSE", EXAMPLES["CONVO_ATTACHMENT_RESPONSE"]),
                id="django_convo.E018",
            ),
        )


def _hooks() -> Iterator[CheckMessage]:
    if not is_acceptable("MESSAGE_HOOKS"):
        return
    for path in settings.MESSAGE_HOOKS:
        yield from _check(
            "CONVO_MESSAGE_HOOKS",
            path,
            callable,
            Error(
                f"CONVO_MESSAGE_HOOKS names {path!r}, which cannot be called: a hook takes an OutgoingMessage.",
                hint=line("CONVO_MESSAGE_HOOKS", EXAMPLES["CONVO_MESSAGE_HOOKS"]),
                id="django_convo.E019",
            ),
        )


def _search_backend() -> Iterator[CheckMessage]:
    if is_acceptable("SEARCH_BACKEND") and settings.SEARCH_BACKEND is not None:
        yield from _check(
            "CONVO_SEARCH_BACKEND",
            settings.SEARCH_BACKEND,
            lambda value: isinstance(value, type) and issubclass(value, SearchBackend),
            Error(
                f"CONVO_SEARCH_BACKEND = {settings.SEARCH_BACKEND!r} is not a subclass of "
                "django_convo.selectors.search.SearchBackend.",
                hint=line("CONVO_SEARCH_BACKEND", "django_convo.selectors.search.PlainBackend"),
                id="django_convo.E020",
            ),
        )


def _check(where: str, path: str, is_wanted: Callable[[object], bool], otherwise: Error) -> Iterator[CheckMessage]:
    try:
        found = import_string(path)
    except ImportError as error:
        yield Error(
            f"{where}: {path!r} cannot be imported: {error}",
            hint=otherwise.hint,
            id="django_convo.E006",
        )
    else:
        if not is_wanted(found):
            yield otherwise
