"""A file of a message, as the pages show it."""

from __future__ import annotations

from dataclasses import dataclass

from django_convo.models import Attachment

from .ids import NIL


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRow:
    """What is shown of a file; `is_image` where there is a thumbnail of it."""

    attachment_id: str
    name: str
    size: int
    is_image: bool
    width: int
    height: int


def file_row(attachment: Attachment) -> FileRow:
    """Return what is shown of a file."""
    return FileRow(
        attachment_id=str(attachment.pk),
        name=attachment.name,
        size=attachment.size,
        is_image=bool(attachment.thumbnail),
        width=attachment.width or 0,
        height=attachment.height or 0,
    )


def file_template(*, is_image: bool) -> FileRow:
    """Return the empty one that a script fills."""
    return FileRow(attachment_id=NIL, name="", size=0, is_image=is_image, width=0, height=0)
