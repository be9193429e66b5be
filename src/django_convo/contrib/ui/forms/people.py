"""Choosing people: by a search in their names, in one form with everything else, so that nothing typed is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from django_convo.api.base.values import user_key
from django_convo.contrib.ui.shapes import Person, person_of
from django_convo.policy import get_policy
from django_convo.policy.base import active_users
from django_convo.selectors.search import is_named, words_of

from .base import ActionForm

# As many as one looks through; whoever is not among them is searched for.
MOST_SHOWN: Final = 40


class KeysField(forms.Field):
    """Primary keys of users; what cannot be one is left out."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[Any]:
        keys = [user_key(text) for text in value or []]
        return [key for key in keys if key is not None]


class PeopleForm(ActionForm):
    """Base of the forms in which people are chosen."""

    q = forms.CharField(label=_("Find people"), required=False, max_length=100, widget=forms.TextInput)
    people = KeysField(required=False)

    # Set by `look_for`: those who are chosen, and those who were found.
    chosen: Sequence[Person] = ()
    found: Sequence[Person] = ()

    def look_for(self, actor: Any, *, query: str, keys: Sequence[Any]) -> None:
        """Look up the people with these keys, and those whose names hold the query's words; two queries."""
        visible = get_policy().visible_users(actor).exclude(pk=actor.pk)
        self.chosen = _persons(visible.filter(pk__in=keys)) if keys else []
        rows = visible.filter(active_users()).exclude(pk__in=keys)
        for word in words_of(query).words:
            rows = rows.filter(is_named(word))
        self.found = _persons(rows.order_by("pk")[:MOST_SHOWN])


def _persons(users: Any) -> list[Person]:
    return [person for person in map(person_of, users) if person is not None]
