"""How a user appears inside other answers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import IntegerField, UUIDField
from django.utils.translation import gettext as _
from rest_framework import serializers

from django_convo.actions.base import key_of
from django_convo.api.base import remembered

_ADDRESS: Final = re.compile(r"\S@\S")


def name_of(user: Any) -> str:
    """Return what a user is called: the full name, else a username, else part of the id.

    Never an e-mail address; and a login without a letter is a telephone number or the like, not a name.
    """
    full_name = user.get_full_name() if hasattr(user, "get_full_name") else ""
    for name in (full_name, user.get_username()):
        text = str(name or "").strip()
        if any(map(str.isalpha, text)) and not ("@" in text and _ADDRESS.search(text)):
            return text
    # The end of the id: a UUID of version 7 begins with the time, alike for all who came that day.
    return _("User %s") % str(user.pk).replace("-", "")[-6:]


def avatar_of(user: Any) -> str | None:
    """Return the address of the user's picture, where the host's user model offers a `convo_avatar`."""
    return getattr(user, "convo_avatar", None) or None


class Cards:
    """The cards of one answer: whoever is in it fifty times is written once."""

    def __init__(self) -> None:
        self._known: dict[Any, dict[str, Any]] = {}
        # By the instance, which is found at once; it is kept, so that no other takes its place in memory.
        self._shown: dict[int, tuple[Any, dict[str, Any]]] = {}

    def of(self, user: Any | None) -> dict[str, Any] | None:
        """Return a card as `card` does, each time another copy of it."""
        if user is None:
            return None
        shown = self._shown.get(id(user))
        if shown is None:
            shown = self._shown[id(user)] = (user, self._made(user))
        return shown[1].copy()

    def _made(self, user: Any) -> dict[str, Any]:
        key = user.pk
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = {"user_id": key_of(user), "name": name_of(user), "avatar": avatar_of(user)}
        return known


def card(user: Any | None) -> dict[str, Any] | None:
    """Return how a user appears inside other answers; None for one who is gone."""
    return Cards().of(user)


def cards_of(context: Mapping[str, Any]) -> Cards:
    """Return the cards of the answer that the context belongs to."""
    return remembered(context, "cards", Cards)


def key_field() -> serializers.Field[Any, Any, Any, Any]:
    """Return the field for a key of the host's user model."""
    key = get_user_model()._meta.pk
    if isinstance(key, UUIDField):
        return serializers.UUIDField()
    return serializers.IntegerField() if isinstance(key, IntegerField) else serializers.CharField()


class UserCardSerializer(serializers.Serializer[Any]):
    """A user inside another answer; `avatar` is null unless the user model offers one."""

    name = serializers.CharField()
    avatar = serializers.CharField(allow_null=True)

    def get_fields(self) -> dict[str, Any]:
        return {"user_id": key_field(), **super().get_fields()}

    def to_representation(self, instance: Any) -> Any:
        return card(instance)
