"""A form that hands what it read to an action, and says what the action refused it with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.text import capfirst

from django_convo.api.base import to_api_exception
from django_convo.exceptions import ConvoError, Invalid, NotFound


class ActionForm(forms.Form):
    """Base of our forms; `status` is that of the page which shows it again."""

    # The names by which actions call what a field here is called otherwise.
    argument_names: dict[str, str] = {}
    status = 400
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                # They stand alone here, and within a sentence elsewhere.
                choices: Any = field.choices
                field.choices = [(value, capfirst(label)) for value, label in choices]

    def attempt(self, act: Callable[[], Any]) -> Any | None:
        """Return what the action returns, True where that is nothing; None where it refused, and the form says why.

        NotFound is raised: there is nothing to show the form for.
        """
        try:
            result = act()
        except NotFound:
            raise
        except ConvoError as error:
            self.refuse(error)
            return None
        return True if result is None else result

    def refuse(self, error: ConvoError) -> None:
        """Note what was refused, at the field if it is about one."""
        name = error.field if isinstance(error, Invalid) else None
        fields = {argument: field for field, argument in self.argument_names.items()}
        field = fields.get(name or "", name)
        self.add_error(field if field in self.fields else None, str(error.detail))
        self.status = getattr(to_api_exception(error), "status_code", 400)
