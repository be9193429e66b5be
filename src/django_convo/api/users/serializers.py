"""What `/users/` shows of a user, and what it reads."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

from django.contrib.auth import get_user_model
from django.utils.module_loading import import_string
from rest_framework import serializers

from django_convo.actions.base import key_of
from django_convo.actions.users import registration_fields, update_fields
from django_convo.api.base import stamp
from django_convo.conf import settings
from django_convo.policy import allows, capabilities

from .cards import avatar_of, key_field, name_of

# What a user model may have to show, besides its key.
COLUMNS: Final = ("first_name", "last_name", "email", "phone_number", "role", "created_at")
# Shown to the user and to administrators only.
PRIVATE_COLUMNS: Final = frozenset({"email", "phone_number", "role"})
# Hashing a megabyte of password would be work for nothing.
LONGEST_PASSWORD: Final = 1024


def _plain(value: Any) -> Any:
    """Return what JSON can hold of a host's column, which may be of any type: a telephone number's, or a date's."""
    if isinstance(value, datetime):
        return stamp(value)
    return value if value is None or isinstance(value, (int, str)) else str(value)


@lru_cache(maxsize=1)
def _columns() -> tuple[str, ...]:
    plain = {field.name for field in get_user_model()._meta.concrete_fields if not field.is_relation}
    return tuple(name for name in COLUMNS if name in plain)


class UserSerializer(serializers.Serializer[Any]):
    """A user as `/users/` shows them: those columns of the list that the user model has.

    A user model that lacks some also shows `name` and `avatar`. `email`, `phone_number` and `role` are left out unless
    the viewer is that user or may administer users. A host replaces this class by `CONVO_USER_SERIALIZER`.
    """

    user_id = serializers.SerializerMethodField()
    name = serializers.CharField()
    avatar = serializers.CharField(allow_null=True)
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.EmailField(required=False)
    phone_number = serializers.CharField(required=False, allow_null=True)
    role = serializers.CharField(required=False)
    created_at = serializers.DateTimeField()

    def get_fields(self) -> dict[str, Any]:
        columns = _columns()
        shown = columns if columns == COLUMNS else ("name", "avatar", *columns)
        fields = super().get_fields()
        return {"user_id": key_field(), **{name: fields[name] for name in shown}}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        columns = _columns()
        row: dict[str, Any] = {"user_id": key_of(instance)}
        if columns != COLUMNS:
            row |= {"name": name_of(instance), "avatar": avatar_of(instance)}
        is_private = not self._sees_all_of(instance)
        for name in columns:
            if not (is_private and name in PRIVATE_COLUMNS):
                row[name] = _plain(getattr(instance, name))
        return row

    def _sees_all_of(self, user: Any) -> bool:
        viewer = self.context["request"].user
        # Whoever has just registered is shown what they wrote, before they have logged in.
        if user.pk in (viewer.pk, self.context.get("registered")):
            return True
        # Asked once a page: the context is shared by all of its rows.
        context = cast("dict[str, Any]", self.context)
        if "administers" not in context:
            context["administers"] = viewer.pk is not None and allows(viewer, capabilities.USER_ADMINISTER)
        return bool(context["administers"])


def user_serializer() -> type[serializers.BaseSerializer[Any]]:
    """Return the class that shapes a user: the host's (`CONVO_USER_SERIALIZER`), else ours."""
    path = settings.USER_SERIALIZER
    return UserSerializer if path is None else cast("type[serializers.BaseSerializer[Any]]", import_string(path))


class PasswordField(serializers.CharField):
    """A password: kept as it came; Django's validators are asked by the action."""

    def __init__(self, **options: Any) -> None:
        super().__init__(write_only=True, trim_whitespace=False, max_length=LONGEST_PASSWORD, **options)


@lru_cache(maxsize=1)
def registration_serializer() -> type[serializers.ModelSerializer[Any]]:
    """Return the class that reads a registration: the login, what the user model requires, the profile, a password."""
    return _input("RegistrationSerializer", registration_fields(), password=PasswordField())


@lru_cache(maxsize=1)
def update_serializer() -> type[serializers.ModelSerializer[Any]]:
    """Return the class that reads a change of a user; e-mail, role and password may always be left out."""
    return _input(
        "UserUpdateSerializer",
        update_fields(),
        optional=frozenset({"email", "role"}),
        password=PasswordField(required=False),
    )


def _input(
    name: str, columns: tuple[str, ...], *, password: PasswordField, optional: frozenset[str] = frozenset()
) -> type[serializers.ModelSerializer[Any]]:
    model: Any = get_user_model()
    # Formats and unique columns are for the model's own validation, which the action runs: asked here as well, each
    # would be a second answer to the same question, and one more query.
    extra: dict[str, dict[str, Any]] = {column: {"validators": []} for column in columns}
    for column in optional & set(columns):
        extra[column]["required"] = False
    meta = type("Meta", (), {"model": model, "fields": (*columns, "password"), "extra_kwargs": extra})
    body = {"Meta": meta, "password": password, "__doc__": None, "__module__": __name__}
    return cast("type[serializers.ModelSerializer[Any]]", type(name, (serializers.ModelSerializer,), body))
