"""Who takes part, and as what."""

from __future__ import annotations

from functools import partial
from typing import Any

from django_convo import actions
from django_convo.selectors.people import find_person

from .people import PeopleForm


class AddMembersForm(PeopleForm):
    """Whom to add."""

    argument_names = {"people": "user"}

    def add(self, actor: Any, conversation: Any) -> bool:
        """Add each of them; False where one was refused, and the form says why."""
        for key in self.cleaned_data["people"]:
            self.attempt(partial(_add, actor, conversation, key))
        return not self.errors


def _add(actor: Any, conversation: Any, key: Any) -> Any:
    user = find_person(actor, conversation, key)
    return actions.add_participant(actor=actor, conversation=conversation, user=user)
