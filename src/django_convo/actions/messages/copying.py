"""Copies of files, for messages that are forwarded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django.core.files import File

from django_convo import files
from django_convo.exceptions import InvalidReference
from django_convo.models import Attachment

_SHOWN: Final = ("name", "content_type", "size", "width", "height")


def copy_attachments(
    attachments: Iterable[Attachment], uploader: Any | None
) -> tuple[list[Attachment], files.StoredFiles]:
    """Copy files in the storage; returns rows that are not inserted yet, and what removes the files if they never are.

    Each message has files of its own, so that what is deleted or pruned with one is still there for the other. The
    caller holds no lock: a file may be large. Raises InvalidReference (`attachments`) where one is gone.
    """
    copies: list[Attachment] = []
    try:
        for attachment in attachments:
            shown = {name: getattr(attachment, name) for name in _SHOWN}
            copies.append(Attachment(uploader=uploader, **shown))
            _copy(attachment.file, copies[-1].file)
            if attachment.thumbnail:
                _copy(attachment.thumbnail, copies[-1].thumbnail)
    except BaseException:
        _stored(copies).remove()
        raise
    return copies, _stored(copies)


def _copy(source: Any, target: Any) -> None:
    try:
        with source.storage.open(source.name, "rb") as content:
            target.save(source.name, File(content), save=False)
    except FileNotFoundError as error:
        raise InvalidReference(field="attachments") from error


def _stored(copies: Iterable[Attachment]) -> files.StoredFiles:
    return files.StoredFiles(place for copy in copies for place in files.places_of(copy.file, copy.thumbnail))
