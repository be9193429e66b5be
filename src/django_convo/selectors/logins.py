"""Logins: what somebody has shown to prove who they are, and whether it still holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from django_convo.models import Sanction
from django_convo.policy import active_users
from django_convo.types import SanctionKind

# The kind of a login that is a session; that of a token is its model's label.
SESSION: Final = "session"
_AT_ONCE: Final = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """By what a user is known: a session, a token that is a row, or, with an empty `kind`, something that is neither.

    `password_hash` is Django's digest of the password at that time: another password is another digest.
    """

    user_id: Any
    kind: str = ""
    key: str = ""
    password_hash: str = ""


def login_of(user: Any, *, kind: str = "", key: str = "") -> Login:
    """Return the login by which the user is known now."""
    return Login(user_id=user.pk, kind=kind, key=key, password_hash=_password_hash(user))


def ended(logins: Sequence[Login]) -> dict[Login, str]:
    """Return which of these hold no longer, each with why: `logged_out` or `banned`; two queries for 500 and a kind.

    Logged out is also whoever is deactivated or gone, or has another password since.
    """
    found: dict[Login, str] = {}
    for start in range(0, len(logins), _AT_ONCE):
        found |= _ended(logins[start : start + _AT_ONCE])
    return found


def _ended(logins: Sequence[Login]) -> dict[Login, str]:
    keys = {login.user_id for login in logins}
    users = {user.pk: user for user in get_user_model()._default_manager.filter(active_users(), pk__in=keys)}
    active = Sanction.objects.active(timezone.now())
    banned = set(
        active.filter(user__in=keys, conversation=None, kind=SanctionKind.BAN).values_list("user_id", flat=True)
    )
    held = _held(logins)
    found = {}
    for login in logins:
        user = users.get(login.user_id)
        is_same = user is not None and _password_hash(user) == login.password_hash
        if not is_same or (login.kind and login not in held):
            found[login] = "logged_out"
        elif login.user_id in banned:
            found[login] = "banned"
    return found


def _held(logins: Sequence[Login]) -> set[Login]:
    """Return those whose session or token is still there; one query for each kind where it is a table."""
    held: set[Login] = set()
    for kind in {login.kind for login in logins if login.kind}:
        of_kind = [login for login in logins if login.kind == kind]
        there = _sessions(of_kind) if kind == SESSION else _rows(kind, of_kind)
        held |= {login for login in of_kind if login.key in there}
    return held


def _rows(label: str, logins: Sequence[Login]) -> set[str]:
    model = apps.get_model(label)
    keys = [login.key for login in logins]
    return {str(key) for key in model._default_manager.filter(pk__in=keys).values_list("pk", flat=True)}


def _sessions(logins: Sequence[Login]) -> set[str]:
    store: Any = import_module(django_settings.SESSION_ENGINE).SessionStore
    keys = {login.key for login in logins}
    if hasattr(store, "get_model_class") and django_settings.SESSION_ENGINE.endswith(".db"):
        rows = store.get_model_class()._default_manager.filter(session_key__in=keys, expire_date__gt=timezone.now())
        return set(rows.values_list("session_key", flat=True))
    return {key for key in keys if store().exists(key)}


def _password_hash(user: Any) -> str:
    # A user model of the host's own making may know no passwords.
    return str(user.get_session_auth_hash()) if hasattr(user, "get_session_auth_hash") else ""
