"""Pages of lists, by position: addresses that are signed, and lead on from the last row that was shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core import signing

from django_convo.selectors.keyset import keyset_rows, position_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

# The name of the place in an address.
PARAMETER: Final = "page"
_SALT: Final = "django_convo.contrib.ui.page"
# JSON knows neither times nor UUIDs: a tag says what a value was.
_READERS: Final[dict[str, Any]] = {"t": datetime.fromisoformat, "u": UUID, "": lambda value: value}


@dataclass(frozen=True, kw_only=True, slots=True)
class Page:
    """Rows, and the query string that leads to those after them; empty at the end."""

    rows: Sequence[Any]
    next: str = ""
    is_first: bool = True


def page_of(
    rows: QuerySet[Any],
    order: Sequence[str],
    request: HttpRequest,
    *,
    limit: int,
    parameters: Mapping[str, str] | None = None,
) -> Page:
    """Return the page that the address asks for, else the first one.

    `parameters` are what the list was narrowed by, where that is not all that the address says.
    """
    place = PlaceInList(request, order, parameters)
    position = place.position
    found, has_more = keyset_rows(rows, order=order, limit=limit, position=position)
    following = place.address_of(position_of(found[-1], order)) if has_more else ""
    return Page(rows=found, next=following, is_first=position is None)


class PlaceInList:
    """Where in a list an address leads. A place is signed for one list, by its order and what it was narrowed by."""

    def __init__(
        self, request: HttpRequest, order: Sequence[str], parameters: Mapping[str, str] | None = None
    ) -> None:
        given = request.GET.dict() if parameters is None else parameters
        self._parameters = {name: value for name, value in given.items() if name != PARAMETER}
        self._salt = f"{_SALT}:{','.join(order)}:{sorted(self._parameters.items())}"
        self._text = request.GET.get(PARAMETER, "")

    @property
    def position(self) -> list[Any] | None:
        """The place in the address; None without one, and for one that we have not made for this list."""
        try:
            values = signing.loads(self._text, salt=self._salt)
        except (signing.BadSignature, ValueError):
            return None
        return [_READERS[tag](value) for tag, value in values]

    def address_of(self, position: Sequence[Any]) -> str:
        """Return the query string that leads to a place."""
        text = signing.dumps([_tagged(value) for value in position], salt=self._salt)
        return f"?{urlencode({**self._parameters, PARAMETER: text})}"


def _tagged(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "t", value.isoformat()
    if isinstance(value, UUID):
        return "u", value.hex
    return "", value
