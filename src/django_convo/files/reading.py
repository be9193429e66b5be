"""What a file is, as its content says; whatever its name or its sender calls it."""

from __future__ import annotations

import re
from typing import Any, Final

from django.core.files.base import ContentFile, File
from django.utils.translation import gettext_lazy as _

from django_convo.conf import settings
from django_convo.exceptions import Invalid

from .images import FORMATS, read_image
from .uploads import UploadedContent

try:
    import filetype
except ImportError as error:
    raise ImportError("Attachments need filetype: pip install 'django-convo[attachments]'") from error

TEXT: Final = "text/plain"
# As many bytes as the library looks at.
_HEAD: Final = 8192
# Two names of one format.
_SAME: Final = {"image/apng": "image/png"}
# What no text has: control characters other than tab, line ends and form feed.
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f]")
# How everything begins that a browser takes for a page or a drawing (WHATWG MIME Sniffing, section 7.1).
_MARKUP: Final = re.compile(r"\ufeff?\s*<[a-zA-Z!?/]")


def read(file: File[Any]) -> UploadedContent:
    """Return what is kept of the file: an image is made anew, everything else is as it came."""
    size = file.size
    if not size:
        raise Invalid("empty_file", _("The file is empty."))
    if size > settings.ATTACHMENT_MAX_BYTES:
        raise Invalid("file_too_large", _("The file is too large."))
    content_type = _type_of(file)
    if content_type not in FORMATS:
        file.seek(0)
        return UploadedContent(file=file, content_type=content_type, size=size)
    file.seek(0)
    image = read_image(file.read(), content_type)
    return UploadedContent(
        file=ContentFile(image.content),
        content_type=content_type,
        size=len(image.content),
        width=image.width,
        height=image.height,
        thumbnail=image.thumbnail,
    )


def is_known(content_type: str) -> bool:
    """Say whether a file can be found to be of this type, and an image be made anew."""
    if content_type == TEXT:
        return True
    known = {_SAME.get(kind.mime, kind.mime) for kind in filetype.types}
    return content_type in known and (content_type in FORMATS or not content_type.startswith("image/"))


def _type_of(file: File[Any]) -> str:
    """Return the type, or raise Invalid (`type_not_allowed`)."""
    file.seek(0)
    guessed = filetype.guess_mime(file.read(_HEAD))
    content_type = _SAME.get(guessed, guessed)
    if content_type in settings.ATTACHMENT_TYPES and is_known(content_type):
        return str(content_type)
    # Words may begin as some other format does: with "BM", a bitmap.
    if TEXT in settings.ATTACHMENT_TYPES and _is_text(file):
        return TEXT
    raise Invalid("type_not_allowed", _("Files of this type cannot be attached."))


def _is_text(file: File[Any]) -> bool:
    """Say whether this is UTF-8 that nobody runs: no control characters, no page and no drawing in markup."""
    file.seek(0)
    try:
        text = file.read().decode()
    except UnicodeDecodeError:
        return False
    return _CONTROL.search(text) is None and _MARKUP.match(text) is None
