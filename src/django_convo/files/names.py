"""The names that people give to files: shown, told to browsers, and never a path."""

from __future__ import annotations

import mimetypes
import re
import unicodedata
from typing import Final
from urllib.parse import quote

MAX_LENGTH: Final = 255
# What a browser opens as a page, wherever it lies. A file of another type does not keep such a name.
_OPENED_AS_PAGE: Final = (
    ".htm",
    ".html",
    ".xht",
    ".xhtml",
    ".shtml",
    ".mht",
    ".mhtml",
    ".hta",
    ".svg",
    ".svgz",
    ".xml",
    ".xsl",
    ".xslt",
)
_NOT_PLAIN: Final = re.compile(r"[^A-Za-z0-9 ._()+,=@-]")


def shown_name(name: str, content_type: str) -> str:
    """Return the name of a file as it may be shown: its last part, printable, of the column's length.

    Characters that turn the direction of writing, which would hide what a name ends with, are left out; a name that
    would be opened as a page gets the ending of what the file is.
    """
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(character for character in " ".join(last.split()) if character.isprintable()).strip(" .")
    ending = (mimetypes.guess_extension(content_type) or ".bin") if shown.lower().endswith(_OPENED_AS_PAGE) else ""
    return _shortened(shown or "file", MAX_LENGTH - len(ending)) + ending


def _shortened(name: str, length: int) -> str:
    """Cut in the middle, so that the ending stays."""
    if len(name) <= length:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 16:
        return name[:length]
    return f"{stem[: length - len(ending) - 1]}.{ending}"


def disposition(name: str) -> str:
    """Return the Content-Disposition by which a browser saves a file under this name, and does not open it (RFC 6266).

    Twice: plain for those who know no other way, and exact as RFC 8187 has it.
    """
    plain = _NOT_PLAIN.sub("_", unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    exact = quote(name, safe="")
    return f"attachment; filename=\"{plain.strip() or 'file'}\"; filename*=UTF-8''{exact}"
