"""Searching for people and conversations by what they are called: few rows, so plain comparison on every database."""

from __future__ import annotations

from typing import Any, Final

from django.contrib.auth import get_user_model
from django.db.models import Exists, OuterRef, Q

from django_convo.models import Participant

from .words import Words

# Columns in which the name of a user may stand.
NAME_COLUMNS: Final = ("first_name", "last_name", "full_name", "display_name", "name", "nickname")


def is_named(word: str) -> Q:
    """Return the filter for users in one of whose names the word stands; e-mail addresses are no names."""
    model: Any = get_user_model()
    columns = {field.name for field in model._meta.concrete_fields if not field.is_relation}
    named = Q(pk__in=())
    for column in NAME_COLUMNS:
        if column in columns:
            named |= Q(**{f"{column}__icontains": word})
    login = model.USERNAME_FIELD
    if login != model.get_email_field_name():
        named |= Q(**{f"{login}__icontains": word}) & ~Q(**{f"{login}__contains": "@"})
    return named


def is_titled(words: Words) -> Q:
    """Return the filter for conversations in whose title or topic each word stands."""
    wanted = Q()
    for word in words.words:
        wanted &= _is_titled(word)
    return wanted if words else Q(pk__in=())


def is_known_as(actor: Any, words: Words) -> Q:
    """Return the filter for conversations of which title, topic or another participant's name holds each word."""
    wanted = Q()
    for word in words.words:
        people = get_user_model()._default_manager.filter(is_named(word)).exclude(pk=actor.pk)
        others = Participant.objects.filter(conversation=OuterRef("pk"), user__in=people)
        wanted &= _is_titled(word) | Q(Exists(others))
    return wanted if words else Q(pk__in=())


def _is_titled(word: str) -> Q:
    return Q(title__icontains=word) | Q(topic__icontains=word)
