"""The way to what needs the extra: asked for by its path, when a file has come."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, cast

from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from django.core.files.base import File

_NEEDED: Final = ("PIL", "filetype")
_READER: Final = "django_convo.files.reading.read"


@dataclass(frozen=True, kw_only=True, slots=True)
class UploadedContent:
    """What is kept of an upload; `file` is what came, or an image that was made anew from it."""

    file: File[Any]
    content_type: str
    size: int
    width: int | None = None
    height: int | None = None
    thumbnail: bytes | None = None


def is_available() -> bool:
    """Say whether the extra `attachments` is installed, without which nothing can be uploaded."""
    return all(find_spec(name) is not None for name in _NEEDED)


def read_upload(file: File[Any]) -> UploadedContent:
    """Return what is kept of a file; ImportError, with the line to run, without the extra.

    Raises Invalid (`empty_file`, `file_too_large`, `type_not_allowed`, `invalid_image`, `too_many_pixels`).
    """
    return cast("UploadedContent", import_string(_READER)(file))
