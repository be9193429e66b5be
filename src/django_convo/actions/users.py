"""Registering, changing and deleting users, over whatever user model the host has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import IntegrityError, connections, router, transaction
from django.db.models import ProtectedError, RestrictedError
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Conflict, Denied, Invalid, NotFound, TryAgain
from django_convo.models.fields import is_storable_text
from django_convo.policy import capabilities, may
from django_convo.types import AuditAction

from .audit import record
from .base import ATTEMPTS, action, recheck_logins

# The columns of the API that a user or an administrator may write; the login comes on top of them.
PROFILE_FIELDS: Final = ("first_name", "last_name", "phone_number")
# Only the user; whoever could set another's address or password could log in as them.
PERSONAL_FIELDS: Final = ("email", "password")
# What one may call oneself when registering; every other role is an administrator's to give.
CHOSEN_ROLES: Final = frozenset({"guest", "host"})


@action
def register_user(*, actor: Any | None, fields: Mapping[str, Any], password: str) -> Any:
    """Create a user and return it; `fields` are columns of the user model by `registration_fields`.

    `actor=None` is the host itself. Anyone else, also an AnonymousUser, is asked for `CONVO_REGISTRATION`: `open` lets
    everyone, `admin` those who may administer users. The password is checked by Django's validators. Takes no lock:
    the database's unique columns decide between two at once.

    Raises Denied (`registration_closed`), Invalid (naming the field). Emits nothing.
    """
    if not _may_register(actor):
        raise Denied("registration_closed", _("Registration is closed."))
    _refuse_unknown(fields, registration_fields())
    if "role" in fields and not _administers(actor) and fields["role"] not in CHOSEN_ROLES:
        raise Invalid("invalid_role", _("Choose to be a guest or a host."), field="role")
    user = get_user_model()(**fields)
    _set_password(user, password)
    _validate(user)
    _save(user, force_insert=True)
    return user


@action
def update_user(*, actor: Any | None, user: Any, fields: Mapping[str, Any], password: str | None = None) -> Any:
    """Change a user's columns and return the row as it is now; only what differs is written. Locks the user.

    Oneself or an administrator; e-mail and password only oneself, the role only an administrator. Raises Denied,
    Invalid (naming the field), NotFound. Emits nothing.
    """
    rows = get_user_model()._default_manager.filter(pk=user.pk)
    no_key = connections[rows.db].vendor == "postgresql"
    row: Any = rows.select_for_update(no_key=no_key, of=("self",) if no_key else ()).first()
    if row is None:
        raise NotFound
    is_self = actor is None or actor.pk == row.pk
    if not (is_self or _administers(actor)):
        raise Denied
    _refuse_unknown(fields, update_fields())
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if "role" in changed and not _administers(actor):
        raise Denied("role_not_chosen", _("Only an administrator gives roles."))
    if not is_self and (password is not None or not changed.keys().isdisjoint(PERSONAL_FIELDS)):
        raise Denied("only_oneself", _("Only the user can change their e-mail address or password."))
    for name, value in changed.items():
        setattr(row, name, value)
    written = set(changed)
    if password is not None:
        _set_password(row, password)
        written.add("password")
    if written:
        _validate(row, only=written)
        _save(row, update_fields=sorted(written))
        if password is not None:
            recheck_logins(row.pk)
        if not is_self:
            record(actor, AuditAction.USER_UPDATED, user_id=row.pk, fields=sorted(written))
    return row


def delete_user(*, actor: Any | None, user: Any) -> None:
    """Delete the user's row; the host's own `user.delete()` takes the same way (see `forget_user`).

    Oneself or an administrator. Raises Denied, NotFound, Conflict (`user_in_use`: a row of the host's protects this
    user), TryAgain (the user was being added somewhere all the time). Emits what `forget_user` emits.
    """
    for _attempt in range(ATTEMPTS):
        try:
            return _delete(actor=actor, user=user)
        except IntegrityError as error:
            # Someone wrote a row that points at the user after we had looked for those; within the caller's
            # transaction only the caller can start anew.
            if connections[router.db_for_write(get_user_model())].in_atomic_block:
                raise
            last = error
    raise TryAgain from last


def registration_fields() -> tuple[str, ...]:
    """Return the columns that registering takes, besides the password: the login, what it requires, the profile."""
    model: Any = get_user_model()
    return _existing(model.USERNAME_FIELD, *model.REQUIRED_FIELDS, "email", *PROFILE_FIELDS, "role")


def update_fields() -> tuple[str, ...]:
    """Return the columns that can be changed later; a login that is no e-mail address stays what it is."""
    return _existing("email", *PROFILE_FIELDS, "role")


@action
def _delete(*, actor: Any | None, user: Any) -> None:
    if actor is not None and actor.pk != user.pk and not _administers(actor):
        raise Denied
    # Not locked: deleting locks conversations first, as every writer does.
    row = get_user_model()._default_manager.filter(pk=user.pk).first()
    if row is None:
        raise NotFound
    if actor is not None and actor.pk != row.pk:
        # Before the row goes: the entry keeps the key in its detail.
        record(actor, AuditAction.USER_DELETED, user_id=row.pk)
    try:
        row.delete()
    except (ProtectedError, RestrictedError) as error:
        raise Conflict("user_in_use", _("This user cannot be deleted: other records need it.")) from error


def _existing(*names: str) -> tuple[str, ...]:
    """Keep the names that are plain columns of the user model, each once."""
    plain = {
        field.name for field in get_user_model()._meta.concrete_fields if not field.is_relation and field.editable
    }
    return tuple(dict.fromkeys(name for name in names if name in plain))


def _administers(actor: Any | None) -> bool:
    # Nobody who is not logged in: a policy is asked about users.
    return actor is None or (actor.pk is not None and may(actor, capabilities.USER_ADMINISTER))


def _may_register(actor: Any | None) -> bool:
    if actor is None or settings.REGISTRATION == "open":
        return True
    return settings.REGISTRATION == "admin" and _administers(actor)


def _refuse_unknown(fields: Mapping[str, Any], known: tuple[str, ...]) -> None:
    for name in fields:
        if name not in known:
            raise Invalid("unknown_field", _("This cannot be set here."), field=name)


def _set_password(user: Any, password: str) -> None:
    if not is_storable_text(password):
        raise Invalid("invalid_text", _("This is not a text that can be stored."), field="password")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise Invalid(error.error_list[0].code, " ".join(error.messages), field="password") from error
    user.set_password(password)


def _validate(user: Any, *, only: set[str] | None = None) -> None:
    """Run the model's own validation: lengths, formats, unique columns."""
    names = {field.name for field in user._meta.fields}
    for name in names if only is None else only:
        value = getattr(user, name)
        if isinstance(value, str) and not is_storable_text(value):
            raise Invalid("invalid_text", _("This is not a text that can be stored."), field=name)
    try:
        user.full_clean(exclude=set() if only is None else names - only)
    except ValidationError as error:
        raise _invalid(error) from error


def _invalid(error: ValidationError) -> Invalid:
    name, complaints = next(iter(error.error_dict.items()))
    field = None if name == NON_FIELD_ERRORS else name
    return Invalid(complaints[0].code, " ".join(complaints[0].messages), field=field)


def _save(user: Any, **options: Any) -> None:
    """Write the row; where another one took its login in the meantime, say so as validation would have."""
    try:
        with transaction.atomic(using=router.db_for_write(type(user))):
            user.save(**options)
    except IntegrityError as error:
        try:
            user.validate_unique()
        except ValidationError as taken:
            raise _invalid(taken) from error
        # The database knows of the other row, but this transaction's snapshot is older.
        raise Conflict from error
