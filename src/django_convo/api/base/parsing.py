"""Request bodies: JSON, bounded in size and depth, holding only text that every database can store."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import IO, Any, Final, NoReturn, cast

from django.conf import settings as django_settings
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from django_convo.models.fields import is_storable_text

from .errors import PayloadTooLargeError

# Deeper than any shape of ours, metadata included; far from where Python's own recursion ends.
MAX_DEPTH: Final = 32


class StrictJSONParser(BaseParser):
    """Reads a JSON body as RFC 8259 has it: UTF-8, no NaN, no number that overflows a float.

    413 `payload_too_large` above `DATA_UPLOAD_MAX_MEMORY_SIZE`; 400 `parse_error` for what is not JSON or is nested
    deeper than 32 levels; 400 `invalid_input` for NUL characters and lone surrogates, anywhere.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        raw = _read(stream)
        try:
            text = raw.decode()
        except ValueError as error:
            raise _no_json() from error
        return read_json(text)


def read_json(text: str) -> Any:
    """Return what a JSON text says; raises ParseError as `StrictJSONParser` does."""
    try:
        value = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise _no_json() from error
    # Only an escape can bring in what UTF-8 cannot carry, and only many brackets make a deep value.
    if "\\u" in text or text.count("[") + text.count("{") > MAX_DEPTH:
        _inspect(value)
    return value


def _no_json() -> ParseError:
    return ParseError(_("The body is not valid JSON."))


def invalid_input() -> ParseError:
    """Return the refusal of text that not every database can store."""
    return ParseError(_("Text may hold neither NUL characters nor lone surrogates."), code="invalid_input")


def refuse_unmeasured(request: Request) -> None:
    """Refuse a body in chunks of which no length is told: DRF would take it for an empty one, and mark all as read."""
    if "HTTP_TRANSFER_ENCODING" in request.META and not request.META.get("CONTENT_LENGTH"):
        raise ParseError(_("Send the body with a Content-Length."))


def _read(stream: IO[bytes]) -> bytes:
    limit = cast("int | None", django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    if limit is None:
        return stream.read()
    raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise PayloadTooLargeError
    return raw


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("the number is too large")
    return number


def _inspect(value: Any) -> None:
    """Walk the value without recursion."""
    waiting = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, str):
            if not is_storable_text(item):
                raise invalid_input()
            continue
        if isinstance(item, dict):
            children = [*item.keys(), *item.values()]
        elif isinstance(item, list):
            children = item
        else:
            continue
        if depth > MAX_DEPTH:
            raise ParseError(_("The body is nested too deep."))
        waiting.extend((child, depth + 1) for child in children)
