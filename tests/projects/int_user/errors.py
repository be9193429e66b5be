"""The host's own exception handler."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import APIException
from rest_framework.response import Response
from rest_framework.views import exception_handler


def handle_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer as DRF does, and add what this host's clients look for."""
    response = exception_handler(error, context)
    if response is not None and isinstance(response.data, dict):
        response.data["status"] = response.status_code
        response.data["is_api_exception"] = isinstance(error, APIException)
    return response
