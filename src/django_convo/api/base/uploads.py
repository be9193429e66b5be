"""Bodies that bring a file: multipart, of which no more is read than `CONVO_ATTACHMENT_MAX_BYTES`."""

from __future__ import annotations

from typing import Any, Final

from django.core.files.uploadhandler import FileUploadHandler
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from django_convo.conf import settings

from .errors import PayloadTooLargeError

# What stands around the file in a multipart body.
_AROUND: Final = 65_536


class UploadParser(MultiPartParser):
    """Reads `multipart/form-data`, and nothing else."""


class UploadMeter(FileUploadHandler):
    """Counts what files really have, whatever was said of their length; 413 `payload_too_large` beyond the limit."""

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._bytes = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self._bytes += len(raw_data)
        if self._bytes > settings.ATTACHMENT_MAX_BYTES:
            raise PayloadTooLargeError
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None


def refuse_large(request: Request) -> None:
    """Refuse a body that says of itself that it is too large, before it is read."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    # More digits than a file has bytes; Python refuses to read thousands of them.
    if len(length) > 18 or (length.isdecimal() and int(length) > settings.ATTACHMENT_MAX_BYTES + _AROUND):
        raise PayloadTooLargeError
