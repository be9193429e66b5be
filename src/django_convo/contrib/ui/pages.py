"""Pages of lists, by position: addresses that are signed, and lead on from the last row that was shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
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


def page_of(rows: QuerySet[Any], order: Sequence[str], request: HttpRequest, *, limit: int) -> Page:
    """Return the page that the address asks for, else the first one."""
    position = position_in(request)
    found, has_more = keyset_rows(rows, order=order, limit=limit, position=position)
    following = address_of(request, position_of(found[-1], order)) if has_more else ""
    return Page(rows=found, next=following, is_first=position is None)


def position_in(request: HttpRequest) -> list[Any] | None:
    """Return the place in the address; None without one, and for one that we have not made for this list."""
    try:
        values = signing.loads(request.GET.get(PARAMETER, ""), salt=_salt(request))
    except (signing.BadSignature, ValueError):
        return None
    return [_READERS[tag](value) for tag, value in values]


def address_of(request: HttpRequest, position: Sequence[Any]) -> str:
    """Return this address's query string with another place."""
    parameters = request.GET.copy()
    parameters[PARAMETER] = signing.dumps([_tagged(value) for value in position], salt=_salt(request))
    return f"?{parameters.urlencode()}"


def _salt(request: HttpRequest) -> str:
    filters = sorted((name, value) for name, value in request.GET.items() if name != PARAMETER)
    return f"{_SALT}:{request.path}:{filters}"


def _tagged(value: Any) -> tuple[str, Any]:
    if isinstance(value, datetime):
        return "t", value.isoformat()
    if isinstance(value, UUID):
        return "u", value.hex
    return "", value
