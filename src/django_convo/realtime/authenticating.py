"""Who opens a socket: a session's cookie from an allowed origin, or a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http.cookies import CookieError, SimpleCookie
from importlib import import_module
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.contrib import auth
from django.http import HttpRequest
from django.http.request import validate_host

from django_convo import actions
from django_convo.conf import settings
from django_convo.exceptions import NotFound
from django_convo.selectors.logins import SESSION, Login, ended, login_of

from .codes import CloseCode

PROTOCOL: Final = "convo.v1"
_TICKET: Final = "ticket."
_LOCAL_HOSTS: Final = (".localhost", "127.0.0.1", "[::1]")


class Refused(Exception):
    """The socket is not for this client; `code` says why."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code)
        self.code = code


def headers_of(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a handshake by their names in small letters; of repeated ones the last."""
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}


def authenticate(headers: Mapping[str, str], subprotocols: Sequence[str]) -> tuple[Any, Login]:
    """Return the user and by what they are known; raises Refused. Asks the database: call it in a thread."""
    ticket = next((name.removeprefix(_TICKET) for name in subprotocols if name.startswith(_TICKET)), None)
    user, login = _by_ticket(ticket) if ticket is not None else _by_cookie(headers)
    over = ended([login]).get(login)
    if over is not None:
        raise Refused(CloseCode.BANNED if over == "banned" else CloseCode.LOGGED_OUT)
    return user, login


def _by_ticket(ticket: str) -> tuple[Any, Login]:
    try:
        found = actions.redeem_ticket(ticket=ticket)
    except NotFound as error:
        raise Refused(CloseCode.LOGGED_OUT) from error
    return found.user, login_of(found.user, kind=found.login_kind, key=found.login_key)


def _by_cookie(headers: Mapping[str, str]) -> tuple[Any, Login]:
    key = _session_key(headers.get("cookie", ""))
    if key is None:
        raise Refused(CloseCode.LOGGED_OUT)
    # A browser sends the cookie along for any page that asks it to.
    if not _is_allowed(headers.get("origin"), headers.get("host", "")):
        raise Refused(CloseCode.FOREIGN_ORIGIN)
    request = HttpRequest()
    request.session = import_module(django_settings.SESSION_ENGINE).SessionStore(key)
    user: Any = auth.get_user(request)
    if not user.is_authenticated:
        raise Refused(CloseCode.LOGGED_OUT)
    return user, login_of(user, kind=SESSION, key=key)


def _session_key(cookies: str) -> str | None:
    try:
        found = SimpleCookie(cookies).get(django_settings.SESSION_COOKIE_NAME)
    except CookieError:
        return None
    return None if found is None else found.value


def _is_allowed(origin: str | None, host: str) -> bool:
    if not origin:
        return False
    if origin.rstrip("/").lower() in {allowed.rstrip("/").lower() for allowed in settings.ALLOWED_ORIGINS}:
        return True
    known = django_settings.ALLOWED_HOSTS or (_LOCAL_HOSTS if django_settings.DEBUG else ())
    name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
    return urlsplit(origin).netloc.lower() == host.lower() and validate_host(name.lower(), known)
