"""Ids, numbers and times as they arrive in paths, query parameters and bodies."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, Final
from uuid import UUID

from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db.backends.base.operations import BaseDatabaseOperations
from django.db.models import Model
from django.http import QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_default_timezone, is_naive, make_aware, make_naive
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError

from django_convo.conf import settings
from django_convo.exceptions import NotFound
from django_convo.models.fields import is_storable_text

LARGEST_NUMBER: Final = 2**63 - 1
_FLAGS: Final = {"true": True, "1": True, "false": False, "0": False}


def path_id(text: str) -> UUID:
    """Return the id in a path; one that is malformed is not there, as an unknown one is not."""
    try:
        return UUID(text)
    except ValueError as error:
        raise NotFound from error


def path_user_key(text: str) -> Any:
    """Return the user's primary key in a path; a malformed one is not there."""
    key = user_key(text)
    if key is None:
        raise NotFound
    return key


def user_key(value: object) -> Any | None:
    """Return a primary key of the host's user model, or None where the value cannot be one."""
    return model_key(get_user_model(), value)


def model_key(model: type[Model], value: object) -> Any | None:
    """Return a value of the model's primary key, or None: malformed, out of range, not to be stored."""
    text = str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
    field: Any = model._meta.pk
    # A key that is itself a foreign key (multi-table inheritance) takes the shape of what it points at.
    while field.remote_field is not None:
        field = field.target_field
    if not text or not is_storable_text(text):
        return None
    try:
        key = field.to_python(text)
        field.run_validators(key)
    except (ValidationError, ValueError, OverflowError):
        return None
    return None if _is_out_of_range(field, key) else key


def _is_out_of_range(field: Any, key: Any) -> bool:
    """Say whether the column could not hold the number: SQLite's own validators know no bounds, the others do."""
    bounds = BaseDatabaseOperations.integer_field_ranges.get(field.get_internal_type())
    return bounds is not None and not bounds[0] <= key <= bounds[1]


def stamp(moment: datetime | None) -> str | None:
    """Return a time as JSON has it: UTC, ISO 8601, `Z`."""
    if moment is None:
        return None
    if moment.tzinfo is timezone.utc:
        # As the columns give it, and fifty times a page: without the "+00:00".
        return moment.isoformat()[:-6] + "Z"
    aware = make_aware(moment) if is_naive(moment) else moment
    return aware.astimezone(timezone.utc).replace(tzinfo=None).isoformat() + "Z"


def as_stored(moment: datetime) -> datetime:
    """Return an aware time as the project's columns hold it: naive, in its own zone, where `USE_TZ` is off."""
    if django_settings.USE_TZ:
        return moment
    return make_naive(moment, get_default_timezone())


class QueryValues:
    """The query parameters of a request, each read once and typed; a wrong one is 400 `<name>_invalid`.

    An empty parameter counts as absent; unknown ones are ignored; of a repeated one the last counts.
    """

    def __init__(self, parameters: QueryDict) -> None:
        self._parameters = parameters

    def text(self, name: str) -> str | None:
        """Return the text, or None."""
        return self._parameters.get(name) or None

    def uuid(self, name: str) -> UUID | None:
        """Return the UUID, or None."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return UUID(text)
        except ValueError as error:
            raise self.invalid(name) from error

    def user_key(self, name: str) -> Any | None:
        """Return a primary key of the host's user model, or None."""
        text = self.text(name)
        if text is None:
            return None
        key = user_key(text)
        if key is None:
            raise self.invalid(name)
        return key

    def number(self, name: str, *, minimum: int = 0) -> int | None:
        """Return the whole number, from `minimum` to 2⁶³ - 1, or None."""
        text = self.text(name)
        if text is None:
            return None
        # A length first: Python refuses to read numbers of thousands of digits, and no database holds 30.
        if not (text.isascii() and text.isdecimal() and len(text) <= 19 and minimum <= int(text) <= LARGEST_NUMBER):
            raise self.invalid(name)
        return int(text)

    def flag(self, name: str) -> bool | None:
        """Return true or false, or None."""
        text = self.text(name)
        if text is None:
            return None
        if text.lower() not in _FLAGS:
            raise self.invalid(name)
        return _FLAGS[text.lower()]

    def moment(self, name: str) -> datetime | None:
        """Return the time, or None; one without an offset is UTC."""
        text = self.text(name)
        if text is None:
            return None
        try:
            # An unescaped "+" of an offset arrives as a blank.
            moment = parse_datetime(text.replace(" ", "+") if text.count(":") > 2 else text)
            aware = moment if moment is None or not is_naive(moment) else moment.replace(tzinfo=timezone.utc)
            # Near the years 1 and 9999 the same moment in UTC may be none that a datetime holds.
            return as_stored(self._required(name, aware).astimezone(timezone.utc))
        except (ValueError, OverflowError) as error:
            raise self.invalid(name) from error

    def choice(self, name: str, choices: list[str]) -> str | None:
        """Return one of the choices, or None."""
        text = self.text(name)
        if text is not None and text not in choices:
            raise self.invalid(name)
        return text

    def limit(self) -> int:
        """Return how many rows are asked for: `CONVO_PAGE_SIZE` by default, at most `CONVO_MAX_PAGE_SIZE`."""
        asked = self.number("limit", minimum=1)
        return min(asked or settings.PAGE_SIZE, settings.MAX_PAGE_SIZE)

    def invalid(self, name: str) -> ParseError:
        """Return the refusal of a parameter."""
        return ParseError(_("The query parameter “%s” is not valid.") % name, code=f"{name}_invalid")

    def required(self, name: str) -> ParseError:
        """Return the complaint that a parameter is missing."""
        return ParseError(_("The query parameter “%s” is required.") % name, code=f"{name}_required")

    @staticmethod
    def _required(name: str, moment: datetime | None) -> datetime:
        if moment is None:
            raise ValueError(name)
        return moment


def is_storable_query(parameters: QueryDict) -> bool:
    """Say whether every database can hold what the query says."""
    return all(is_storable_text(text) for name, values in parameters.lists() for text in (name, *values))
