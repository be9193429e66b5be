"""From what went wrong to what HTTP says: the one table of status codes."""

from __future__ import annotations

import math
from typing import Any, Final

from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as drf
from rest_framework import status

from django_convo import exceptions as domain
from django_convo.actions.busy import is_busy, is_crowded_out

# Seconds after which a request that lost against other writers is worth repeating.
RETRY_AFTER: Final = 1
_MALFORMED = (SuspiciousOperation, BadRequest, MultiPartParserError, UnreadablePostError)


class ConflictError(drf.APIException):
    """The request contradicts one that was already carried out."""

    status_code = status.HTTP_409_CONFLICT
    default_code = domain.Conflict.default_code
    default_detail = domain.Conflict.default_detail


class BusyError(drf.APIException):
    """Nothing was written; the same request may succeed in a moment. DRF turns `wait` into Retry-After."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_code = domain.TryAgain.default_code
    default_detail = domain.TryAgain.default_detail
    wait = RETRY_AFTER


class PayloadTooLargeError(drf.APIException):
    """The body is larger than `DATA_UPLOAD_MAX_MEMORY_SIZE`."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "payload_too_large"
    default_detail = _("The request is too large.")


class NoStreamError(drf.APIException):
    """The server holds no connection open, as none by WSGI does."""

    status_code = status.HTTP_501_NOT_IMPLEMENTED
    default_code = "no_stream"
    default_detail = _("This server cannot hold a stream open. Poll /sync/, or serve /stream/ by ASGI.")


# Subclasses of DRF's own errors wherever it has one, so that a host's exception handler knows them.
_CLASSES: dict[type[domain.ConvoError], type[drf.APIException]] = {
    domain.NotFound: drf.NotFound,
    domain.Denied: drf.PermissionDenied,
    domain.Invalid: drf.ValidationError,
    domain.Conflict: ConflictError,
    domain.TryAgain: BusyError,
}


def to_api_exception(error: Exception) -> Exception:
    """Return the APIException for an error, with `{"detail", "code"}` as its body; unknown errors are returned as is.

    Runs before the project's exception handler, so that a host's own handler sees nothing but what DRF might raise.
    Field errors keep DRF's shape, `{"field": ["…"]}`.
    """
    if isinstance(error, drf.APIException):
        return _with_code(error)
    replacement = _replacement(error)
    if replacement is None:
        return error
    replacement.__cause__ = error
    return replacement


def _replacement(error: Exception) -> drf.APIException | None:
    if isinstance(error, domain.ConvoError):
        return _from_domain(error)
    if isinstance(error, OperationalError) and (is_busy(error) or is_crowded_out(error)):
        # Not of an action, which raises TryAgain: before one, or of a read.
        return _from_domain(domain.TryAgain())
    if isinstance(error, Http404):
        # Its text may name the model that was looked for: every 404 reads the same.
        return _with_code(drf.NotFound())
    if isinstance(error, PermissionDenied):
        return _with_code(drf.PermissionDenied())
    if isinstance(error, RequestDataTooBig):
        return _with_code(PayloadTooLargeError())
    if isinstance(error, _MALFORMED):
        return _with_code(drf.ParseError())
    return None


def _from_domain(error: domain.ConvoError) -> drf.APIException:
    field = error.field if isinstance(error, domain.Invalid) else None
    if field is not None and not isinstance(error, domain.InvalidReference):
        return drf.ValidationError({field: [error.detail]}, code=error.code)
    if isinstance(error, domain.TooSoon):
        return _answering(drf.Throttled(wait=math.ceil(error.wait)), str(error.detail), error.code)
    kind = next((value for key, value in _CLASSES.items() if isinstance(error, key)), drf.APIException)
    return _answering(kind(), str(error.detail), error.code)


def _with_code(error: drf.APIException) -> drf.APIException:
    detail: Any = error.detail
    if isinstance(detail, dict) and set(detail) == {"non_field_errors"}:
        detail = detail["non_field_errors"]
    if isinstance(detail, list) and detail and isinstance(detail[0], str):
        detail = detail[0]
    if isinstance(detail, str):
        return _answering(error, detail, getattr(detail, "code", error.default_code))
    return error


def _answering(error: drf.APIException, detail: str, code: str) -> drf.APIException:
    body: Any = {"detail": drf.ErrorDetail(detail, code), "code": drf.ErrorDetail(code, code)}
    error.detail = body
    return error
